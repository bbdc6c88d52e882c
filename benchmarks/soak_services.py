"""Slack and a provider for a day of a whole bot on virtual time. They are those of tests/simulation, and forget what is
over, so that memory that grows is the bot's. What the bot said goes into a ledger on disk.
"""

import random
import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any

import orjson

from tests.simulation.network import Reply, Request
from tests.simulation.provider import ENDED, ProviderModel
from tests.simulation.slack import BOT, SlackModel

Json = dict[str, Any]
_SIMPLE = {
    *("reactions.add", "reactions.remove", "views.publish", "views.update", "chat.unfurl", "conversations.list"),
    *("assistant.threads.setSuggestedPrompts", "assistant.threads.setTitle", "usergroups.users.list"),
}
_SHOWING = {"chat.postMessage", "chat.update", "chat.startStream", "chat.appendStream", "chat.stopStream"}


class SoakSlack(SlackModel):
    """`shown[mark]`: the message of the bot's with this mark, as long as it is remembered. The ledger has what was
    `said` and has been forgotten since, which addresses were `answered`, what people `asked`, and jobs that were
    `created`."""

    def __init__(self, clock: Callable[[], float], rng: random.Random, ledger: Path) -> None:
        super().__init__(clock, rng)
        self._page = 100
        self.shown: dict[str, Json] = {}
        self.ledger = sqlite3.connect(ledger, isolation_level=None)
        self.ledger.execute("PRAGMA synchronous=OFF")
        self.ledger.execute("CREATE TABLE said (mark TEXT, channel TEXT, ts TEXT, ended INTEGER)")
        self.ledger.execute("CREATE TABLE answered (address TEXT)")
        self.ledger.execute("CREATE TABLE asked (key TEXT, text TEXT, certain INTEGER)")
        self.ledger.execute("CREATE TABLE created (job TEXT)")

    def serve(self, request: Request) -> Reply:
        if request.path in _SIMPLE:
            return Reply(200, b'{"ok": true, "channels": [], "users": []}')
        reply = super().serve(request)
        arguments = {**request.query, **request.body}
        if request.path in _SHOWING:
            told = orjson.loads(reply.content)
            message = self._find(str(arguments["channel"]), str(told.get("ts"))) if told["ok"] else None
            if message is not None:
                message["touched"] = self._clock()
                if found := mark(message):
                    self.shown[found] = message
        if request.path == "views.open":
            self.views.clear()
        return reply

    def forget(self, before: float) -> None:
        """What nobody has touched since then goes into the ledger."""
        for messages in self.messages.values():
            kept, old = [], []
            for message in messages:
                (old if message.get("touched", float(message["ts"])) < before else kept).append(message)
            messages[:] = kept
            for message in old:
                self.shown.pop(mark(message), None)
            self.ledger.executemany(
                "INSERT INTO said VALUES (?, ?, ?, ?)",
                [
                    (mark(one), one["channel"], one["ts"], one.get("streaming_state") != "in_progress")
                    for one in old
                    if one["user"] == BOT
                ],
            )
        self.whispers.clear()

    def _add(self, channel: str, user: str, text: str, thread_ts: str | None) -> Json:
        message = super()._add(channel, user, text, thread_ts)
        message["channel"] = channel
        return message

    @property
    def remembered(self) -> int:
        return sum(map(len, self.messages.values()))


class SoakProvider(ProviderModel):
    """Trains for minutes, and forgets a job some hours after its end. `tuned`: all models that it made."""

    _STRETCH = 15

    def __init__(self, seed: str, clock: Callable[[], float], base_models: list[str]) -> None:
        super().__init__(seed, clock, random.Random(seed))
        self.newest_first = self.keeps_metadata = True
        self.page = 100
        self._base_models = base_models
        self.tuned: list[str] = []

    def serve(self, request: Request) -> Reply:
        if (request.method, request.path) == ("GET", "/v1/models"):
            self.live()
            self.models = [*self._base_models, *self.tuned]
        if request.path.startswith("/v1/x/"):
            return Reply(404, b'{"error": {"message": "No such thing", "type": "x", "param": null, "code": null}}')
        return super().serve(request)

    def _life(self, job_id: str, now: float, rng: random.Random) -> list[tuple[float, Callable[[], None]]]:
        plan = super()._life(job_id, now, rng)
        return [(now + self._STRETCH * (at - now), what) for at, what in plan]

    def live(self) -> None:
        super().live()
        for job_id in [one for one, plan in self._plans.items() if not plan]:
            del self._plans[job_id]
            if self.jobs[job_id]["status"] == "succeeded":
                self.tuned.append(str(self.jobs[job_id]["fine_tuned_model"]))

    def forget(self, before: float) -> None:
        for job_id, job in list(self.jobs.items()):
            if job["status"] in ENDED and job["finished_at"] < before and job_id not in self._plans:
                for kept in (self.jobs, self.events, self.checkpoints, self.submission_of):
                    kept.pop(job_id, None)
        self.shown_to_look_ups.clear()
        del self.created_for[:-50]
        for file_id in list(self.files)[:-50]:
            del self.files[file_id]

    def _chat(self, body: Json) -> Reply:
        reply = super()._chat(body)
        self.answers.clear()
        self.prompts.clear()
        return reply


def mark(message: Json) -> str:
    """By which the bot finds a message of its own again."""
    return str(((message["metadata"] or {}).get("event_payload") or {}).get("id") or "")
