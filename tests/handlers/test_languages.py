"""Whose language is spoken where."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.access import Place
from bot.audit import Entry
from bot.store.database import Database
from bot.store.languages import SqlChannelLanguages
from handlers.languages import Languages
from handlers.web.people import People, Roles
from handlers.web.poster import Poster
from tests.scripted_slack import Slack, error
from texts.language import Language

ZH, EN = Language.CHINESE, Language.ENGLISH


@pytest.fixture
async def database(tmp_path: Path) -> AsyncIterator[Database]:
    made = await Database.open(tmp_path)
    yield made
    await made.close()


@pytest.fixture
def channels(database: Database) -> SqlChannelLanguages:
    return SqlChannelLanguages(database)


@pytest.fixture
def languages(slack: Slack, channels: SqlChannelLanguages) -> Languages:
    return Languages(People(Poster(slack.client), "T0ACME", Roles()), channels, EN)


def _user(locale: str | None) -> dict[str, object]:
    return {"ok": True, "user": {"id": "U1", "team_id": "T0ACME", **({"locale": locale} if locale else {})}}


async def test_a_person_is_answered_in_the_language_of_their_slack(slack: Slack, languages: Languages) -> None:
    slack.replies["users.info"] = [_user("zh-CN")]
    assert await languages.answers(Place("C1", alone=True), "U1") is ZH
    assert await languages.place("U1", "") is ZH
    assert await languages.place("D1", "U1") is ZH
    (asked,) = slack.called("users.info")
    assert asked["include_locale"]


@pytest.mark.parametrize("locale", ["de-DE", None])
async def test_a_person_whose_language_nothing_is_written_in_gets_the_workspaces(
    slack: Slack, database: Database, locale: str | None
) -> None:
    slack.replies["users.info"] = [_user(locale)]
    people = People(Poster(slack.client), "T0ACME", Roles())
    assert await Languages(people, SqlChannelLanguages(database), ZH).person("U1") is ZH


async def test_where_slack_does_not_tell_the_workspaces_language_is_spoken(slack: Slack, languages: Languages) -> None:
    slack.replies["users.info"] = [error("user_not_found")]
    assert await languages.person("U1") is EN


async def test_what_stands_in_a_channel_is_in_the_language_its_people_chose(
    slack: Slack, channels: SqlChannelLanguages, languages: Languages
) -> None:
    chosen = Entry("command/1", 1.0, "U1", "set language", "C1")
    slack.replies["users.info"] = [_user("en-GB")]
    assert await languages.place("C1", "U1") is EN
    await channels.set("C1", ZH, chosen)
    assert await languages.place("C1", "U1") is ZH
    assert await languages.answers(Place("C1"), "U1") is ZH
    assert await languages.answers(Place("C1", alone=True), "U1") is EN, "of what only they see, their own"
    assert await languages.place("C2", "U1") is EN
    await channels.set("C1", None, chosen)
    assert await languages.chosen("C1") is None
