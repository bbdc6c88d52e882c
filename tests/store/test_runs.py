"""What the messages of evaluations show is still known from before it stood beside the evaluations."""

from pathlib import Path

import sqlite_utils

from bot.store.database import Database
from bot.store.evaluations import SqlEvaluationStore
from bot.store.schema import migrations


async def test_an_evaluation_that_is_shown_whole_is_not_shown_again(tmp_path: Path) -> None:
    db = sqlite_utils.Database(tmp_path / "bot.db")
    migrations.apply(db, stop_before="m025_shown_evaluations")
    for number, changes in ((1, 3), (2, 2), (3, None)):
        db.execute(
            "INSERT INTO evaluations VALUES (?, 'C1', NULL, 'paused', '', 1.0, 3, 0, NULL, '{}')", [f"eval-{number}"]
        )
        if changes is not None:
            db.execute(f"INSERT INTO evaluations_shown VALUES ('eval-{number}', {changes})")
    db.conn.commit()
    db.close()
    database = await Database.open(tmp_path)
    assert await SqlEvaluationStore(database).unshown() == ["eval-2", "eval-3"]
    await database.close()
