"""Bots on one database are refused where they do not share the folder of training files."""

from pathlib import Path

import pytest

from app.shared_folder import require_shared
from app.terminal.messages import Answer, Asked
from app.terminal.socket import is_there, listening
from bot.errors import StartError
from bot.membership import Membership
from bot.store.database import Database
from bot.store.processes import SqlProcesses


async def nothing(_: Asked) -> Answer:
    return Answer()


async def joined(database: Database, name: str) -> Membership:
    membership = Membership(SqlProcesses(database), alone=False, new_id=lambda: name)
    await membership.join()
    return membership


async def test_a_folder_in_which_another_is_seen_is_shared(database: Database, tmp_path: Path) -> None:
    await joined(database, "one")
    two = await joined(database, "two")
    async with listening(tmp_path, nothing, "one"), listening(tmp_path, nothing, "dead"):
        await require_shared(tmp_path, two)
        assert is_there(tmp_path, "one")
        assert not is_there(tmp_path, "dead"), "what a dead one left behind is removed"


async def test_a_folder_in_which_no_other_is_seen_is_refused(database: Database, tmp_path: Path) -> None:
    await joined(database, "one")
    two = await joined(database, "two")
    with pytest.raises(StartError, match="folder_not_shared"):
        await require_shared(tmp_path, two, patience=0.01)


async def test_the_first_one_needs_nobody(database: Database, tmp_path: Path) -> None:
    await require_shared(tmp_path, await joined(database, "one"), patience=0.01)
