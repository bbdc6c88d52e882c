"""Whatever a feature offers to press or to send off, somebody takes: read from the program, without running it. What is
really posted is held against the register in the end-to-end tests (`e2e.world.all_is_taken`).
"""

import ast
import importlib
import re
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from unittest.mock import MagicMock, Mock

import handlers
from handlers.blocks import help as help_blocks
from handlers.commands import COMMANDS
from handlers.register import FEATURES, action_ids, callback_ids, menu_entries, register

ROOM = Path(handlers.__path__[0])
# Which argument of these is the action_id.
BUILDERS = {"button": 1, "menu": 0}


def modules() -> Iterator[tuple[ModuleType, ast.Module]]:
    for path in sorted(ROOM.rglob("*.py")):
        name = ".".join(("handlers", *path.relative_to(ROOM).with_suffix("").parts)).removesuffix(".__init__")
        yield importlib.import_module(name), ast.parse(path.read_text(encoding="utf-8"))


def values(node: ast.expr, module: ModuleType) -> Iterator[str]:
    """What an argument may be, as a pattern; nothing where only a caller knows."""
    match node:
        case ast.Constant(str(text)):
            yield re.escape(text)
        case ast.JoinedStr(parts):
            yield "".join(re.escape(str(part.value)) if isinstance(part, ast.Constant) else ".+" for part in parts)
        case ast.IfExp():
            yield from values(node.body, module)
            yield from values(node.orelse, module)
        case ast.Name() | ast.Attribute():
            found: object = module
            for name in ast.unparse(node).split("."):
                found = getattr(found, name, None)
            if isinstance(found, str):
                yield re.escape(found)


def offered(node: ast.AST, module: ModuleType, keyword: str) -> Iterator[str]:
    """All ids below a node. Inputs tell nothing before their modal is sent off, unless they dispatch."""
    if isinstance(node, ast.Call):
        called = ast.unparse(node.func).rpartition(".")[2]
        given = {argument.arg: argument.value for argument in node.keywords}
        if keyword == "action_id" and called == "InputBlock" and "dispatch_action" not in given:
            return
        at = BUILDERS.get(called) if keyword == "action_id" else None
        argument = given.get(keyword) or (node.args[at] if at is not None and at < len(node.args) else None)
        if argument is not None:
            yield from values(argument, module)
    for child in ast.iter_child_nodes(node):
        yield from offered(child, module, keyword)


def all_offered(keyword: str) -> list[tuple[str, str]]:
    return [(module.__name__, each) for module, tree in modules() for each in offered(tree, module, keyword)]


def test_every_button_menu_and_input_has_somebody_who_takes_it() -> None:
    found = all_offered("action_id")
    assert len(found) > 30
    taken = action_ids()
    assert [(where, each) for where, each in found if not any(re.fullmatch(each, one) for one in taken)] == []


def test_all_that_can_be_pressed_is_in_the_one_listener_that_bolt_has_once() -> None:
    app, inbox = MagicMock(), Mock(listener=lambda listener: listener)
    register(app, inbox, {feature.listeners: Mock() for feature in FEATURES})
    ((listener,), _) = app.action.return_value.call_args
    (actions,) = listener.args
    assert set(actions) == action_ids() - set(help_blocks.ASKED), "those are commands"
    named = [action_id for feature in FEATURES for action_id in (*feature.buttons, *feature.inputs)]
    assert len(named) + len({menu for menu, _ in menu_entries()}) == len(actions), "no two features name the same"


def test_every_modal_that_can_be_sent_off_has_somebody_who_takes_it() -> None:
    found = all_offered("callback_id")
    assert len(found) >= 4
    assert [(where, each) for where, each in found if not any(re.fullmatch(each, one) for one in callback_ids())] == []


def test_each_command_has_a_button_or_a_modal_that_exists() -> None:
    taken = action_ids() | callback_ids() | {word for _menu, word in menu_entries()}
    assert [command.name for command in COMMANDS if command.opens not in taken] == []


def called(name: str, tree: ast.Module) -> Iterator[ast.Call]:
    """Calls of a function by its name."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and ast.unparse(node.func).rpartition(".")[2] == name:
            yield node


def test_every_entry_of_a_menu_has_somebody_who_takes_it() -> None:
    found = []
    for module, tree in modules():
        words = {word for call in called("entry", tree) for word in values(call.args[0], module)}
        menus = {menu for call in called("menu", tree) for menu in values(call.args[0], module)}
        assert len(menus) == bool(words), f"{module.__name__} makes the entries of one menu"
        found += [(menu, word) for menu in menus for word in words]
    assert len(found) > 15
    assert set(found) <= menu_entries(), set(found) - menu_entries()
