"""Small changes of a module, one at a time: what a slip of the hand, or a line lost in a merge, would make of it.

Left alone: annotations, docstrings, decorators, words, and `strict=` of `zip`. mypy reads the first, nobody's hand
slips in the others, and the last asserts what holds unless the code is wrong elsewhere.
"""

import ast
import copy
from collections.abc import Iterator
from dataclasses import dataclass

_OPPOSITE: dict[type[ast.AST], type[ast.AST]] = {
    ast.Lt: ast.LtE,
    ast.LtE: ast.Lt,
    ast.Gt: ast.GtE,
    ast.GtE: ast.Gt,
    ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq,
    ast.Is: ast.IsNot,
    ast.IsNot: ast.Is,
    ast.In: ast.NotIn,
    ast.NotIn: ast.In,
    ast.And: ast.Or,
    ast.Or: ast.And,
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
    ast.Mult: ast.Div,
    ast.Div: ast.Mult,
    ast.FloorDiv: ast.Div,
}


@dataclass(frozen=True)
class Change:
    """`text`: the line on which it begins; `source`: the whole module, changed."""

    line: int
    text: str
    before: str
    after: str
    source: str

    @property
    def name(self) -> str:
        """Without the line's number, which moves."""
        where = "" if self.text == self.before else f"{self.text} | "
        return f"{where}{self.before} -> {self.after}"


def changes(source: str) -> Iterator[Change]:
    """Every change of the module, from its top to its end."""
    tree = ast.parse(source)
    starts = _line_starts(source)
    for node in _places(tree):
        for place, new in _instead(node):
            first, last = (_offset(starts, *at) for at in _extent(place))
            text = ast.unparse(new) if isinstance(new, ast.stmt) else f"({ast.unparse(new)})"
            whole = source.encode()
            changed = (whole[:first] + text.encode() + whole[last:]).decode()
            yield Change(
                place.lineno,
                source.splitlines()[place.lineno - 1].strip(),
                ast.unparse(place),
                ast.unparse(new),
                changed,
            )


Place = ast.expr | ast.stmt


def _places(node: ast.AST) -> Iterator[Place]:
    """Statements and expressions in which a change means something."""
    for name, value in ast.iter_fields(node):
        if name in ("annotation", "returns", "decorator_list", "type_params"):
            continue
        for child in value if isinstance(value, list) else [value]:
            if not isinstance(child, ast.AST) or _is_words(child) or _is_strict(child):
                continue
            if isinstance(child, Place):
                yield child
            yield from _places(child)


def _is_words(node: ast.AST) -> bool:
    """A docstring, or an f-string: its parts have no places of their own before Python 3.12."""
    return isinstance(node, ast.JoinedStr) or (
        isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str)
    )


def _is_strict(node: ast.AST) -> bool:
    return isinstance(node, ast.keyword) and node.arg == "strict"


def _instead(node: Place) -> Iterator[tuple[Place, Place]]:
    """(the place, what could stand there)."""
    match node:
        case ast.Compare(ops=ops):
            for index, op in enumerate(ops):
                if type(op) in _OPPOSITE:
                    new = copy.deepcopy(node)
                    new.ops[index] = _OPPOSITE[type(op)]()  # type: ignore[call-overload]
                    yield node, new
        case ast.BoolOp(op=op) | ast.BinOp(op=op) if type(op) in _OPPOSITE:
            other = copy.deepcopy(node)
            other.op = _OPPOSITE[type(op)]()  # type: ignore[assignment]
            yield node, other
        case ast.UnaryOp(op=ast.Not(), operand=operand):
            yield node, operand
        case ast.Constant(value=bool() as value):
            yield node, ast.Constant(not value)
        case ast.Constant(value=int() as value):
            yield node, ast.Constant(value + 1)
        case ast.If(test=test) | ast.IfExp(test=test) | ast.While(test=test):
            yield test, ast.UnaryOp(ast.Not(), test)
        case ast.ListComp() | ast.SetComp() | ast.GeneratorExp() | ast.DictComp():
            yield from ((node, new) for new in _unfiltered(node))
        case ast.Expr(value=ast.Call() | ast.Await()) | ast.Raise() | ast.AugAssign():
            yield node, ast.Pass()
        case ast.Continue() | ast.Break():
            yield node, ast.Pass()


def _unfiltered(node: ast.ListComp | ast.SetComp | ast.GeneratorExp | ast.DictComp) -> Iterator[ast.expr]:
    for index, generator in enumerate(node.generators):
        for which in range(len(generator.ifs)):
            new = copy.deepcopy(node)
            del new.generators[index].ifs[which]
            yield new


def _extent(node: Place) -> tuple[tuple[int, int], tuple[int, int]]:
    assert node.end_lineno is not None
    assert node.end_col_offset is not None
    return (node.lineno, node.col_offset), (node.end_lineno, node.end_col_offset)


def _line_starts(source: str) -> list[int]:
    """The offset in bytes of each line, as ast counts columns."""
    starts = [0]
    for line in source.encode().splitlines(keepends=True):
        starts.append(starts[-1] + len(line))
    return starts


def _offset(starts: list[int], line: int, column: int) -> int:
    return starts[line - 1] + column
