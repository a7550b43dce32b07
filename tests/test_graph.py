"""`salesdx graph`: what is in the graphs, that drawings are whole and tidy, and that the texts parse."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ElementTree
from collections.abc import Iterator
from functools import cache
from itertools import pairwise
from pathlib import Path
from urllib.parse import unquote

import pytest
from click.testing import CliRunner, Result

import salesdx
from conftest import ROOT
from homes import Plain, load_home, memory_of
from salesdx.authoring.graphs.drawing import Edge, Graph, Node, findings_graph, reasons_graph, rule_graph, stage_graph
from salesdx.authoring.graphs.ladder_graph import ladder_graph
from salesdx.base.model import RuleBase
from salesdx.cli import cli
from salesdx.explanation import derivation_graph
from salesdx.render.graph.graph_svg import graph_svg
from salesdx.render.graph.graph_text import graph_dot, graph_mermaid
from salesdx.render.graph.graph_words import said, tag
from salesdx.text.source import Place

EXAMPLES = ("late-delivery", "goal-too-high", "held-back", "empty-start", "complete-file")


def link(place: Place) -> str:
    return f"{place.path}#L{place.line}"


def edges(graph: Graph) -> set[tuple[str, ...]]:
    return {(edge.start, edge.end, edge.label) if edge.label else (edge.start, edge.end) for edge in graph.edges}


def run(*words: str) -> Result:
    return CliRunner().invoke(cli, ["graph", *words], prog_name="salesdx", catch_exceptions=False)


# --- tiny bases, worked out by hand -----------------------------------------------------------------------------------

HOMES: dict[str, Plain] = {
    "first": {
        "ruled_out_when": "a <= 1 and b",
        "terms": {"a": "percent", "b": "boolean", "spare": "percent", "twice": {"type": "percent", "formula": "a * 2"}},
        "rules": {
            "F1": {"when": "a > 5 and not (b or twice > 90)", "finding": "f"},
            "F2": {"when": "a > 7", "strength": "weak", "finding": "f", "recommend": ["fix"]},
        },
        "interventions": {"fix": {}},
    },
    "second": {
        "terms": {"c": "percent"},
        "rules": {"S1": {"when": "f and c < 3", "suppresses": ["fix"], "recommend": ["mend"], "finding": "g"}},
        "interventions": {"mend": {}},
    },
}


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> RuleBase:
    return load_home(tmp_path_factory.mktemp("tiny"), HOMES)


def test_a_stage(tiny: RuleBase) -> None:
    found = stage_graph(tiny, "first")
    assert edges(found) == {
        ("term:a", "rule:F1"),
        ("term:b", "rule:F1"),
        ("computed:twice", "rule:F1"),
        ("term:a", "rule:F2"),
        ("term:a", "computed:twice"),
        ("rule:F1", "finding:f"),
        ("rule:F2", "finding:f"),
        ("finding:f", "intervention:fix", "by F2"),
        ("rule:F1", "strength:strong"),
        ("strength:strong", "stage:first"),
        ("term:a", "condition:ruled_out_when"),
        ("term:b", "condition:ruled_out_when"),
        ("condition:ruled_out_when", "stage:first"),
    }
    nodes = {node.id: node for node in found.nodes}
    assert nodes.keys() == {id for edge in edges(found) for id in edge[:2]} | {"term:spare"}
    assert nodes["term:spare"].note == "What is spare?\nread by no rule"
    assert nodes["condition:ruled_out_when"].note == "a ≤ 1 and b is true"
    assert nodes["computed:twice"].note == "= a * 2"


def test_a_stage_that_reads_another(tiny: RuleBase) -> None:
    found = stage_graph(tiny, "second")
    assert edges(found) == {
        ("finding:f", "rule:S1"),
        ("term:c", "rule:S1"),
        ("rule:S1", "finding:g"),
        ("rule:S1", "intervention:fix", "suppresses"),
        ("finding:g", "intervention:mend"),
        ("rule:S1", "strength:strong"),
        ("strength:strong", "stage:second"),
    }
    notes = {node.id: node.note for node in found.nodes}
    assert notes["finding:f"] == "concluded by F1 of First\nconcluded by F2 of First"


def test_a_rule(tiny: RuleBase) -> None:
    found = rule_graph(tiny, "S1")
    assert edges(found) == {
        ("rule:S1", "all:S1"),
        ("all:S1", "comparison:S1.1"),
        ("all:S1", "comparison:S1.2"),
        ("comparison:S1.1", "finding:f"),
        ("comparison:S1.2", "term:c"),
        ("finding:f", "rule:F1"),
        ("finding:f", "rule:F2"),
        ("rule:F1", "all:F1"),
        ("all:F1", "comparison:F1.1"),
        ("all:F1", "not:F1.2"),
        ("not:F1.2", "any:F1.2.1"),
        ("any:F1.2.1", "comparison:F1.2.1.1"),
        ("any:F1.2.1", "comparison:F1.2.1.2"),
        ("comparison:F1.1", "term:a"),
        ("comparison:F1.2.1.1", "term:b"),
        ("comparison:F1.2.1.2", "computed:twice"),
        ("computed:twice", "term:a"),
        ("rule:F2", "comparison:F2"),
        ("comparison:F2", "term:a"),
    }
    words = {node.id: node.label for node in found.nodes}
    assert words["comparison:S1.1"] == "f is true"
    assert words["comparison:F1.2.1.2"] == "twice > 90"
    assert words["any:F1.2.1"] == "any of these"


def test_the_findings(tiny: RuleBase) -> None:
    found = findings_graph(tiny)
    assert edges(found) == {
        ("term:a", "computed:twice"),
        ("computed:twice", "finding:f", "F1"),
        ("finding:f", "finding:g", "S1"),
    }
    assert found.says == ""


def test_the_ladder(tiny: RuleBase) -> None:
    found = ladder_graph(tiny)
    assert edges(found) == {
        ("mode:success", "mode:diagnosis", "if not true"),
        ("mode:diagnosis", "stage:first"),
        ("stage:first", "stage:second", "ruled_out"),
        ("stage:first", "outcome:first", "confirmed"),
        ("stage:second", "outcome:second", "confirmed"),
    }
    notes = {node.id: node.note for node in found.nodes}
    assert notes["stage:first"].split("\n")[-2:] == ["2 rules: 1 strong, 1 weak", "ruled_out_when: a ≤ 1 and b is true"]
    assert notes["outcome:second"] == "then its strong rules recommend\nonly here may a person be acted upon"


def test_a_proof(tiny: RuleBase) -> None:
    memory = memory_of(tiny, {"case_attainment_pct": 50, "a": 6, "b": False})
    derivation = salesdx.explain(tiny, memory).why("F1")
    found = reasons_graph(tiny, derivation, "Why F1")
    dag = derivation_graph(derivation)
    assert {node.id for node in found.nodes} == set(dag.nodes)
    assert edges(found) == set(dag.edges)
    truths = {node.label: node.truth for node in found.nodes if node.kind == "comparison"}
    assert truths == {"a 6 > 5": "true", "b is no": "true", "twice 12 <= 90": "true"}


# --- the shipped base -------------------------------------------------------------------------------------------------


@cache
def shipped() -> RuleBase:
    return salesdx.load()


@cache
def drawings() -> dict[str, Graph]:
    base = shipped()
    made = {"ladder": ladder_graph(base), "findings": findings_graph(base)}
    made |= {f"stage {id}": stage_graph(base, id) for id in base.home}
    made |= {f"rule {rule.id}": rule_graph(base, rule.id) for rule in base.rules}
    for name in EXAMPLES:
        memory = salesdx.read_case(ROOT / "examples" / f"{name}.yaml", base)
        diagnosis = salesdx.diagnose(base, memory)
        explanation = salesdx.explain(base, memory, diagnosis)
        asked = next((stage.stage.id for stage in diagnosis.stages if stage.asked), "mode")
        found = diagnosis.concluded
        derivation = explanation.why(found.stage.id) if found else explanation.why_not(asked)
        made[f"case {name}"] = reasons_graph(base, derivation, name, derivation.text)
    return made


def line_at(address: str) -> str:
    path, _, line = address.partition("#L")
    return (ROOT / unquote(path)).read_text(encoding="utf-8").split("\n")[int(line) - 1]


def test_everything_of_a_stage_is_in_its_graph_with_its_line() -> None:
    base, count = shipped(), 0
    for home in base.home:
        nodes = {node.id: node for node in drawings()[f"stage {home}"].nodes}
        wanted = {f"rule:{rule.id}": rule.id for rule in base.rules_of[home]}
        wanted |= {f"finding:{rule.finding}": rule.finding for rule in base.rules_of[home]}
        wanted |= {f"intervention:{id}": id for rule in base.rules_of[home] for id in rule.recommend}
        for term in base.terms.values():
            if term.home == home:
                wanted["computed:" * term.computed + "term:" * (not term.computed) + term.name] = term.name
        assert wanted.keys() <= nodes.keys()
        for id, name in wanted.items():
            place = nodes[id].place
            assert place is not None
            assert re.search(rf"\b{re.escape(name)}\b", line_at(link(place))), id
            count += 1
    assert count > 350


def test_the_ladder_is_that_of_the_file() -> None:
    base = shipped()
    found = edges(drawings()["ladder"])
    stages = [stage.id for stage in base.stages]
    passed = {"product": "ruled_out or set_aside", "pricing": "ruled_out or set_aside"}
    passed |= {"delivery": "not_applicable or ruled_out", "service": "not_applicable or ruled_out"}
    for one, other in pairwise(stages[:-1]):
        assert (f"stage:{one}", f"stage:{other}", passed.get(one, "ruled_out")) in found
    for stage in stages[:-1]:
        assert (f"stage:{stage}", f"outcome:{stage}", "confirmed") in found
    last = stages[-1]
    assert (f"stage:{stages[-2]}", f"stage:{last}", "confirmed, concluded") in found
    ends = {edge[1] for edge in found if edge[0] == f"stage:{last}"}
    assert ends == {f"status:{last}.{name}" for name in ("blocked", "eligible_for_human_review", "open")}
    assert {("mode:diagnosis", "group:scope"), ("group:scope", f"stage:{stages[0]}")} <= found
    assert {edge[1] for edge in found if edge[0] == "mode:success"} == {
        "mode:diagnosis",
        "group:success",
        "group:recognition",
    }


def test_every_truth_of_a_proof_is_a_mark_and_a_word() -> None:
    found = {tag(node) for name in EXAMPLES for node in drawings()[f"case {name}"].nodes if node.truth}
    assert found <= {
        f"{mark} · {kind}" if kind else mark
        for mark in ("✓ true", "✗ false", "? unknown", "✓ met", "✗ not met")
        for kind in ("rule", "comparison", "count", "finding", "stage", "")
    }
    assert {"✓ true · rule", "? unknown · rule", "✓ met · comparison", "✗ not met · count"} <= found


# --- the drawing ------------------------------------------------------------------------------------------------------

SVG = "{http://www.w3.org/2000/svg}"
Spot = tuple[float, float]


class Drawing:
    """An SVG as its reader sees it: boxes by node, their words, and the points along each arrow."""

    def __init__(self, text: str) -> None:
        self.root = ElementTree.fromstring(text)
        self.size = tuple(map(float, self.root.attrib["viewBox"].split()[2:]))
        body = self.root.findall(f"{SVG}g")[-1]
        self.boxes: dict[str, tuple[float, float, float, float]] = {}
        self.words: dict[str, list[tuple[str, float]]] = {}
        for group in body.iter(f"{SVG}g"):
            if "data-id" in group.attrib:
                box = next(rect for rect in group.iter(f"{SVG}rect") if rect.attrib["class"] == "box")
                x, y, width, height = (float(box.attrib[key]) for key in ("x", "y", "width", "height"))
                self.boxes[group.attrib["data-id"]] = (x, y, x + width, y + height)
                self.words[group.attrib["data-id"]] = [
                    ("".join(text.itertext()), float(text.attrib["y"])) for text in group.iter(f"{SVG}text")
                ]
        paths = [path for path in body.iter(f"{SVG}path") if path.attrib["class"] == "arrow"]
        self.arrows = [list(_points(path.attrib["d"])) for path in paths]


def _points(path: str) -> Iterator[Spot]:
    """The points along a path of curves, 16 for each."""
    start, *curves = path.removeprefix("M").split("C")
    x, y = map(float, start.split())
    yield x, y
    for curve in curves:
        a, b, c, d, e, f = map(float, curve.split())
        for step in range(1, 17):
            t = step / 16
            u = 1 - t
            yield (
                u**3 * x + 3 * u * u * t * a + 3 * u * t * t * c + t**3 * e,
                u**3 * y + 3 * u * u * t * b + 3 * u * t * t * d + t**3 * f,
            )
        x, y = e, f


def squeezed(text: str) -> str:
    return re.sub(r"\s", "", text)


def check_drawing(graph: Graph, text: str) -> None:
    drawing = Drawing(text)
    wide, high = drawing.size
    nodes = {re.sub("[^\x20-\ud7ff]", "", node.id): node for node in graph.nodes}
    assert len(drawing.boxes) == len(graph.nodes)
    boxes = list(drawing.boxes.items())
    for number, (one, (x, y, x2, y2)) in enumerate(boxes):
        assert x >= 0 and y >= 0 and x2 <= wide and y2 <= high
        for other, (a, b, a2, b2) in boxes[number + 1 :]:
            assert x2 <= a or a2 <= x or y2 <= b or b2 <= y, f"{one} lies on {other}"
        assert all(y < at < y2 for _, at in drawing.words[one]), f"the words of {one} are not inside"
    for id, node in nodes.items():
        if id in drawing.words:
            shown = squeezed("".join(line for line, _ in drawing.words[id]))
            assert shown == squeezed(tag(node) + "".join(said(node)))
    assert len(drawing.arrows) == len(graph.edges)
    for edge, points in zip(graph.edges, drawing.arrows, strict=True):
        start, end = (drawing.boxes.get(id) for id in (edge.start, edge.end))
        if start and end:
            assert _at_side(points[0], start) and _at_side(points[-1], end), edge
        for id, (x, y, x2, y2) in boxes:
            inside = [(a, b) for a, b in points if x + 0.2 < a < x2 - 0.2 and y + 0.2 < b < y2 - 0.2]
            assert not inside, f"{edge} runs through {id}"


def _at_side(point: Spot, box: tuple[float, float, float, float]) -> bool:
    (a, b), (x, y, x2, y2) = point, box
    inside = x - 0.2 <= a <= x2 + 0.2 and y - 0.2 <= b <= y2 + 0.2
    return inside and min(abs(a - x), abs(a - x2), abs(b - y), abs(b - y2)) < 0.2


@pytest.mark.parametrize("which", ["ladder", "findings", "stage", "rule", "case"])
def test_no_box_lies_on_another_and_no_arrow_runs_through_one(which: str) -> None:
    for name, found in drawings().items():
        if name.split()[0] == which:
            check_drawing(found, graph_svg(found, link))


def test_a_drawing_needs_nothing_else_and_is_told_to_those_who_do_not_see_it() -> None:
    text = graph_svg(drawings()["stage pricing"], link)
    root = ElementTree.fromstring(text)
    assert root.attrib["aria-labelledby"].split() == [root[0].attrib["id"], root[1].attrib["id"]]
    assert root[0].text == "Stage: Pricing"
    assert "an arrow means: goes into" in str(root[1].text)
    assert not list(root.iter(f"{SVG}script")) and not re.search(
        r"url\((?!#head\))|@import|on\w+=|https?://(?!www.w3.org/2000/svg)", text
    )
    assert "prefers-color-scheme: dark" in text
    addresses = [found.attrib["href"] for found in root.iter(f"{SVG}a")]
    assert addresses and all(re.fullmatch(r"(knowledge|rules)/\w+\.yaml#L\d+", address) for address in addresses)


# --- the texts, by a small strict grammar -----------------------------------------------------------------------------

QUOTED = r'"(?:[^"\\\n]|\\[\\"n])*"'
DOT = re.compile(
    rf"digraph \{{\n  rankdir=(?:LR|TB);\n  label={QUOTED};\n  tooltip={QUOTED};\n"
    rf'  node \[shape=box, fontname="sans-serif"\];\n'
    rf"(?P<nodes>(?:  n\d+ \[label={QUOTED}, color={QUOTED}, style={QUOTED}"
    rf"(?:, URL={QUOTED}, tooltip={QUOTED})?\];\n)*)"
    rf"(?P<edges>(?:  n\d+ -> n\d+(?: \[label={QUOTED}\])?;\n)*)\}}\n"
)
TEXT = r"(?:[^\W]|[ _.,/–-]|#\d+;|<br/>|[^\x00-\x7f])*"
MERMAID = re.compile(
    rf"flowchart (?:LR|TB)\n  accTitle: [^\n;#{{}}\"`]+\n  accDescr: [^\n;#{{}}\"`]+\n"
    rf'(?P<nodes>(?:  n\d+\["{TEXT}"\]:::\w+\n)*)'
    rf'(?P<edges>(?:  n\d+ -->(?:\|"{TEXT}"\|)? n\d+\n)*)'
    rf'(?P<clicks>(?:  click n\d+ href "[\w./~%-]+#L\d+" "[^\n;#{{}}"`<>|]*"\n)*)'
    rf"(?:  classDef \w+ stroke:#[0-9a-f]{{6}}\n)*"
)


def check_texts(graph: Graph) -> None:
    ids = {node.id: f"n{number}" for number, node in enumerate(graph.nodes)}
    wanted = {(ids[edge.start], ids[edge.end]) for edge in graph.edges}
    placed = sum(node.place is not None for node in graph.nodes)
    for made, grammar, arrow in ((graph_dot(graph, link), DOT, " -> "), (graph_mermaid(graph, link), MERMAID, " -->")):
        found = grammar.fullmatch(made)
        assert found, made
        assert len(found["nodes"].splitlines()) == len(graph.nodes)
        drawn = {tuple(re.findall(r"\bn\d+", re.sub(r'"[^"]*"', "", line))) for line in found["edges"].splitlines()}
        assert (drawn == wanted and arrow in made) or not wanted
        clicks = found["clicks"].count("click ") if grammar is MERMAID else made.count(", URL=")
        assert clicks == placed


def test_dot_and_mermaid_parse_and_hold_every_node_and_arrow() -> None:
    for found in drawings().values():
        check_texts(found)


# --- hostile names ----------------------------------------------------------------------------------------------------

HOSTILE = (
    '"]; x -> y [URL="javascript:alert(1)"] --> click n0 "javascript:alert(1)" <script>alert(1)</script> ]]> &quot; '
    "%%{init: {}}%% style x fill:#f;0 `a` |b| \\ \\N {c} #35; \u202e\u2066 \x1b[31m ✗ false end subgraph 漢字漢字 "
    + "w"
    * 90
)


def hostile(base: RuleBase) -> Graph:
    nodes = (
        Node("term:1", "term", HOSTILE, f"{HOSTILE}\n{HOSTILE}", Place('a"b<c>/javascript:x.yaml', 3, 1, 3, 2)),
        Node("rule:2", "rule", "x", "", Place("p", 1, 1, 1, 2), "false"),
    )
    return Graph(HOSTILE, HOSTILE, "leads to", nodes, (Edge("term:1", "rule:2", HOSTILE[:60]),))


def test_hostile_words_stay_words(base: RuleBase) -> None:
    made = hostile(base)
    text = graph_svg(made, lambda place: "a.yaml#L1")
    check_drawing(made, text)
    root = ElementTree.fromstring(text)
    assert {element.tag.removeprefix(SVG) for element in root.iter()} <= {
        *("svg", "title", "desc", "style", "defs", "marker", "path", "rect", "text", "g", "a")
    }
    assert {element.attrib["href"] for element in root.iter(f"{SVG}a")} == {"a.yaml#L1"}
    assert not re.search("[\x00-\x09\x0b-\x1f\u202a-\u202e\u2066-\u2069]", text)
    dot, mermaid = graph_dot(made, lambda place: "a.yaml#L1"), graph_mermaid(made, lambda place: "a.yaml#L1")
    assert DOT.fullmatch(dot), dot
    assert MERMAID.fullmatch(mermaid), mermaid
    assert "%%{" not in mermaid and "\x1b" not in dot + mermaid


# --- the command ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("words", "begins"),
    [
        ((), "<svg "),
        (("--stage", "pricing", "--format", "dot"), "digraph {"),
        (("--rule", "D1", "--format", "mermaid"), "flowchart LR"),
        (("--findings", "--format", "mermaid"), "flowchart LR"),
    ],
)
def test_the_command_draws(words: tuple[str, ...], begins: str) -> None:
    done = run(*words)
    assert done.exit_code == 0
    assert done.stdout.startswith(begins)


def test_links_lead_from_the_drawing_to_the_files(tmp_path: Path) -> None:
    home = tmp_path / 'our "rules" & more'
    assert CliRunner().invoke(cli, ["init", str(home)]).exit_code == 0
    layer = tmp_path / "layer"
    layer.mkdir()
    (layer / "layer.yaml").write_text("extends: salesdx\n", encoding="utf-8")
    for folder in (home, layer):
        target = tmp_path / "drawn" / f"{folder.name[:5]}.svg"
        target.parent.mkdir(exist_ok=True)
        assert run("--rule", "D1", "--home", str(folder), "-o", str(target)).exit_code == 0
        root = ElementTree.fromstring(target.read_text(encoding="utf-8"))
        addresses = [found.attrib["href"] for found in root.iter(f"{SVG}a")]
        assert len(addresses) == 11
        for address in addresses:
            path, _, line = address.partition("#L")
            assert int(line) <= (target.parent / unquote(path)).read_text(encoding="utf-8").count("\n")


def test_a_proof_that_is_shown_is_recorded(tmp_path: Path) -> None:
    trail = str(tmp_path / "trail")
    case = str(ROOT / "examples" / "late-delivery.yaml")
    assert CliRunner().invoke(cli, ["trail", "init", "--trail", trail]).exit_code == 0
    done = run("--case", case, "--trail", trail, "--as", "A. Tester")
    assert done.exit_code == 0
    assert "late-delivery: why delivery" in done.stdout
    listed = CliRunner().invoke(cli, ["trail", "list", "--trail", trail])
    assert "explanation" in listed.stdout


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("--stage", "prcing"), "there is no stage or group `prcing`; did you mean `pricing`?"),
        (("--rule", "ZZ99"), "there is no rule `ZZ99`"),
        (("--findings", "--rule", "D1"), "one of --stage, --rule, --findings and --case is drawn at a time"),
        (("--why", "D1"), "--why needs --case"),
        (("--case", str(ROOT / "examples" / "late-delivery.yaml"), "--why", "no_such"), "no_such"),
    ],
)
def test_wrong_usage(words: tuple[str, ...], message: str) -> None:
    done = run(*words)
    assert done.exit_code == 2
    assert message in done.stderr
