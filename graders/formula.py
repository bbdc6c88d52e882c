"""The formula of a `multi` grader: names of graders, numbers, + - * / and powers (`^` as OpenAI writes it, or `**`),
and a few functions. It is parsed as Python and computed here, node by node: nothing of it is ever evaluated as code."""

import ast
import math
from collections.abc import Callable, Collection, Mapping
from typing import Final

from graders.errors import GraderError

_LONGEST: Final = 4_000
_DEEPEST: Final = 100
_FUNCTIONS: Final[dict[str, Callable[..., float]]] = {
    "min": min,
    "max": max,
    "abs": abs,
    "floor": math.floor,
    "ceil": math.ceil,
    "exp": math.exp,
    "sqrt": math.sqrt,
    "log": math.log,
}
_TAKE_MANY: Final = frozenset({"min", "max"})


def check_formula(text: str, names: Collection[str]) -> None:
    """Raises GraderError where it is none, or has a name that no grader has."""
    _check(_parsed(text), frozenset(names), 0)


def names_in(text: str) -> frozenset[str]:
    """The graders that a checked formula reads."""
    return frozenset(node.id for node in ast.walk(_parsed(text)) if isinstance(node, ast.Name)) - _FUNCTIONS.keys()


def calculate(text: str, values: Mapping[str, float]) -> float:
    """What a checked formula gives. Raises GraderError where that is no number: a division by zero, an overflow."""
    check_formula(text, values)
    try:
        result = float(_value(_parsed(text), values))
    except (ArithmeticError, ValueError, TypeError):  # a complex number is none that a reward could be
        result = math.nan
    if not math.isfinite(result):
        raise GraderError("grader_formula_result", formula=_shown(text))
    return result


def _parsed(text: str) -> ast.expr:
    if len(text) > _LONGEST:
        raise GraderError("grader_formula", formula=_shown(text))
    try:
        return ast.parse(text.replace("^", "**").strip(), mode="eval").body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        raise GraderError("grader_formula", formula=_shown(text)) from None


def _check(node: ast.AST, names: frozenset[str], depth: int) -> None:
    if depth > _DEEPEST:
        raise _unknown(node)
    inner: list[ast.expr]
    match node:
        case ast.Constant(value=int() | float()) if not isinstance(node.value, bool):
            return
        case ast.Name(id=name):
            if name not in names:
                raise GraderError("grader_formula_name", name=_shown(name))
            return
        case ast.BinOp(op=ast.Add() | ast.Sub() | ast.Mult() | ast.Div() | ast.Pow()):
            inner = [node.left, node.right]
        case ast.UnaryOp(op=ast.USub() | ast.UAdd()):
            inner = [node.operand]
        case ast.Call(func=ast.Name(id=function), keywords=[]) if function in _FUNCTIONS:
            if len(node.args) != 1 and (function not in _TAKE_MANY or not node.args):
                raise GraderError("grader_formula_arguments", function=function)
            if any(isinstance(argument, ast.Starred) for argument in node.args):
                raise GraderError("grader_formula_arguments", function=function)
            inner = node.args
        case _:
            raise _unknown(node)
    for each in inner:
        _check(each, names, depth + 1)


def _value(node: ast.expr, values: Mapping[str, float]) -> float:
    """All numbers are floats, so that a tower of powers overflows at once."""
    match node:
        case ast.Constant(value=int() | float() as number):
            return float(number)
        case ast.Name(id=name):
            return float(values[name])
        case ast.UnaryOp(op=op, operand=operand):
            value = _value(operand, values)
            return -value if isinstance(op, ast.USub) else value
        case ast.BinOp(left=left, op=op, right=right):
            first, second = _value(left, values), _value(right, values)
            match op:
                case ast.Add():
                    return first + second
                case ast.Sub():
                    return first - second
                case ast.Mult():
                    return first * second
                case ast.Div():
                    return first / second
            return float(first**second)
        case ast.Call(func=ast.Name(id=function), args=arguments):
            given = [_value(argument, values) for argument in arguments]
            return float(given[0] if len(given) == 1 and function in _TAKE_MANY else _FUNCTIONS[function](*given))
    raise TypeError(type(node))


def _unknown(node: ast.AST) -> GraderError:
    """By the name that Python has for it: Attribute, Compare, Lambda."""
    return GraderError("grader_formula_part", part=type(node).__name__)


def _shown(text: str) -> str:
    return text.strip()[:60]
