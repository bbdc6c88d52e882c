"""The streams of the workspace, which share one budget.

chat.startStream and chat.stopStream are of tier 2: some twenty a minute for all people together
(slack-ruby/slack-api-ref, read 2026-11-28).
"""

from handlers.web.rate_limits import Budgets


class Streams:
    """Who may begin a stream. One is begun only where its end could be sent at once, however many of those that are
    open end in the same moment: no answer waits for its end. Who asks first is served first.

    A stream is known by any object of its own.
    """

    def __init__(self, budgets: Budgets) -> None:
        self._starts = budgets.bucket("chat.startStream")
        self._stops = budgets.bucket("chat.stopStream")
        self._open: set[object] = set()
        self._waiting: dict[object, None] = {}

    def may_begin(self, stream: object) -> bool:
        """Whether chat.startStream may be called now; takes the token for it. If not, it has a place in the queue, and
        asks again."""
        if stream in self._open:
            return True
        self._waiting.setdefault(stream)
        room = min(self._starts.room(), self._stops.room() - len(self._open))
        if list(self._waiting).index(stream) >= room or not self._starts.try_take():
            return False
        del self._waiting[stream]
        self._open.add(stream)
        return True

    def end(self, stream: object) -> None:
        """It has ended, or will not be begun any more."""
        self._open.discard(stream)
        self._waiting.pop(stream, None)
