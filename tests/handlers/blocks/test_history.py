"""The history of a job as people read it."""

import pytest

from bot.audit import Entry, Outcome
from bot.authority import entry
from bot.errors import Denied
from bot.jobs.timeline import Delivered, Ended, LastNews, Measured, Moment, Received, Sent, Stored, What
from bot.providers.protocol import JobError
from handlers.jobs.blocks.history import event_page, timeline_page
from tests.parts import a_job, event
from tests.slack_requests import a_caller
from texts.language import Language, speaking

NOW = 1_700_000_000.0


def shown(what: What, actor: str | None = None) -> str:
    lines = timeline_page(a_job(), [Moment(NOW, what, actor)], 1).blocks[1].to_dict()["text"]["text"]
    return str(lines).partition(">  ")[2]


@pytest.mark.parametrize(
    ("what", "line"),
    [
        (Received("command/1", NOW, 1, "done"), "*Slack*  Requested in Slack by a command."),
        (
            Received("action/U1/start_job/1", NOW, 2, "failed"),
            "*Slack*  Requested in Slack by a button. The bot began it 2 times. The bot failed at it.",
        ),
        (
            Received("app_mention/C1/1.0", NOW, 1, "pending"),
            "*Slack*  Requested in Slack by a message. The bot is at it.",
        ),
        (Received("odd/1", NOW, 1, "done"), "*Slack*  Requested in Slack."),
        (Stored("job-1", "m"), "*Bot*  Job job-1 on m stored, before anything was sent"),
        (Sent("acme"), "*Bot*  The job was sent to acme"),
        (LastNews(), "*Provider*  The last news for a long time"),
        (event(1, "Look <!channel>", level="warn"), "*Provider*  Warning: Look &lt;!channel&gt;"),
        (event(1, "Validated"), "*Provider*  Validated"),
        (Measured(2, "Step 2"), "*Provider*  Figures of 2 steps from here on, the last one: Step 2"),
        (Measured(1), "*Provider*  Figures of 1 step"),
        (Ended("failed", JobError("x", "no quota")), "*Provider*  It ended (Failed): no quota"),
        (Ended("cancelled"), "*Provider*  It ended (Cancelled)"),
        (Delivered("started", "posted", 2, NOW, NOW), "*Delivery*  Said in Slack at attempt 2: training has begun"),
        (Delivered("checkpoint/ck-1", "posted", 1, NOW, NOW), "*Delivery*  Said in Slack: a checkpoint"),
        (
            Delivered("failed", "given_up", 3, NOW, None, "is_archived"),
            "*Delivery*  Could not be said in Slack, and was given up (is_archived): how it ended",
        ),
        (
            Delivered("card", "attempting", 1, NOW, None),
            "*Delivery*  Tried to say in Slack, and looks whether it arrived: the card",
        ),
    ],
)
def test_each_kind_of_moment_is_a_line(what: What, line: str) -> None:
    assert shown(what) == line


def test_a_refusal_is_said_as_the_person_was_told_it() -> None:
    refused = entry(a_caller(), "cancel", "job-1", Outcome.REFUSED, str(Denied("own_job")))
    assert shown(refused, "U0BEN").startswith("*Person*  <@U0BEN>: cancelling · refused · ")
    assert "own_job" not in shown(refused)
    assert "somebody else has to approve it" in shown(refused)
    with speaking(Language.CHINESE):
        assert "own_job" not in shown(refused)
        assert "somebody" not in shown(refused)


def test_a_price_is_written_as_the_readers_language_has_it() -> None:
    asked = entry(a_caller(), "submit", "job-1", details="gpt-4.1-mini, $0.25")
    assert shown(asked).endswith("starting a job · gpt-4.1-mini, $0.25")
    with speaking(Language.CHINESE):
        assert shown(asked).endswith("gpt-4.1-mini, US$0.25")


def test_details_that_are_no_error_stand_as_they_are() -> None:
    assert shown(Entry("k", NOW, "U1", "decline", "job-1", details="Too dear & slow")).endswith("Too dear &amp; slow")


def test_the_history_is_read_in_chinese() -> None:
    with speaking(Language.CHINESE):
        assert shown(Sent("acme")) == "*机器人*  任务已发送给服务商 acme"
        assert "最新的在前" in event_page(a_job(), [event(1)], 1, 1).text
