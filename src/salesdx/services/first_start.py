"""A trail and its key, made new: by a command, or by a service that is started where nothing is set up."""

from __future__ import annotations

from pathlib import Path

from salesdx.ledger.errors import TrailError
from salesdx.ledger.keys import (
    SigningKey,
    default_key,
    held_key,
    new_private_key,
    read_private_key,
    signed_beside,
    write_private_key,
)
from salesdx.ledger.log import Person, Trail, create, new_origin
from salesdx.ledger.standalone.register import Register, Registered, RoleHeld

TRIER, TRIES_AS = "trial", "sales_manager"
"""Who tries a service before anybody is in a register, as a login names them, and their role: to sign, erase or let
others in takes people who are known."""
TRIAL_NAME = "Trial on this machine"


def new_trail(where: str, key_file: Path | None, by: Person) -> Trail:
    """A new trail, signed by the key that is held in the environment or the file, which is made where there is none.

    Raises TrailError, also for a key that has signed another trail.
    """
    path = key_file or default_key(where)
    made, memory = not held_key() and path is not None and not path.exists(), signed_beside(path)
    if made and path is not None:
        private = new_private_key()
        write_private_key(path, private)
        if memory is not None:  # of a key that lay here before
            memory.unlink(missing_ok=True)
    else:
        if memory is not None and memory.exists():
            raise TrailError(f"the key `{path}` has signed a trail already; a new trail has a key of its own")
        private = read_private_key(path)
    try:
        return create(where, SigningKey(private, new_origin()), by, memory)
    except BaseException:
        if made and path is not None:
            path.unlink()
        raise


def own_trail(folder: Path, by: Person) -> tuple[str, bool]:
    """The trail in a user's folder for data, made where there is none; and whether it was made. Raises TrailError."""
    path = folder / "salesdx.sqlite"
    if path.exists():
        return str(path), False
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise TrailError(f"the folder `{path.parent}` cannot be made: {error.strerror}") from None
    new_trail(str(path), None, by)
    return str(path), True


def register_of_one() -> Register:
    """The people of a service that somebody tries: them alone. No register of a trail says so, and no name is known."""
    return Register(members={TRIER: Registered(TRIER, TRIAL_NAME, roles=[RoleHeld(TRIES_AS, "")])})
