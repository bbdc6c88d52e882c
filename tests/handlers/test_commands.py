"""Which command is meant by what people type."""

import pytest

from handlers.commands import COMMANDS, _near


@pytest.mark.parametrize(
    ("typed", "meant"),
    [("modles", "models"), ("jbos", "jobs"), ("stats", "status"), ("strat", "start"), ("Budgets", "budget")],
)
def test_what_is_nearly_a_command_is_taken_for_it(typed: str, meant: str) -> None:
    assert _near(typed) == meant


@pytest.mark.parametrize(
    "typed",
    ["hello", "what", "evaluate", "cancle", "canel", "deleet", "remove", "stop", "how", "train", "", "?"],
)
def test_other_words_are_not_and_what_cannot_be_undone_is_never_suggested(typed: str) -> None:
    assert _near(typed) is None


def test_each_command_is_explained_with_examples_that_begin_with_its_name() -> None:
    for command in COMMANDS:
        assert command.details
        assert command.examples
        assert all(example.split()[0] == command.name for example in command.examples)
