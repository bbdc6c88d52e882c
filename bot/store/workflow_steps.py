"""Outputs of workflow steps that Slack has not taken yet. Implements `bot.workflow_steps.steps.StepOutputStore`."""

import time

import orjson

from bot.store.connection import Connection
from bot.store.database import Database
from bot.workflow_steps.steps import Outputs


class SqlStepOutputs:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def get(self, execution: str) -> Outputs | None:
        def read(db: Connection) -> Outputs | None:
            row = db.execute("SELECT outputs FROM step_outputs WHERE execution = ?", [execution]).fetchone()
            return orjson.loads(row[0]) if row else None

        return await self._database.read(read)

    async def put(self, execution: str, outputs: Outputs) -> None:
        values = [execution, orjson.dumps(outputs).decode(), time.time()]
        await self._database.write(
            lambda db: db.execute("INSERT INTO step_outputs VALUES (?, ?, ?) ON CONFLICT DO NOTHING", values)
        )

    async def remove(self, execution: str) -> None:
        await self._database.write(lambda db: db.execute("DELETE FROM step_outputs WHERE execution = ?", [execution]))
