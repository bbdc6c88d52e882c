"""The audit log, subscriptions and languages, as people ask for them."""

import json
from collections.abc import Sequence
from typing import Any, cast

import pytest

from bot.access import Caller
from bot.administration.audit_log import AuditLogReader, AuditPage
from bot.administration.channel_language import ChannelLanguage
from bot.administration.subscriptions import ChannelSubscriptions
from bot.audit import SETTINGS, Entry, Outcome
from bot.errors import Invalid
from bot.languages import ChannelLanguages
from handlers.administration import blocks
from handlers.administration.listeners import AdministrationListeners
from handlers.callers import Callers
from handlers.languages import Languages
from handlers.web.people import People, Roles
from handlers.web.poster import Poster
from tests.scripted_slack import Slack
from tests.slack_requests import ANA, Answers, a_request
from texts.language import Language, speaking

ROLES = Entry("roles/0", 1_700_000_000, SETTINGS, "set", "roles", details="administrators: U0ADA; members: S0ALL")
REFUSED = Entry(
    *("command/9", 1_700_000_100, "U0BEN", "cancel", "job-1", "C0TRAINING"),
    outcome=Outcome.REFUSED,
    details="only_owner action=cancel kind=job",
)


class Office:
    """The three use cases, and what was asked of them."""

    def __init__(self) -> None:
        self.asked: list[tuple[object, ...]] = []
        self.entries = [REFUSED, ROLES]
        self.pages = 3
        self.subscribed: list[str] = []
        self.language: str | None = None

    async def page(self, caller: Caller, number: int, upto: int | None = None) -> AuditPage:
        self.asked.append((caller.user, number, upto))
        return AuditPage(self.entries, number, self.pages, upto or 99)

    async def export(self, caller: Caller) -> Sequence[tuple[int, Entry]]:
        return [(2, REFUSED), (1, ROLES)]

    async def visible(self, caller: Caller) -> list[str]:
        return self.subscribed

    async def subscribe(self, caller: Caller, channel: str) -> None:
        self.asked.append(("subscribe", channel))

    async def unsubscribe(self, caller: Caller, channel: str) -> None:
        self.asked.append(("unsubscribe", channel))

    async def choose(self, caller: Caller, language: str | None) -> None:
        self.language = language

    async def get(self, channel: str) -> str | None:
        return self.language


@pytest.fixture
def office() -> Office:
    return Office()


@pytest.fixture
def listeners(slack: Slack, office: Office) -> AdministrationListeners:
    slack.replies["users.info"] = [{"ok": True, "user": {"id": ANA.user, "team_id": "T0ACME"}}]
    poster = Poster(slack.client)
    people = People(poster, "T0ACME", Roles())
    return AdministrationListeners(
        callers=Callers(people, "T0ACME"),
        audit_log=cast(AuditLogReader, office),
        subscriptions=cast(ChannelSubscriptions, office),
        channel_language=cast(ChannelLanguage, office),
        languages=Languages(people, cast(ChannelLanguages, office), Language.ENGLISH),
        poster=poster,
    )


def _shown(answers: Answers) -> str:
    return "\n".join(str(block.to_dict()) for block in answers[-1].blocks)


@pytest.mark.parametrize(("words", "number"), [("", 1), ("2", 2), ("page=2", 2)])
async def test_a_page_of_the_audit_log_is_asked_for_by_its_number(
    listeners: AdministrationListeners, office: Office, words: str, number: int
) -> None:
    await listeners.audit(a_request(words))
    assert office.asked == [(ANA.user, number, None)]


@pytest.mark.parametrize("words", ["page=0", "all", "page=two", "2 3"])
async def test_other_words_are_answered_with_how_it_is_written(listeners: AdministrationListeners, words: str) -> None:
    with pytest.raises(Invalid, match="audit_usage"):
        await listeners.audit(a_request(words))


async def test_pages_are_turned_in_place_up_to_the_entry_that_was_the_latest(
    listeners: AdministrationListeners, office: Office
) -> None:
    first, second = Answers(), Answers()
    await listeners.audit(a_request("page=2", first))
    (turning,) = [block.to_dict() for block in first[0].blocks if block.type == "actions"]
    values = {button["action_id"]: button["value"] for button in turning["elements"]}
    assert values == {blocks.NEWER: "1 99", blocks.OLDER: "3 99"}
    await listeners.audit_turned(a_request(values[blocks.OLDER], first, replace_message=second.show))
    assert office.asked[-1] == (ANA.user, 3, 99)
    assert (len(first), len(second)) == (1, 1)


async def test_an_entry_says_who_did_what_to_what_and_what_came_of_it(listeners: AdministrationListeners) -> None:
    answers = Answers()
    await listeners.audit(a_request("", answers))
    shown = _shown(answers)
    assert "<@U0BEN> · cancelling · `job-1` · *refused* · <#C0TRAINING> · Only the person who started this job" in shown
    assert "the settings · changing · roles · administrators: <@U0ADA>; members: <!subteam^S0ALL>" in shown
    with speaking(Language.CHINESE):
        await listeners.audit(a_request("", answers))
    assert "<@U0BEN> · 取消 · `job-1` · *被拒绝* · <#C0TRAINING> · 只有发起这个任务的人" in _shown(answers)
    assert "程序设置 · 设置 · 角色 · 管理员：<@U0ADA>" in _shown(answers)


async def test_an_empty_page_says_so(listeners: AdministrationListeners, office: Office) -> None:
    answers = Answers()
    office.entries = []
    await listeners.audit(a_request("page=9", answers))
    office.pages = 0
    await listeners.audit(a_request("", answers))
    assert [message.text for message in answers] == ["The audit log has no such page.", "Nothing was done yet."]


async def test_all_of_it_comes_as_a_file_into_the_persons_direct_messages(
    listeners: AdministrationListeners, slack: Slack
) -> None:
    slack.replies["files.getUploadURLExternal"] = [
        {"ok": True, "upload_url": slack.url + "upload", "file_id": "F0AUDIT"}
    ]
    slack.replies["chat.postMessage"] = [{"ok": True, "ts": "1.0", "channel": "D0ANA"}]
    slack.replies["files.info"] = [{"ok": True, "file": {"shares": {"private": {}}}}]
    answers = Answers()
    await listeners.audit(a_request("csv", answers))
    (posted,) = slack.called("chat.postMessage")
    assert posted["channel"] == ANA.user
    (shared,) = slack.called("files.completeUploadExternal")
    assert shared["channel_id"] == "D0ANA"
    assert json.loads(shared["files"]) == [{"id": "F0AUDIT", "title": "audit-2023-11-14.csv"}]
    assert answers.text == "The audit log (2 entries) is in your direct messages with me."


async def test_which_channels_are_told_is_said_with_what_can_be_done_here(
    listeners: AdministrationListeners, office: Office
) -> None:
    answers = Answers()
    for office.subscribed in ([], ["C0NEWS"], ["C0NEWS", "C0TRAINING"]):
        await listeners.notify(a_request("", answers))
    none, elsewhere, here = (message.text for message in answers)
    assert none.startswith("No channel is told yet")
    assert elsewhere.startswith("<#C0NEWS> is told how")
    assert "notify here" in elsewhere
    assert here.startswith("<#C0NEWS> and <#C0TRAINING> are told how")
    assert "notify off" in here


@pytest.mark.parametrize(
    ("words", "asked"),
    [
        ("here", ("subscribe", "C0TRAINING")),
        ("<#C0NEWS>", ("subscribe", "C0NEWS")),
        ("off", ("unsubscribe", "C0TRAINING")),
        ("off <#C0NEWS>", ("unsubscribe", "C0NEWS")),
    ],
)
async def test_a_channel_is_subscribed_or_taken_off(
    listeners: AdministrationListeners, office: Office, words: str, asked: tuple[str, str]
) -> None:
    answers = Answers()
    await listeners.notify(a_request(words, answers))
    assert office.asked == [asked]
    assert f"<#{asked[1]}>" in answers.text


@pytest.mark.parametrize("words", ["sometimes", "here now", "off sometimes"])
async def test_what_is_not_understood_subscribes_nothing(
    listeners: AdministrationListeners, office: Office, words: str
) -> None:
    with pytest.raises(Invalid, match="notify_usage"):
        await listeners.notify(a_request(words))
    assert office.asked == []


async def test_the_language_of_a_channel_is_chosen_and_told_to_all_in_it(
    listeners: AdministrationListeners, office: Office, slack: Slack
) -> None:
    answers = Answers()
    await listeners.language(a_request("ZH", answers))
    assert office.language == "zh"
    await listeners.language(a_request("default", answers))
    assert office.language is None
    posted: list[dict[str, Any]] = slack.called("chat.postMessage")
    assert [message["text"] for message in posted] == [
        f"<@{ANA.user}> 把我在这个频道的语言设为：简体中文。",
        f"<@{ANA.user}> set my language in this channel to English.",
    ]
    assert answers == []


async def test_what_is_spoken_is_said_where_it_can_be_chosen(
    listeners: AdministrationListeners, office: Office
) -> None:
    answers = Answers()
    await listeners.language(a_request("", answers))
    office.language = "zh"
    await listeners.language(a_request("", answers))
    await listeners.language(a_request("zh", answers, channel="D0ANA"))
    default, chosen, direct = (message.text for message in answers)
    assert "I speak English, the workspace's language" in default
    assert "I speak 简体中文." in chosen
    assert direct.startswith("What only you see is in the language of your Slack")


async def test_a_language_that_nothing_is_written_in_is_not_taken(listeners: AdministrationListeners) -> None:
    with pytest.raises(Invalid, match="unknown_language"):
        await listeners.language(a_request("klingon"))
