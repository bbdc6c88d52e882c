"""Which command is meant by what people type."""

import re

import pytest

from bot.jobs.settings import SETTINGS
from handlers.commands import COMMANDS, _near
from handlers.routing import Topic
from texts import commands
from texts.language import Language, speaking


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


def test_each_command_and_nothing_else_is_described() -> None:
    assert {command.name for command in COMMANDS} == set(commands._DESCRIPTIONS)
    assert len(COMMANDS) == len({command.name for command in COMMANDS})


@pytest.mark.parametrize("language", Language)
def test_what_is_typed_begins_with_the_commands_name(language: Language) -> None:
    with speaking(language):
        for command in COMMANDS:
            described = commands.described(command.name)
            assert described.examples
            assert {line.split()[0] for line in (described.usage, *described.examples)} == {command.name}


@pytest.mark.parametrize("language", Language)
def test_help_on_starting_names_every_setting(language: Language) -> None:
    with speaking(language):
        details = commands.described("start").details
    assert [word for word in re.findall(r"`(\w+)`", details) if word in SETTINGS] == list(SETTINGS)


def test_every_topic_has_a_heading() -> None:
    assert all(map(commands.topic, Topic))
