"""Erasing a person, as administrators ask for it."""

from typing import cast
from unittest.mock import AsyncMock

import pytest

from bot.errors import Denied, Invalid
from bot.personal_data.erasure import PersonErasure
from handlers.callers import Callers
from handlers.parsing import request_of
from handlers.personal_data.listeners import PersonalDataListeners
from handlers.web.people import People, Roles
from handlers.web.poster import Poster
from tests.scripted_slack import Slack
from tests.slack_requests import ANA, Answers, a_request

BEN = "U0BEN"


@pytest.fixture
def erasure() -> AsyncMock:
    return AsyncMock(spec=PersonErasure)


@pytest.fixture
def listeners(slack: Slack, erasure: AsyncMock) -> PersonalDataListeners:
    slack.replies["users.info"] = [{"ok": True, "user": {"id": ANA.user, "team_id": "T0ACME"}}]
    people = People(Poster(slack.client), "T0ACME", Roles())
    return PersonalDataListeners(Callers(people, "T0ACME"), cast(PersonErasure, erasure))


async def test_the_command_alone_has_a_person_chosen_and_then_asks(
    listeners: PersonalDataListeners, slack: Slack
) -> None:
    answers = Answers()
    await listeners.command(a_request("", answers))
    menu = answers[0].blocks[1].to_dict()["elements"][0]
    assert menu["type"] == "users_select"
    chosen = {
        "type": "block_actions",
        "user": {"id": ANA.user},
        "channel": {"id": "C0TRAINING"},
        "actions": [{"action_id": menu["action_id"], "type": "users_select", "selected_user": BEN}],
    }
    request = request_of(Poster(slack.client), "action/1", chosen, is_retry=False)
    await listeners.ask(a_request(request.text, answers))
    assert answers.buttons == [("person_erase", BEN)]


async def test_whoever_may_erase_nobody_is_not_offered_anybody(
    listeners: PersonalDataListeners, erasure: AsyncMock
) -> None:
    erasure.require.side_effect = Denied("not_admin")
    answers = Answers()
    with pytest.raises(Denied):
        await listeners.command(a_request("", answers))
    assert answers == []


async def test_words_that_name_nobody_are_told_what_is_wanted(listeners: PersonalDataListeners) -> None:
    with pytest.raises(Invalid, match="erase_usage"):
        await listeners.command(a_request("the support team"))
