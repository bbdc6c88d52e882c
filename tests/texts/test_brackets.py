"""Which brackets stand around a remark, a language decides: Chinese has wide ones, without a space before them."""

import ast
from collections.abc import Iterator
from pathlib import Path

import handlers


def test_brackets_around_a_remark_come_from_the_texts() -> None:
    files = Path(handlers.__file__).parent.rglob("*.py")
    assert [f"{path.name}:{line}" for path in files for line in _written_in_code(path)] == []


def _written_in_code(path: Path) -> Iterator[int]:
    """The lines of f-strings in which a value stands in brackets after a space."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.JoinedStr) and any(map(_opens_bracket, node.values)):
            yield node.lineno


def _opens_bracket(part: ast.expr) -> bool:
    return isinstance(part, ast.Constant) and str(part.value).endswith(" (")
