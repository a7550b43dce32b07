"""knowledge/ + rules/ -> RuleBase, or all issues at once."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import lru_cache
from pathlib import Path

from salesdx.base.applying import check_applying, written_out
from salesdx.base.based import BasedReader
from salesdx.base.fields import ALL_PERSONNEL
from salesdx.base.judge_reading import read_judges
from salesdx.base.ladder import LadderFile, check_language, read_ladder
from salesdx.base.ladder_lines import Ladder
from salesdx.base.layers import NAMED, Below, read_files
from salesdx.base.limit_reading import check_limits, read_limits
from salesdx.base.model import Property, Rule, RuleBase, Stage
from salesdx.base.naming import JUDGEMENT, SOURCES
from salesdx.base.order import in_order, shortest_cycles
from salesdx.base.policy import kept_too_short, read_policy
from salesdx.base.proof import certificate_in, proof_of
from salesdx.base.properties import PropertyWords, read_properties
from salesdx.base.reading import NodeReader, shortened
from salesdx.language.conditions import Name, names, walk
from salesdx.language.parsing import height
from salesdx.text.issues import Issue, RuleBaseError
from salesdx.text.source import Mapping as MappingNode
from salesdx.text.source import Node, Place

LADDER, POLICY, PROPERTIES = "knowledge/ladder.yaml", "knowledge/policy.yaml", "knowledge/properties.yaml"
SINGLE = (LADDER, SOURCES, POLICY, PROPERTIES)
"""Files of knowledge/ that are no stage's."""
MAX_CHAIN = 100
"""Operations inside each other, counted through findings and computed terms: explanations go as deep."""


def shipped_home() -> Path:
    """The folder with the shipped knowledge/ and rules/: inside the wheel, else beside a checkout's src/."""
    inside = Path(__file__).parents[1] / "content"
    return inside if inside.is_dir() else Path(__file__).parents[3]


@lru_cache(maxsize=1)
def _shipped_digest() -> str:
    return digest_of(read_files(NodeReader(), shipped_home(), "", shipped_home).texts)


def is_shipped(base: RuleBase) -> bool:
    """Whether rules are those that come with the program."""
    return base.digest == _shipped_digest()


def load(
    home: Path | str | None = None,
    any_language: bool = False,
    held: bool = True,
    below: Below = NAMED,
    instead: Mapping[Path, str] | None = None,
) -> RuleBase:
    """Load a rule base from a folder with knowledge/ and rules/ (by default the shipped one).

    With ``any_language`` also one of another version of the language, to be shown and never run. Without ``held`` also
    one below the floor of its base, to be compared: ``floor_faults`` says where. With ``below`` a layer lies on that
    folder (None: on the shipped rules) in the place of the one that it names. ``instead`` are texts by path that count
    in the place of what is on the disk: what would be, if they were written. What was loaded before from the same texts
    is given again, and so are their faults. Raises RuleBaseError with every fault of every file, sorted by place.
    """
    folder = Path(home) if home is not None else shipped_home()
    return _load(folder, str(home) if home is not None else "", any_language, held, below, instead or {})


def _load(
    folder: Path, shown: str, any_language: bool, held: bool, below: Below, instead: Mapping[Path, str]
) -> RuleBase:
    loader = _Loader(folder, shown, any_language, held, below, instead)
    told = (folder, shown, any_language, held, below, loader.proof, id(loader.below), loader.accepts, *loader.issues)
    found = _kept(_Files((*told, *loader.read.texts.items(), *loader.read.not_read.items()), loader))
    if not isinstance(found, RuleBase):
        raise RuleBaseError(found)
    return found


@dataclass(frozen=True)
class _Files:
    """The files of rules, all that was read of them, and the rules below: what has the same is the same rules."""

    read: tuple[object, ...]
    loader: _Loader = field(compare=False)


@lru_cache(maxsize=8)
def _kept(files: _Files) -> RuleBase | tuple[Issue, ...]:
    """The rules of some files, or their faults: the last ones are kept, and with them all that was compiled of them."""
    try:
        return files.loader.whole()
    except RuleBaseError as error:
        return tuple(error.issues)


def _suppressing(rule: Rule, personnel: tuple[str, ...]) -> Rule:
    """The rule with the interventions themselves in the place of the word that stands for all of them."""
    if ALL_PERSONNEL not in rule.suppresses:
        return rule
    named = (id for each in rule.suppresses for id in (personnel if each == ALL_PERSONNEL else (each,)))
    return replace(rule, suppresses=tuple(dict.fromkeys(named)))


def digest_of(files: Mapping[str, str]) -> str:
    """The SHA-256 over the files of a rule base: name, length and text of each, in order of names."""
    found = hashlib.sha256()
    for name in sorted(files):
        found.update(f"{name}\0{len(files[name])}\0{files[name]}\0".encode("utf-8", "surrogatepass"))
    return "sha256:" + found.hexdigest()


class _Loader(BasedReader):
    error = RuleBaseError

    def __init__(
        self, home: Path, shown: str, any_language: bool, held: bool, below: Below, instead: Mapping[Path, str]
    ) -> None:
        self.any_language = any_language
        self.proof = certificate_in(home)
        super().__init__(home, shown, shipped_home, self.lower, held, below, instead)

    def lower(self, folder: Path, shown: str) -> RuleBase | None:
        try:
            return _load(folder, shown, self.any_language, self.held, NAMED, self.read.instead)
        except RuleBaseError as error:
            self.issues += error.issues
            return None

    def whole(self) -> RuleBase:
        """The rule base. Raises RuleBaseError with all that was found."""
        base = self.load()
        if base is None or self.faulty():
            raise RuleBaseError(self.faults())
        return base

    def load(self) -> RuleBase | None:
        files = dict(self.read.nodes)
        self.limits = read_limits(self, files)
        ladder = self.ladder(files.pop(LADDER, None))
        self.check_stages(ladder)
        node, policy_node, properties_node = (files.pop(name, None) for name in (SOURCES, POLICY, PROPERTIES))
        sources = self.read_sources(node)
        no_sources = node is None and SOURCES not in self.unread and not self.blind
        homes = {home: (decided_by, scalar.place) for home, (scalar, decided_by) in ladder.homes.items()}
        self.check_homes(homes, files)
        stages: dict[str, Stage] = {}
        for home, (decided_by, place) in homes.items():
            if (found := files.get(f"knowledge/{home}.yaml")) is not None:
                stages[home] = self.read_stage(home, decided_by, found, place)
        for home in homes:
            if (rules := files.get(f"rules/{home}.yaml")) is not None:
                self.read_rules(home, rules)
        self.interventions |= read_judges(self)
        ladder.check(self, self.lookup, self.finding_places)
        if no_sources and any(kind == "source" and scalar.text != JUDGEMENT for kind, _, scalar in self.references):
            message = "the file does not exist, and sources are cited"
            self.fault("missing-file", message, self.place(SOURCES), f"list them there, or cite `{JUDGEMENT}`")
        subject = self.terms.get(ladder.names["subject_term"].text) if "subject_term" in ladder.names else None
        about = subject.values if subject else ()
        policy = read_policy(self, policy_node, about, self.held) if policy_node is not None else None
        words = {*ladder.mode_names, *ladder.statuses, *ladder.homes, *ladder.strengths}
        check_limits(self, words)
        kinds = {kind.name for kind in ladder.evidence}
        self.check_names(set(ladder.strengths), set(ladder.respondents), kinds, sources)
        if self.sound(LADDER):
            check_applying(self, self.lookup, subject.name if subject else "")
        order = self.order()
        if self.faulty():
            return None
        built = tuple(
            replace(stage, floor=ladder.floors.get(stage.id)) for stage in stages.values() if stage.decided_by
        )
        personnel = tuple(id for id, intervention in self.interventions.items() if intervention.personnel)
        properties = self.properties(properties_node, ladder.build(), built)
        made = RuleBase(
            version=ladder.version,
            language=ladder.language,
            digest=digest_of(self.read.texts),
            terms=self.terms,
            rules=tuple(_suppressing(rule, personnel) for rule in self.rules),
            interventions=self.interventions,
            stages=built,
            groups=tuple(stage for stage in stages.values() if not stage.decided_by),
            ladder=ladder.build(),
            respondents=ladder.respondents,
            evidence=ladder.evidence,
            default_evidence=ladder.default_evidence,
            sources=sources,
            limits=self.limits,
            order=order,
            policy=policy,
            properties=properties,
            proof=proof_of(self.proof),
            below=self.below,
            accepts=self.accepts,
            files=self.read.texts,
            paths=self.read.paths,
            not_read=self.read.not_read,
            layers=tuple(self.read.layers),
        )
        held = self.held_to_base(made)
        self.issues += kept_too_short(held) if self.held and not self.faulty() else ()
        return written_out(held)

    def sound(self, name: str) -> bool:
        """Whether a file is there and has no fault so far, so that what others read of it can be held against them."""
        return all(issue.place.path != self.place(name).path for issue in self.issues)

    def properties(self, node: Node | None, ladder: Ladder, stages: tuple[Stage, ...]) -> tuple[Property, ...]:
        """What must hold for every case; read when all else is sound, since it speaks of all else."""
        if node is None:
            return ()
        statuses = {
            stage.id: tuple(dict.fromkeys(line.name for line in ladder.decisions[stage.decided_by])) for stage in stages
        }
        modes = tuple(line.name for line in ladder.modes)
        words = PropertyWords(stages, statuses, modes, tuple(ladder.strengths), self.any_language)
        return read_properties(self, node, words, self.lookup, self.terms)

    # --- files ---

    def ladder(self, node: Node | None) -> LadderFile:
        if node is not None:
            whole = self.sound(LADDER)  # of what is no YAML a part is read, and its language may stand in the rest
            ladder = read_ladder(self, node)
            if whole and not self.any_language:
                check_language(self, node, ladder)
            return ladder
        if LADDER not in self.unread:
            help = "`salesdx init DIR` makes a folder with one"
            self.fault("missing-file", "there is no ladder: the file does not exist", self.place(LADDER), help)
        return LadderFile()

    def check_homes(self, homes: dict[str, tuple[str, Place]], files: Mapping[str, Node]) -> None:
        """Each stage has its files, and each file its stage; one that the ladder lacks is checked as well."""
        named: dict[str, list[str]] = {}
        for name in [*files, *self.unread]:
            if name not in SINGLE:
                named.setdefault(name.partition("/")[2].removesuffix(".yaml"), []).append(name)
        for home, (decided_by, place) in homes.items():
            wanted = [f"knowledge/{home}.yaml", *([f"rules/{home}.yaml"] if decided_by else [])]
            missing = [name for name in wanted if name not in named.get(home, ())]
            if missing and not self.blind:
                help = self.near(home, [other for other in named if other not in homes])
                self.fault("missing-file", f"`{home}` has no file {' and no file '.join(missing)}", place, help)
                self.blind = True
        known = set(homes)
        for home, its_files in named.items():
            if home in known:
                continue
            if known and home not in self.doubtful:
                add = f"add `- {{stage: {shortened(home)}, decided_by: evidence}}` to {LADDER}"
                message = f"the ladder has no stage or group `{shortened(home)}`"
                self.fault("unknown-stage", message, self.place(its_files[0]), self.near(home, known) or add)
            node = files.get(f"knowledge/{home}.yaml")
            group = isinstance(node, MappingNode) and node.key("group") is not None
            homes[home] = ("" if group else "?", self.place(its_files[0]))

    # --- what is computed from what ---

    def order(self) -> tuple[str, ...]:
        """Findings and computed terms, each after what it reads; a cycle is a fault that shows the whole cycle."""
        nodes = [name for name, term in self.terms.items() if term.computed] + [rule.finding for rule in self.rules]
        reads = {
            name: dict.fromkeys(
                other
                for expr, _ in self.definitions.get(name, ())
                for other in names(expr)
                if other in self.definitions
            )
            for name in dict.fromkeys([*nodes, *self.definitions])
        }
        order = in_order(reads)
        if len(order) == len(reads):
            self.check_depth(order)
            return order
        for cycle in shortest_cycles(reads):
            message = f"these read each other in a circle: {' -> '.join(cycle)}"
            self.fault(
                "cycle",
                message,
                self.reading(cycle[0], cycle[1]),
                "take one of them out of what is computed from the other",
            )
        return ()

    def check_depth(self, order: Iterable[str]) -> None:
        """What is computed from what is computed, and so on, has an end that can be explained."""
        depth: dict[str, int] = {}
        for name in order:
            for expr, scalar in self.definitions.get(name, ()):
                below = max((depth[read] for read in names(expr) if read in depth), default=0)
                depth[name] = max(depth.get(name, 0), below + height(expr))
                if depth[name] > MAX_CHAIN >= below:
                    message = f"`{name}` is computed from what is computed from others, more than {MAX_CHAIN} deep"
                    self.fault("too-deep", message, scalar.place, "write what it rests on directly")

    def reading(self, name: str, read: str) -> Place:
        """The place where the definition of ``name`` reads another."""
        for expr, scalar in self.definitions[name]:
            for part in walk(expr):
                if isinstance(part, Name) and part.id == read:
                    return scalar.span(part.start, part.end)
        return self.known[name]
