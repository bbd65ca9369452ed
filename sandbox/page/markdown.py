"""Owns the markdown block as HTML: headings, lists, quotes, code, rules, tables, paragraphs."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from markupsafe import Markup

from sandbox.page.eyes import Eyes
from sandbox.page.inline import markdown_inline

_LIST = re.compile(r"^\s*([-*+]|\d+[.)]) +(.*)$")
_HEADING = re.compile(r"(#{1,6}) +(.*)")
_RULE = re.compile(r"(?:-{3,}|\*{3,}|_{3,})")
_STARTS = ("```", "#", ">", "|")
"""How a line begins that ends a paragraph; an item of a list and an empty line do so too."""

Lines = Sequence[str]


@dataclass(frozen=True)
class _Kind:
    """takes: how many lines off the front are such a block, 0 where none begins. draw: those lines as HTML."""

    takes: Callable[[Lines], int]
    draw: Callable[[Lines, Eyes], Markup]


def markdown(source: str, eyes: Eyes) -> Markup:
    """Render a markdown block."""
    pieces: list[Markup] = []
    lines = source.split("\n")
    while lines:
        taken, kind = next((taken, kind) for kind in _KINDS if (taken := kind.takes(lines)))
        pieces.append(kind.draw(lines[:taken], eyes))
        lines = lines[taken:]
    return Markup("").join(pieces)


def _one(begins: Callable[[str], object]) -> Callable[[Lines], int]:
    """A block of one line."""
    return lambda lines: 1 if begins(lines[0].strip()) else 0


def _run(belongs: Callable[[str], object]) -> Callable[[Lines], int]:
    """A block of all lines up to the first that does not belong to it."""
    return lambda lines: next((n for n, line in enumerate(lines) if not belongs(line)), len(lines))


def _fence_takes(lines: Lines) -> int:
    """Up to the fence that closes; where none does, the rest."""
    if not lines[0].strip().startswith("```"):
        return 0
    return next((n + 1 for n, line in enumerate(lines) if n and line.strip().startswith("```")), len(lines))


def _paragraph_takes(lines: Lines) -> int:
    return next((n for n, line in enumerate(lines) if n and _ends_paragraph(line)), len(lines))


def _ends_paragraph(line: str) -> bool:
    stripped = line.strip()
    return not stripped or stripped.startswith(_STARTS) or bool(_LIST.match(line))


def _nothing(lines: Lines, eyes: Eyes) -> Markup:
    return Markup("")


def _fence(lines: Lines, eyes: Eyes) -> Markup:
    is_closed = len(lines) > 1 and lines[-1].strip().startswith("```")
    return Markup("<pre>{}</pre>").format("\n".join(lines[1:-1] if is_closed else lines[1:]))


def _heading(lines: Lines, eyes: Eyes) -> Markup:
    signs, _, words = lines[0].strip().partition(" ")
    return Markup('<h4 class="md-{}">{}</h4>').format(len(signs), markdown_inline(words.strip(), eyes))


def _rule(lines: Lines, eyes: Eyes) -> Markup:
    return Markup("<hr>")


def _quote(lines: Lines, eyes: Eyes) -> Markup:
    return Markup("<blockquote>{}</blockquote>").format(
        _drawn([line.lstrip().removeprefix(">").strip() for line in lines], eyes)
    )


def _list(lines: Lines, eyes: Eyes) -> Markup:
    found = [match for line in lines if (match := _LIST.match(line))]
    tag = Markup("ol") if found[0][1][0].isdigit() else Markup("ul")
    items = Markup("").join(Markup("<li>{}</li>").format(markdown_inline(_tasks(item[2]), eyes)) for item in found)
    return Markup("<{0}>{1}</{0}>").format(tag, items)


def _tasks(line: str) -> str:
    return re.sub(r"^\[( |x|X)\] ", lambda box: "☐ " if box[1] == " " else "☑ ", line)


def _table(lines: Lines, eyes: Eyes) -> Markup:
    """Where the second line is a rule of dashes, the first one is the heading."""
    rows = [[cell.strip() for cell in line.strip().strip("|").split("|")] for line in lines]
    is_ruled = len(rows) > 1 and all(re.fullmatch(r":?-+:?", cell) for cell in rows[1])
    head, body = (rows[:1], rows[2:]) if is_ruled else ([], rows)
    drawn = [*(_row(row, "th", eyes) for row in head), *(_row(row, "td", eyes) for row in body)]
    return Markup('<div class="scroll"><table class="data">{}</table></div>').format(Markup("").join(drawn))


def _row(cells: Lines, tag: str, eyes: Eyes) -> Markup:
    drawn = (Markup("<{0}>{1}</{0}>").format(Markup(tag), markdown_inline(cell, eyes)) for cell in cells)
    return Markup("<tr>{}</tr>").format(Markup("").join(drawn))


def _paragraph(lines: Lines, eyes: Eyes) -> Markup:
    return Markup("<p>{}</p>").format(_drawn(lines, eyes))


def _drawn(lines: Lines, eyes: Eyes) -> Markup:
    return Markup("<br>").join(markdown_inline(line, eyes) for line in lines)


_KINDS = (
    _Kind(_one(lambda line: not line), _nothing),
    _Kind(_fence_takes, _fence),
    _Kind(_one(_HEADING.match), _heading),
    _Kind(_one(_RULE.fullmatch), _rule),
    _Kind(_run(lambda line: line.lstrip().startswith(">")), _quote),
    _Kind(_run(_LIST.match), _list),
    _Kind(_run(lambda line: line.strip().startswith("|")), _table),
    _Kind(_paragraph_takes, _paragraph),
)
"""In the order in which they are tried; a paragraph always begins."""
