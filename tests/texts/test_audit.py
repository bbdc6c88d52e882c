"""What the audit log keeps as codes has words."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from bot.access import Action
from texts import audit
from texts.language import Language, speaking

ROOT = Path(__file__).parents[2]


def _acts() -> Iterator[str]:
    """Codes of what is entered in the audit log, as the program's modules write them."""
    for room in ("bot", "handlers"):
        for path in (ROOT / room).rglob("*.py"):
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                if isinstance(node, ast.Call):
                    place = {"entry": 1, "authority.recorded": 1, "Entry": 3}.get(
                        ast.unparse(node.func).split("._")[-1]
                    )
                    if place is not None and len(node.args) > place:
                        act = node.args[place]
                        if isinstance(act, ast.Constant):
                            yield str(act.value)
    yield from Action


def test_every_act_has_words_in_chinese() -> None:
    acts = set(_acts())
    assert {"set", "submit", "delete model", "export the audit log", "set budget"} <= acts
    with speaking(Language.CHINESE):
        assert [act for act in acts if audit.act(act) == act] == []


def test_an_act_of_another_version_stands_as_it_was_written() -> None:
    assert audit.act("water the plants") == "water the plants"


@pytest.mark.parametrize("thing", ["workspace", "approval", "roles"])
def test_what_has_no_id_is_named(thing: str) -> None:
    assert audit.named_thing(thing)
    assert audit.named_thing("job-1") is None


def test_roles_are_listed_in_the_language_of_the_reader() -> None:
    kept = "administrators: U1, U2; members: U3"
    assert audit.roles(kept) == kept
    with speaking(Language.CHINESE):
        assert audit.roles(kept) == "管理员：U1、U2；成员：U3"
