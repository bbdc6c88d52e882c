"""A link to a job in somebody's message: what is shown below it, where, and in which language."""

from typing import Any

import pytest

from bot.access import Policy
from bot.authority import Authority
from bot.jobs.links import JobLinks
from bot.store.audit import SqlAuditLog
from bot.store.database import Database
from bot.store.jobs import SqlJobStore
from bot.store.outbox import SqlCardStore
from handlers.callers import Callers
from handlers.links.listeners import LinkListeners
from handlers.request import Request
from handlers.web.people import People, Roles
from handlers.web.poster import Poster
from tests.parts import CHANNEL, a_job
from tests.scripted_slack import Slack, error
from tests.slack_requests import ANA, Answers, a_request
from texts.language import Language

LINK = "https://finetune.example.com/jobs/job-1"


@pytest.fixture
async def listeners(slack: Slack, jobs: SqlJobStore, database: Database) -> LinkListeners:
    slack.replies["users.info"] = [{"ok": True, "user": {"id": ANA.user, "team_id": "T0ACME"}}]
    slack.replies["chat.getPermalink"] = [{"ok": True, "permalink": "https://acme.slack.com/p7"}]
    await jobs.insert(a_job(state="running", created_at=1_700_000_000.0))
    cards, poster = SqlCardStore(database), Poster(slack.client)
    await cards.posted("job-1", "7.0", None, ())

    async def language_of(channel: str, person: str) -> Language:
        return Language.CHINESE if channel == "C0CHINESE" else Language.ENGLISH

    return LinkListeners(
        callers=Callers(People(poster, "T0ACME", Roles()), "T0ACME"),
        links=JobLinks("https://finetune.example.com", jobs, Authority(Policy(), SqlAuditLog(database))),
        cards=cards,
        poster=poster,
        language_of=language_of,
    )


def shared(channel: str = CHANNEL, answers: Answers | None = None, **event: Any) -> Request:
    told = {
        "type": "link_shared",
        "is_bot_user_member": True,
        "source": "conversations_history",
        "message_ts": "9.0",
        "links": [{"domain": "finetune.example.com", "url": url} for url in (LINK, f"{LINK}-nope")],
        **event,
    }
    return a_request(answers=answers, channel=channel, body={"event": told}, alone=False)


async def test_below_the_message_stands_one_block_with_the_job(listeners: LinkListeners, slack: Slack) -> None:
    await listeners.shared(shared())
    (call,) = slack.called("chat.unfurl")
    assert (call["channel"], call["ts"], [*call["unfurls"]]) == (CHANNEL, "9.0", [LINK])
    (block,) = call["unfurls"][LINK]["blocks"]
    said = block["text"]["text"]
    assert said.startswith("🔵 *Training* <https://acme.slack.com/p7?thread_ts=7.0&amp;cid=C0TRAINING|train.jsonl → ")
    assert said.count("<@U0ANA>") == said.count("`job-1`") == 1


async def test_it_is_in_the_channels_language(listeners: LinkListeners, slack: Slack) -> None:
    await listeners.shared(shared("C0CHINESE"))
    assert "训练中" in str(slack.called("chat.unfurl"))


@pytest.mark.parametrize("event", [{"source": "composer"}, {"is_bot_user_member": False}])
async def test_where_it_is_not_known_who_reads_it_nothing_is_shown(
    listeners: LinkListeners, slack: Slack, event: dict[str, Any]
) -> None:
    await listeners.shared(shared(**event))
    assert slack.calls == []


async def test_where_slack_does_not_take_it_nobody_is_bothered(listeners: LinkListeners, slack: Slack) -> None:
    slack.replies["chat.unfurl"] = [error("cannot_unfurl_url")]
    answers = Answers()
    await listeners.shared(shared(answers=answers))
    assert len(slack.called("chat.unfurl")) == 1
    slack.replies["users.info"] = [error("user_not_found")]
    await listeners.shared(shared(answers=answers))
    assert answers == []
