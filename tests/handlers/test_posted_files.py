"""Files of a job, posted where they belong, and a link for whoever asked for them somewhere else."""

import json
from typing import Any, cast

import pytest

from bot.notices.interfaces import Card, CardStore
from handlers.posted_files import post_files_of
from handlers.request import Request
from handlers.web.poster import Poster
from tests.parts import a_job
from tests.scripted_slack import Slack, error
from tests.slack_requests import Answers, a_request

CHANNEL = "C0TRAINING"
FILES = {"job-1.html": b"<p>", "job-1.pdf": b"%PDF"}


class Cards:
    """The card of the job, as far as it is in Slack."""

    def __init__(self, **card: Any) -> None:
        self._card = Card("job-1", CHANNEL, 1.0, **card)

    async def card(self, job_id: str) -> Card | None:
        return self._card if job_id == self._card.job_id else None


@pytest.fixture
def poster(slack: Slack) -> Poster:
    slack.replies["chat.getPermalink"] = [{"ok": True, "permalink": "https://acme.slack.com/p5"}]
    slot = {"ok": True, "upload_url": slack.url + "upload"}
    slack.replies["files.getUploadURLExternal"] = [{**slot, "file_id": "F1"}, {**slot, "file_id": "F2"}]
    slack.replies["files.info"] = [{"ok": True, "file": {"shares": {"public": {}}}}]
    return Poster(slack.client)


async def posted(poster: Poster, request: Request, cards: Cards, **job: Any) -> None:
    made = a_job(**{"id": "job-1", "file_name": "train.jsonl", **job})
    await post_files_of(poster, cast(CardStore, cards), request, made, FILES, "Here.")


def shared(slack: Slack) -> tuple[str, str | None]:
    """Channel and thread of the one message, which has both files."""
    (message,) = slack.called("files.completeUploadExternal")
    assert [file["title"] for file in json.loads(message["files"])] == list(FILES)
    assert message["initial_comment"] == "Here."
    return message["channel_id"], message.get("thread_ts")


@pytest.mark.parametrize("asked_in", [None, "9.0"])
async def test_who_asks_away_from_the_card_gets_a_link_to_its_thread_where_the_files_are(
    poster: Poster, slack: Slack, asked_in: str | None
) -> None:
    answers = Answers()
    await posted(poster, a_request("", answers, thread_ts=asked_in), Cards(ts="5.0"))
    assert shared(slack) == (CHANNEL, "5.0")
    link = "https://acme.slack.com/p5?thread_ts=5.0&amp;cid=C0TRAINING"
    assert answers.text.startswith(f"The files are in <{link}|the thread of `train.jsonl → ")


@pytest.mark.parametrize("asked", [{"thread_ts": "5.0"}, {"body": {"message": {"ts": "5.0"}}}])
async def test_who_asks_in_the_thread_or_presses_on_the_card_sees_the_files_and_is_told_nothing(
    poster: Poster, slack: Slack, asked: dict[str, Any]
) -> None:
    answers = Answers()
    await posted(poster, a_request("", answers, **asked), Cards(ts="5.0"))
    assert shared(slack) == (CHANNEL, "5.0")
    assert answers == []


async def test_of_a_card_in_the_thread_of_its_group_the_files_are_in_that_thread(poster: Poster, slack: Slack) -> None:
    answers = Answers()
    await posted(poster, a_request("", answers), Cards(ts="5.0", thread_ts="3.0"))
    assert shared(slack) == (CHANNEL, "3.0")
    assert [call["message_ts"] for call in slack.called("chat.getPermalink")] == ["5.0"]
    assert "<https://acme.slack.com/p5|the thread of" in answers.text


async def test_where_slack_tells_no_link_the_thread_is_named(poster: Poster, slack: Slack) -> None:
    slack.replies["chat.getPermalink"] = [error("message_not_found")]
    answers = Answers()
    await posted(poster, a_request("", answers), Cards(ts="5.0"))
    assert answers.text.startswith("The files are in the thread of `train.jsonl → ")


@pytest.mark.parametrize(
    ("channel", "card"),
    [("D0ANA", {"ts": "5.0"}), (CHANNEL, {})],
    ids=["another channel", "a card that is not posted yet"],
)
async def test_where_the_card_is_not_the_files_come_where_they_were_asked_for(
    poster: Poster, slack: Slack, channel: str, card: dict[str, Any]
) -> None:
    answers = Answers()
    await posted(poster, a_request("", answers, channel=channel, thread_ts="9.0"), Cards(**card))
    assert shared(slack) == (channel, "9.0")
    assert answers == []


async def test_after_a_crash_they_are_not_posted_again_and_the_link_is_told_all_the_same(
    poster: Poster, slack: Slack
) -> None:
    there = {"ts": "1700000001.000100", "files": [{"name": "job-1.html"}]}
    slack.replies["conversations.replies"] = [{"ok": True, "messages": [there]}]
    answers = Answers()
    await posted(poster, a_request("", answers, is_retry=True), Cards(ts="5.0"))
    assert slack.called("files.completeUploadExternal") == []
    assert "https://acme.slack.com/p5" in answers.text
