"""Findings that were stored when each held its sentence are still shown."""

import sqlite3
from pathlib import Path

import msgspec

from bot.store.database import Database
from bot.store.datasets import SqlDatasetStore
from texts.findings import sentence
from texts.language import Language, speaking
from training_files.report import Finding

STORED = Path(__file__).with_name("data") / "findings_as_sentences.sql"
"""A whole store as an earlier version left it, with one data set and its report."""


async def test_a_finding_that_was_stored_with_its_sentence_says_it_as_it_is(tmp_path: Path) -> None:
    with sqlite3.connect(tmp_path / "bot.db") as connection:
        connection.executescript(STORED.read_text(encoding="utf-8"))
    connection.close()
    database = await Database.open(tmp_path)
    store = SqlDatasetStore(database)
    dataset = await store.get("ds-1")
    assert dataset is not None
    assert dataset.report is not None
    role, *_others = dataset.report.errors
    assert (role.code, role.line, role.field, role.params) == ("too_few_examples", None, None, {})
    for language in Language:
        with speaking(language):
            assert sentence(role) == (
                "The file has 2 examples; training takes at least 10. Add 8 or more; 50 to 100 good ones are a usual "
                "start."
            )
            assert all(sentence(one).endswith(".") for one in dataset.report.errors + dataset.report.warnings)
    fresh = Finding("message_missing_key", 7, field="messages[0]", params={"missing": ["role", "content"]})
    report = msgspec.structs.replace(dataset.report, errors=[*dataset.report.errors, fresh])
    await store.update("ds-1", lambda known: msgspec.structs.replace(known, report=report))
    again = await store.get("ds-1")
    assert again is not None
    assert again.report == report
    await database.close()
