"""Who may stream an answer."""

from handlers.web.rate_limits import Budgets, Priority
from handlers.web.streams import Streams


class Clock:
    now = 1000.0

    def __call__(self) -> float:
        return self.now


def begun(streams: Streams, names: str) -> str:
    return "".join(name for name in names if streams.may_begin(name))


def test_no_more_are_open_than_could_all_end_at_once() -> None:
    clock = Clock()
    streams = Streams(Budgets(clock=clock))
    assert begun(streams, "abcdefghijkl") == "abcdefgh"
    clock.now += 600
    assert begun(streams, "ijkl") == ""
    streams.end("c")
    assert begun(streams, "ijkl") == "i"


def test_who_asked_first_is_served_first() -> None:
    clock = Clock()
    streams = Streams(Budgets(clock=clock))
    assert begun(streams, "abcdefghij") == "abcdefgh"
    for name in "abcd":
        streams.end(name)
    assert begun(streams, "kj") == ""  # there is no token for a start
    clock.now += 6
    assert begun(streams, "kj") == ""  # one, and it is kept for i
    assert begun(streams, "kji") == "i"
    clock.now += 6
    streams.end("j")
    assert begun(streams, "k") == "k"


async def test_what_a_stream_began_with_is_asked_for_once() -> None:
    budgets = Budgets(clock=Clock())
    streams = Streams(budgets)
    assert begun(streams, "aaa") == "aaa"
    assert budgets.bucket("chat.startStream").room() == 7


async def test_ends_of_earlier_streams_are_waited_for() -> None:
    budgets = Budgets(clock=Clock())
    streams = Streams(budgets)
    for _ in range(6):
        await budgets.bucket("chat.stopStream").take(Priority.ENDING)
    assert begun(streams, "abc") == "ab"
