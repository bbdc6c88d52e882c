#!/usr/bin/env python
"""Find sentences for people outside texts/: what stands in the rooms below cannot be translated.

Prints each with its place; exit code 1 where there is one. Part of scripts/check. Modules whose words are for nobody to
read, or not ours, stand in scripts/sentences.toml with the reason.

A sentence is a literal of three words and more that is no docstring, log event, annotation, SQL, or message of an
error for programmers (ValueError and its like, assertions); beside these, any words given to a builder of blocks that
shows them as they are: button, header, option, ...
"""

import ast
import re
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[1]
EXCEPTIONS = Path(__file__).with_suffix(".toml")
ROOMS = ("bot", "graders", "training_files", "handlers")
_WORD = re.compile(r"[A-Za-z][A-Za-z'’-]*[A-Za-z]")
_SQL = re.compile(
    r"\s*(SELECT|INSERT|UPDATE|DELETE|CREATE|DROP|WITH|PRAGMA|ALTER|VACUUM|BEGIN) |[=<>,] ?\?| IN \(| LIMIT \?"
)
_FOR_PROGRAMMERS = frozenset(
    ("ValueError", "TypeError", "RuntimeError", "KeyError", "NotImplementedError", "AssertionError")
)
_NOT_SHOWN = frozenset(("compile", "getenv", "create_task", "Field"))
_BUILDERS = frozenset(("button", "header", "option", "confirm", "context", "section", "plain", "modal", "fields"))


def main() -> int:
    exceptions = tomllib.loads(EXCEPTIONS.read_text(encoding="utf-8"))
    found = {path: sentences(ROOT / path) for path in modules()}
    over = [f"{path}:{line}: {text}" for path in found.keys() - exceptions.keys() for line, text in found[path]]
    idle = [path for path in exceptions if not found.get(path)]
    print(*sorted(over), sep="\n", end="")
    if over:
        print("\nWhat people read is said in texts/ (docs/architecture.md, Sentences).")
    if idle:
        print(f"No longer exceptions, so take them out of scripts/sentences.toml: {', '.join(idle)}.")
    return 1 if over or idle else 0


def modules() -> list[str]:
    return sorted(path.relative_to(ROOT).as_posix() for room in ROOMS for path in (ROOT / room).rglob("*.py"))


def sentences(path: Path) -> list[tuple[int, str]]:
    """Line and text of each."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    return [(node.lineno, text) for node, text in _shown(tree)]


def _shown(node: ast.AST) -> Iterator[tuple[ast.expr, str]]:
    text = _text(node)
    if isinstance(node, ast.expr) and text is not None and _is_sentence(text):
        yield node, text
    if isinstance(node, ast.Call) and _name(node) in _BUILDERS:
        labels = [(argument, _text(argument) or "") for argument in node.args]
        yield from ((argument, text) for argument, text in labels if _is_label(text))
    for child in _children(node):
        yield from _shown(child)


def _text(node: ast.AST) -> str | None:
    """Of a literal; {} where an f-string holds a value."""
    if isinstance(node, ast.Constant):
        return node.value if isinstance(node.value, str) else None
    if isinstance(node, ast.JoinedStr):
        return "".join("{}" if isinstance(part, ast.FormattedValue) else _text(part) or "" for part in node.values)
    return None


def _name(call: ast.Call) -> str:
    return call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")


def _children(node: ast.AST) -> Iterator[ast.AST]:
    """What of `node` people may come to read."""
    match node:
        case ast.Expr(value=ast.Constant()):  # docstrings, of attributes too
            return
        case ast.JoinedStr():
            yield from (part.value for part in node.values if isinstance(part, ast.FormattedValue))
            return
        case ast.Call():
            owner = getattr(node.func.value, "id", "") if isinstance(node.func, ast.Attribute) else ""
            if owner in {"log", "logger", "re", "re2"} or _name(node) in _FOR_PROGRAMMERS | _NOT_SHOWN:
                return
        case ast.Assert():
            yield node.test
            return
        case ast.AnnAssign():
            if node.value is not None:
                yield node.value
            return
        case ast.arg():
            return
        case ast.FunctionDef() | ast.AsyncFunctionDef():
            yield from (*node.decorator_list, *node.args.defaults, *filter(None, node.args.kw_defaults), *node.body)
            return
    yield from ast.iter_child_nodes(node)


def _is_label(text: str) -> bool:
    """Of one or two words. What people read begins with a large letter; ids and keys do not."""
    return not _is_sentence(text) and re.match(r"\W*[A-Z]", text) is not None and _WORD.search(text) is not None


def _is_sentence(text: str) -> bool:
    return len(_WORD.findall(text)) >= 3 and " " in text and not _SQL.search(text)


if __name__ == "__main__":
    sys.exit(main())
