"""The simulated clock and Slack behave as the real ones do."""

import asyncio
import itertools
import random

import orjson
import pytest

from tests.simulation.loop import SimulatedLoop, Timeline
from tests.simulation.network import Request
from tests.simulation.slack import SlackModel


def test_the_clock_goes_on_in_a_wait_that_is_shorter_than_it_can_tell() -> None:
    timeline = Timeline()
    timeline.now = 100_000.0
    loop = SimulatedLoop(timeline)
    loop.run_until_complete(asyncio.sleep(1e-12))
    loop.close()
    assert timeline.now > 100_000.0


@pytest.mark.parametrize("method", ["conversations.history", "conversations.replies"])
def test_a_page_goes_on_where_the_last_one_ended_whatever_was_deleted_meanwhile(method: str) -> None:
    clock = itertools.count(1.0)
    slack = SlackModel(lambda: next(clock), random.Random(1))
    root = slack.say("C1", None, "U1", "root")
    thread = root if method == "conversations.replies" else None
    said = [slack.say("C1", thread, "U1", f"number {number}") for number in range(slack.page + 3)]
    query = {"channel": "C1", "ts": root} if thread else {"channel": "C1"}

    def page(cursor: str) -> tuple[list[str], str]:
        answer = orjson.loads(slack.serve(Request("GET", method, query | {"cursor": cursor}, {})).content)
        return [message["ts"] for message in answer["messages"]], answer["response_metadata"]["next_cursor"]

    first, cursor = page("")
    slack.serve(Request("POST", "chat.delete", {}, {"channel": "C1", "ts": first[0]}))
    seen = set(first)
    while cursor:
        more, cursor = page(cursor)
        seen.update(more)
    assert seen == {root, *said}
