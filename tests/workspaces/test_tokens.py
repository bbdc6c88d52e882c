"""Tokens that Slack rotates, and the keys that they are sealed with."""

import asyncio
import os
from collections.abc import Awaitable, Callable

import pytest

from bot.encryption import KeyRing, Unopened
from bot.store.database import Database
from bot.store.installations import SqlInstallations
from bot.workspaces.installation import Installation, Tokens
from bot.workspaces.workspaces import NotRefreshed, Workspaces

NOW, HOUR = 1_800_000_000.0, 3600.0
OLD = Tokens("xoxe.xoxb-old", "xoxe-old", NOW + HOUR)
NEW = Tokens("xoxe.xoxb-new", "xoxe-new", NOW + 12 * HOUR)
KEYS = [os.urandom(32), os.urandom(32)]


def over(database: Database, *keys: bytes, at: float = NOW) -> Workspaces:
    """As one process has it; `at` is its time."""
    return Workspaces(SqlInstallations(database, KeyRing(keys or KEYS[:1])), lambda: at)


@pytest.fixture
async def workspaces(database: Database) -> Workspaces:
    made = over(database)
    await made.install(Installation("T0ACME", "Acme", "U0BOT", "U0ANA", NOW, tokens=OLD))
    return made


async def kept(workspaces: Workspaces) -> Tokens | None:
    (one,) = await workspaces.all()
    return one.tokens


def slack(answer: Tokens | NotRefreshed, asked: list[str]) -> Callable[[str], Awaitable[Tokens]]:
    async def ask(refresh: str) -> Tokens:
        asked.append(refresh)
        await asyncio.sleep(0)
        if isinstance(answer, NotRefreshed):
            raise answer
        return answer

    return ask


async def test_a_token_that_expires_soon_is_replaced_once_by_two_processes(
    workspaces: Workspaces, database: Database
) -> None:
    asked: list[str] = []
    ask = slack(NEW, asked)
    got = await asyncio.gather(workspaces.refresh("T0ACME", ask), over(database).refresh("T0ACME", ask))
    assert asked == ["xoxe-old"]
    assert sorted(got, key=bool) == [None, NEW]
    assert await kept(workspaces) == NEW
    assert await workspaces.refresh("T0ACME", ask) is None  # not due


async def test_a_failed_refresh_keeps_the_old_token_and_is_tried_again_later(
    workspaces: Workspaces, database: Database
) -> None:
    asked: list[str] = []
    with pytest.raises(NotRefreshed):
        await workspaces.refresh("T0ACME", slack(NotRefreshed("internal_error", final=False), asked))
    assert await kept(workspaces) == OLD
    assert await workspaces.refresh("T0ACME", slack(NEW, asked)) is None  # another process may still be at it
    assert await over(database, at=NOW + 61).refresh("T0ACME", slack(NEW, asked)) == NEW


async def test_what_was_installed_anew_meanwhile_is_not_overwritten(workspaces: Workspaces) -> None:
    again = Tokens("xoxe.xoxb-again", "xoxe-again", NOW + 12 * HOUR)

    async def ask(refresh: str) -> Tokens:
        await workspaces.install(Installation("T0ACME", "Acme", "U0BOT", "U0BEN", NOW + 5, tokens=again))
        return NEW

    assert await workspaces.refresh("T0ACME", ask) is None
    assert await kept(workspaces) == again


async def test_after_keys_were_rotated_the_old_one_may_go(workspaces: Workspaces, database: Database) -> None:
    with pytest.raises(Unopened, match="key_missing"):
        await over(database, KEYS[1]).all()
    both = over(database, KEYS[1], KEYS[0])
    assert [await both.rotate_keys(), await both.rotate_keys()] == [1, 0]
    assert await kept(over(database, KEYS[1])) == OLD


async def test_no_token_stands_in_the_store_as_it_is(workspaces: Workspaces, database: Database) -> None:
    rows = await database.read(lambda db: db.execute("SELECT * FROM installations").fetchall())
    assert "T0ACME" in repr(rows)
    assert "xoxb-old" not in repr(rows)
    assert "xoxe-old" not in repr(rows)
