"""Bugs put into what several processes share the store by: each is seen within a few histories of two.

Fences and locks have tests of their own (tests/store/test_processes.py, tests/test_membership.py): without one, too few
histories go wrong.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from unittest.mock import patch

from bot.membership import Membership
from bot.store import jobs, processes
from bot.store.connection import Connection
from bot.store.inbox import Entry, SqlInbox
from bot.store.processes import SqlProcesses
from handlers.turns import TurnAmongProcesses
from tests.simulation.history import JobWorld
from tests.simulation.test_mutations import found, mutated
from tests.simulation.together import SLOTS, Accident

TALK = "two talk"


def standing_still(world: JobWorld) -> None:
    """Each process does so again and again, for longer than its lease."""
    for slot in SLOTS:
        times = [(world.rng.uniform(12, 30), world.rng.randint(4, 20)) for _ in range(6)]
        world.among.accidents[slot] = [Accident("still", seconds, at_commit=commit) for seconds, commit in times]


def test_a_process_that_speaks_though_another_may_have_taken_it_for_dead() -> None:
    with mutated(Membership, "require", lambda _: lambda self: None):
        found("has 2 cards", when=standing_still, of="two", first=1)


def test_processes_that_all_lead() -> None:
    with mutated(Membership, "leads", lambda _: property(lambda self: True)):
        found("was created 2 times", of="two", first=1)


def test_processes_that_are_never_taken_for_dead() -> None:
    def deaf(original: Any) -> Any:
        async def beat(self: SqlProcesses, process: str, silent: Any) -> Any:
            return await original(self, process, {})

        return beat

    with mutated(SqlProcesses, "beat", deaf):
        found("it does not come to rest", of="two", first=10)


def test_claims_that_outlive_whoever_had_them() -> None:
    def kept(_: Any) -> Any:
        def remove(db: Connection, process: str) -> None:
            db.execute("DELETE FROM processes WHERE id = ?", [process])

        return remove

    with mutated(processes, "_remove", kept):
        found("was lost", of=TALK, first=2)


def test_a_process_that_goes_on_with_what_others_have_in_hand() -> None:
    with _of_nobody():
        found("was told 2 times", of=TALK, first=16)


@contextmanager
def _of_nobody() -> Iterator[None]:
    async def unclaimed(self: SqlInbox) -> list[Entry]:
        return await self.pending()

    async def claim(self: SqlInbox, key: str) -> bool:
        return True

    with patch.object(SqlInbox, "unclaimed", unclaimed), patch.object(SqlInbox, "claim", claim):
        yield


def test_an_admission_that_does_not_look_for_the_same_work() -> None:
    with mutated(jobs, "refuse_duplicate", lambda _: lambda db, job: None):
        found("which does the same", of="two", first=1)


def test_a_thread_in_which_each_process_answers_when_it_likes() -> None:
    def at_once(_: Any) -> Any:
        async def come(self: TurnAmongProcesses) -> None: ...

        return come

    with mutated(TurnAmongProcesses, "come", at_once):
        found("were answered as", of=TALK, first=2)
