"""``python -m salesdx``."""

from salesdx.cli import main

main()
