"""What the YAML library finds wrong, in a reader's words."""

from __future__ import annotations

ONE, BEGINS, REST = range(3)
"""What is underlined: one character, the one where the faulty thing began, or the rest of the line."""

_PROBLEMS: tuple[tuple[str, int, str, str], ...] = (
    ("tab character", ONE, "a tab stands where spaces are needed", "indent with spaces, never with tabs"),
    (
        "mapping values are not allowed",
        ONE,
        "this `:` cannot stand here",
        "put a text that holds `: ` in quotes, indent an entry like its neighbours, or end the line above",
    ),
    ("expected ':'", BEGINS, "a `key: value` line is needed here", "put `: ` between the key and its value"),
    ("expected ',' or", BEGINS, "the bracket that opens here is not closed, or a comma is missing in it", ""),
    ("end of stream", BEGINS, "the quote that opens here is not closed", "write the closing quote"),
    ("document indicator", BEGINS, "the quote that opens here is not closed", "write the closing quote"),
    ("start any token", ONE, "a value cannot begin with this character", "put the value in quotes"),
    ("escape", ONE, "YAML does not know this escape", "use single quotes, in which `\\` means itself"),
    ("hexdecimal", ONE, "YAML does not know this escape", "use single quotes, in which `\\` means itself"),
    ("comment or line break", REST, "the text begins on the line after `>` or `|`", ""),
    ("tag handle", REST, "tags are not allowed", "delete the tag"),
    ("node content", ONE, "a value is needed here", "put a text that begins with a special character in quotes"),
    (
        "",
        REST,
        "this does not fit what stands above it",
        "see whether a quote or bracket before it is closed, and indent it like its neighbours",
    ),
)
"""The library's words -> what is underlined, and our words; the first that fits counts."""


def explained(text: str, problem: str, at: int, begun: int) -> tuple[str, int, int, str, str]:
    """The library's problem at a character of a text -> code, what to underline, from and to, message and help.

    ``begun`` is where the thing began that has the problem.
    """
    if "nesting" in problem:  # the library's own limit, on a line where it looks far ahead
        return "too-deep", at, at + 1, "nested too deep", ""
    if "start any token" in problem and text[at : at + 1] == "\t":
        problem = "tab character"
    _, underlined, message, help = next(entry for entry in _PROBLEMS if entry[0] in problem)
    if underlined == BEGINS:
        at = begun
    width = len(text[at:].partition("\n")[0].rstrip()) if underlined == REST else 1
    return "not-yaml", at, at + max(width, 1), message, help
