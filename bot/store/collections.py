"""Collections, their examples, and who agreed. Implements `bot.collections.collection.CollectionStore`."""

from collections.abc import Callable, Sequence

import msgspec

from bot.audit import Entry
from bot.collections.collection import Collection, Example
from bot.errors import NotFound
from bot.store.audit import put_entries
from bot.store.connection import Connection, marks, portions
from bot.store.database import Database


class SqlCollectionStore:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def create(self, collection: Collection, entry: Entry) -> Collection:
        return await self.create_of(collection, (), [entry])

    async def create_of(
        self, collection: Collection, examples: Sequence[Example], entries: Sequence[Entry]
    ) -> Collection:
        def work(db: Connection) -> Collection:
            known = _get(db, collection.id)
            if known is not None:
                return known
            db.execute(
                "INSERT INTO collections VALUES (?, ?, ?)", [collection.id, collection.created_at, _json(collection)]
            )
            for example in examples:
                _add(db, example, review=collection.review)
            put_entries(db, entries)
            return collection

        return await self._database.write(work)

    async def get(self, collection_id: str) -> Collection | None:
        return await self._database.read(lambda db: _get(db, collection_id))

    async def all(self) -> list[Collection]:
        rows = await self._database.read(
            lambda db: db.execute("SELECT value FROM collections ORDER BY created_at DESC, id").fetchall()
        )
        return [msgspec.json.decode(row[0], type=Collection) for row in rows]

    async def change(self, collection_id: str, change: Callable[[Collection], Collection], entry: Entry) -> None:
        def work(db: Connection) -> None:
            known = _get(db, collection_id)
            if known is not None and (changed := change(known)) != known:
                _put(db, changed)
                put_entries(db, [entry])

        await self._database.write(work)

    async def merge(self, collection_id: str, into: str, entries: Sequence[Entry]) -> None:
        def work(db: Connection) -> None:
            source, target = _get(db, collection_id), _get(db, into)
            if source is None or target is None:
                raise NotFound("no_such_thing", kind="collection")
            for example in _examples(db, "collection_id = ?", [collection_id]):
                waits = example.unreviewed or (target.review and example.reviewer is None)
                _move(db, msgspec.structs.replace(example, collection_id=into, unreviewed=waits))
            db.execute("DELETE FROM collections WHERE id = ?", [collection_id])
            _put(db, target.with_licence_of(source))
            put_entries(db, entries)

        await self._database.write(work)

    async def split_off(
        self, collection_id: str, example_ids: Sequence[str], new: Collection, entries: Sequence[Entry]
    ) -> None:
        def work(db: Connection) -> None:
            if _get(db, new.id) is None:
                db.execute("INSERT INTO collections VALUES (?, ?, ?)", [new.id, new.created_at, _json(new)])
            for example in _examples(db, "collection_id = ?", [collection_id]):
                if example.id in example_ids:
                    _move(db, msgspec.structs.replace(example, collection_id=new.id))
            put_entries(db, entries)

        await self._database.write(work)

    async def add(self, example: Example, entry: Entry) -> int:
        def work(db: Connection) -> int:
            collection = _get(db, example.collection_id)
            if collection is None:
                raise NotFound("no_such_thing", kind="collection")
            if _add(db, example, review=collection.review):
                put_entries(db, [entry])
            count = db.execute("SELECT count(*) FROM examples WHERE collection_id = ?", [example.collection_id])
            return int(count.fetchone()[0])

        return await self._database.write(work)

    async def examples(self, collection_id: str) -> list[Example]:
        return await self._examples("collection_id = ?", [collection_id])

    async def example(self, example_id: str) -> Example | None:
        return await self._database.read(lambda db: _example(db, example_id))

    async def of_contributor(self, user: str, channel: str | None = None) -> list[Example]:
        return await self._examples(
            "id IN (SELECT example_id FROM example_people WHERE user_id = ?) AND channel = coalesce(?, channel)",
            [user, channel],
        )

    async def erase(self, example_ids: Sequence[str], entry: Entry) -> None:
        def work(db: Connection) -> None:
            for example_id in example_ids:
                _erase(db, example_id)
            put_entries(db, [entry])

        await self._database.write(work)

    async def accept(self, example: Example, reviewer: str, entry: Entry) -> bool:
        def work(db: Connection) -> bool:
            if _example(db, example.id) != example:
                return False
            accepted = msgspec.structs.replace(example, unreviewed=False, reviewer=reviewer)
            db.execute("UPDATE examples SET value = ? WHERE id = ?", [_json(accepted), example.id])
            put_entries(db, [entry])
            return True

        return await self._database.write(work)

    async def reject(self, example: Example, entry: Entry) -> bool:
        def work(db: Connection) -> bool:
            if _example(db, example.id) != example:
                return False
            _erase(db, example.id)
            put_entries(db, [entry])
            return True

        return await self._database.write(work)

    async def exported(self, dataset_id: str, example_ids: Sequence[str], entry: Entry) -> None:
        def work(db: Connection) -> None:
            for example_id in example_ids:
                db.execute(
                    "INSERT INTO exported_examples VALUES (?, ?) ON CONFLICT DO NOTHING", [example_id, dataset_id]
                )
            put_entries(db, [entry])

        await self._database.write(work)

    async def made_into(self, dataset_id: str) -> tuple[bool, list[Example]]:
        made = await self._database.read(
            lambda db: db.execute(
                "SELECT 1 FROM exported_examples WHERE dataset_id = ? LIMIT 1", [dataset_id]
            ).fetchone()
        )
        ids = "SELECT example_id FROM exported_examples WHERE dataset_id = ?"
        return made is not None, await self._examples(f"id IN ({ids})", [dataset_id])

    async def collections_in(self, dataset_ids: Sequence[str]) -> list[Collection]:
        rows = await self._database.read(
            lambda db: db.execute(
                "SELECT value FROM collections WHERE id IN (SELECT collection_id FROM examples"
                f" JOIN exported_examples ON id = example_id WHERE dataset_id IN ({marks(dataset_ids)}))"
                " ORDER BY created_at DESC, id",
                list(dataset_ids),
            ).fetchall()
        )
        return [msgspec.json.decode(row[0], type=Collection) for row in rows]

    async def datasets_with(self, example_ids: Sequence[str]) -> list[str]:
        def read(db: Connection) -> set[str]:
            return {
                dataset_id
                for some in portions(example_ids)
                for (dataset_id,) in db.execute(
                    f"SELECT DISTINCT dataset_id FROM exported_examples WHERE example_id IN ({marks(some)})", some
                )
            }

        return sorted(await self._database.read(read))

    async def agreed(self, channel: str) -> set[str]:
        return {user for user, yes in (await self.answered(channel)).items() if yes}

    async def answered(self, channel: str) -> dict[str, bool]:
        rows = await self._database.read(
            lambda db: db.execute("SELECT user_id, yes FROM agreements WHERE channel = ?", [channel]).fetchall()
        )
        return {user: bool(yes) for user, yes in rows}

    async def agree(self, channel: str, user: str, yes: bool, at: float, entry: Entry) -> None:
        def work(db: Connection) -> None:
            db.execute(
                "INSERT INTO agreements (channel, user_id, yes, at) VALUES (?, ?, ?, ?) ON CONFLICT (channel, user_id)"
                " DO UPDATE SET yes = excluded.yes, at = excluded.at",
                [channel, user, int(yes), at],
            )
            put_entries(db, [entry])

        await self._database.write(work)

    async def _examples(self, where: str, values: list[object]) -> list[Example]:
        return await self._database.read(lambda db: _examples(db, where, values))


def _get(db: Connection, collection_id: str) -> Collection | None:
    row = db.execute("SELECT value FROM collections WHERE id = ?", [collection_id]).fetchone()
    return msgspec.json.decode(row[0], type=Collection) if row else None


def _examples(db: Connection, where: str, values: list[object]) -> list[Example]:
    rows = db.execute(f"SELECT value FROM examples WHERE {where} ORDER BY seq", values).fetchall()
    return [msgspec.json.decode(row[0], type=Example) for row in rows]


def _add(db: Connection, example: Example, *, review: bool) -> bool:
    """False, and nothing done, where it is there already, or was added later."""
    known = _example(db, example.id)
    if known is not None and (_as_added(known) == example or known.added_at > example.added_at):
        return False
    value = _json(msgspec.structs.replace(example, unreviewed=review))
    db.execute(
        "INSERT INTO examples (id, collection_id, channel, value) VALUES (?, ?, ?, ?) ON CONFLICT (id)"
        " DO UPDATE SET collection_id = excluded.collection_id, channel = excluded.channel, value = excluded.value",
        [example.id, example.collection_id, example.channel, value],
    )
    db.execute("DELETE FROM example_people WHERE example_id = ?", [example.id])
    for user in {*example.contributors, example.added_by}:
        db.execute("INSERT INTO example_people VALUES (?, ?)", [user, example.id])
    return True


def _erase(db: Connection, example_id: str) -> None:
    db.execute("DELETE FROM example_people WHERE example_id = ?", [example_id])
    db.execute("DELETE FROM examples WHERE id = ?", [example_id])


def _put(db: Connection, collection: Collection) -> None:
    db.execute("UPDATE collections SET value = ? WHERE id = ?", [_json(collection), collection.id])


def _move(db: Connection, example: Example) -> None:
    """To the collection that it names."""
    db.execute(
        "UPDATE examples SET collection_id = ?, value = ? WHERE id = ?",
        [example.collection_id, _json(example), example.id],
    )


def _example(db: Connection, example_id: str) -> Example | None:
    row = db.execute("SELECT value FROM examples WHERE id = ?", [example_id]).fetchone()
    return msgspec.json.decode(row[0], type=Example) if row else None


def _as_added(example: Example) -> Example:
    """Before anybody reviewed it."""
    return msgspec.structs.replace(example, unreviewed=False, reviewer=None)


def _json(value: Collection | Example) -> str:
    return msgspec.json.encode(value).decode()
