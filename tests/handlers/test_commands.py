"""Which command is meant by what people type."""

import re
from dataclasses import dataclass
from typing import cast

import pytest

from bot.access import Policy
from bot.audit import AuditLog
from bot.authority import Authority
from bot.jobs.settings import SETTINGS
from handlers.callers import Callers
from handlers.commands import _OWNERS, COMMANDS, Commands, _near, is_command_like
from handlers.request import Request
from handlers.routing import Command, Topic
from handlers.web.people import People, Roles
from handlers.web.poster import Poster
from tests.scripted_slack import Slack
from tests.slack_requests import ANA, Answers, a_request
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
    ["hello", "what", "measure", "cancle", "canel", "deleet", "remove", "stop", "how", "train", "", "?"],
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


@dataclass(frozen=True)
class Office:
    """A feature's listeners, and what came to them."""

    heard: list[str]

    async def jobs(self, request: Request) -> None:
        self.heard.append(request.text)


@pytest.fixture
def dispatch(slack: Slack) -> tuple[Commands, Office]:
    slack.replies["users.info"] = [{"ok": True, "user": {"id": ANA.user, "team_id": "T0ACME"}}]
    office = Office([])
    people = People(Poster(slack.client), "T0ACME", Roles())
    authority = Authority(Policy(), cast(AuditLog, None))
    return Commands(Callers(people, "T0ACME"), authority, {Office: office}), office


async def test_a_command_gets_what_was_typed_after_its_name(
    dispatch: tuple[Commands, Office], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("handlers.commands.COMMANDS", (*COMMANDS, Command("office", Topic.FOLLOW, Office.jobs)))
    monkeypatch.setitem(_OWNERS, "office", Office)
    typed, office = dispatch
    await typed.typed(a_request("office  page=2 "))
    await typed.typed(a_request("OFFICE"))
    assert office.heard == ["page=2", ""]


@pytest.mark.parametrize("words", ["office 2", "Bureau 2", "办公室 2"])
async def test_a_synonym_is_carried_out_as_the_command(
    dispatch: tuple[Commands, Office], monkeypatch: pytest.MonkeyPatch, words: str
) -> None:
    command = Command("office", Topic.FOLLOW, Office.jobs, synonyms=("bureau", "办公室"))
    monkeypatch.setattr("handlers.commands.COMMANDS", (*COMMANDS, command))
    monkeypatch.setitem(_OWNERS, "office", Office)
    typed, office = dispatch
    await typed.typed(a_request(words))
    assert office.heard == ["2"]


async def test_a_sentence_that_begins_with_a_synonym_is_none_unless_it_is_typed_as_a_command(
    dispatch: tuple[Commands, Office], monkeypatch: pytest.MonkeyPatch
) -> None:
    command = Command("office", Topic.FOLLOW, Office.jobs, synonyms=("bureau",))
    monkeypatch.setattr("handlers.commands.COMMANDS", (*COMMANDS, command))
    monkeypatch.setitem(_OWNERS, "office", Office)
    typed, office = dispatch
    answers = Answers()
    await typed.typed(a_request("bureau of my town", answers))
    assert (answers.text, office.heard) == ("I understand commands only; questions are for models.", [])
    await typed.typed(a_request("bureau of my town", body={"command": "/finetune"}))
    assert office.heard == ["of my town"]


@pytest.mark.parametrize(("words", "is_one"), [("list", True), ("帮助", True), ("list three colours", False)])
def test_a_question_to_a_model_may_begin_with_a_synonym(words: str, is_one: bool) -> None:
    assert is_command_like(words) is is_one


def test_each_synonym_is_of_one_command_and_no_name_of_another() -> None:
    words = [word for command in COMMANDS for word in (command.name, *command.synonyms)]
    assert len(words) == len(set(words))
    assert {"train", "list", "stop", "cost", "帮助", "训练"} <= set(words)


@pytest.mark.parametrize(
    ("words", "body", "said"),
    [
        ("help 预算", {}, "/finetune budget [set … | approval …]"),
        ("help", {}, "What Finetune Bot can do"),
        ("help `files`", {}, "/finetune files"),
        ("help /files", {}, "/finetune files"),
        ("help nothing", {}, "What Finetune Bot can do"),
        ("jbos", {"command": "/finetune"}, "I do not know `jbos`. Did you mean `/finetune jobs`?"),
        ("jbos", {}, "I do not know `jbos`. Did you mean `jobs`?"),
        ("measure this", {"command": "/finetune"}, "I do not know `measure`."),
        ("what can you do?", {}, "I understand commands only; questions are for models."),
    ],
)
async def test_whoever_means_something_else_is_told_what_there_is(
    dispatch: tuple[Commands, Office], words: str, body: dict[str, str], said: str
) -> None:
    answers = Answers()
    await dispatch[0].typed(a_request(words, answers, body=body))
    assert answers.text == said


async def test_help_is_given_in_the_readers_language(dispatch: tuple[Commands, Office]) -> None:
    answers = Answers()
    with speaking(Language.CHINESE):
        await dispatch[0].typed(a_request("help", answers))
        await dispatch[0].typed(a_request("help start", answers))
    assert answers.text == "Finetune Bot 能做什么\n/finetune start [文件] [model=… epochs=… batch=… lr=… …]"
