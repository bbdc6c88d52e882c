"""A command of the terminal: carried out by the bot that runs in FINETUNE_DATA, or where none runs, here."""

import asyncio
import contextlib
import io
import re
import sys
import time
from collections.abc import Sequence
from typing import Final

import msgspec
import structlog
import typer
from rich.cells import cell_len

from app import connecting
from app.check import harmless
from app.services import make_services
from app.stores import of_workspace, open_store, require_store
from app.tenancy import OneOfMany, Tenancy
from app.terminal.commands import CONFIRMED, carry_out
from app.terminal.messages import Answer, Asked, Table
from app.terminal.socket import ask
from app.terminal.use_cases import use_cases
from app.workspace_settings import as_its_bot_has_them
from bot.errors import StartError
from bot.membership import Membership
from bot.settings import Settings, load
from bot.store.processes import SqlProcesses
from bot.timing import Timing
from bot.worker_processes import WorkerPools
from texts import terminal_commands as texts
from texts.errors import sentence
from texts.language import Language, current
from texts.personal_data import erase_question

DONE, NOT_DONE = 0, 1
_FINAL: Final = {
    "cancel": (texts.cancel_question, texts.confirmation_missing),
    "erase": (erase_question, texts.erase_confirmation_missing),
}
"""What is asked before, and what is said where nobody can be asked."""
_BETWEEN: Final = "  "
_STARTS_WITHIN: Final = 30.0
_AGAIN_AFTER: Final = 0.2


def terminal_command(name: str, words: Sequence[str], channel: str, as_json: bool, workspace: str = "") -> int:
    """Exit code 0: done, 1: not. With `as_json` exactly one JSON object goes to standard output. Without it StartError
    is raised where nobody could be asked."""
    try:
        answer = _asked(name, words, channel, as_json, workspace)
    except StartError as error:
        if not as_json:
            raise
        answer = Answer(error=sentence(error))
    if answer is None:
        return NOT_DONE
    if as_json:
        _write_json(answer)
    else:
        _show(answer)
    return NOT_DONE if answer.error is not None else DONE


def _asked(name: str, words: Sequence[str], channel: str, as_json: bool, workspace: str) -> Answer | None:
    """None where it was not confirmed. Raises StartError."""
    if channel and not re.fullmatch(r"[CGD][A-Z0-9]{2,}", channel):
        raise StartError(texts.no_such_channel(channel))
    if name in _FINAL and CONFIRMED not in words and not _confirmed(name, " ".join(words), as_json):
        return None
    language = Language.ENGLISH if as_json else current()  # programs read JSON
    return asyncio.run(_answer(load(), workspace, Asked(name, tuple(words), channel, language)))


def _confirmed(name: str, whose: str, as_json: bool) -> bool:
    question, missing = _FINAL[name]
    if as_json or not sys.stdin.isatty():
        raise StartError(missing(whose))
    if typer.confirm(harmless(question(whose))):
        return True
    sys.stdout.write(f"{texts.nothing_done()}\n")
    return False


async def _answer(settings: Settings, workspace: str, asked: Asked) -> Answer:
    place = of_workspace(settings, workspace)
    require_store(place)
    until = time.monotonic() + _STARTS_WITHIN
    while True:
        if (answer := await ask(place.finetune_data, asked)) is not None:
            return answer
        try:
            return await _carry_out_here(settings, workspace, asked)
        except StartError as error:
            # A bot that starts, or another command, has the store.
            if error.kind not in ("folder_in_use", "database_in_use") or time.monotonic() > until:
                raise
        await asyncio.sleep(_AGAIN_AFTER)


async def _carry_out_here(settings: Settings, workspace: str, asked: Asked) -> Answer:
    """With the settings and the accounts that the bot would have. The store is ours meanwhile: a bot that starts now
    says that another works in its folder. What there is to tell in Slack is told once one runs again. Raises
    StartError."""
    structlog.configure(logger_factory=lambda *_: structlog.PrintLogger(sys.stderr))  # standard output is the answer's
    async with contextlib.AsyncExitStack() as stack:
        settings, bot_user, shares_account = as_its_bot_has_them(settings, workspace)
        who: dict[str, object] = {"team_id": workspace, "user_id": bot_user}
        slack = connecting.slack_client(settings)  # is not asked
        tenancy = Tenancy.of_many(settings, OneOfMany(slack, who, shares_account), stack)
        database = await open_store(settings)
        stack.push_async_callback(database.close)
        pools = WorkerPools()
        stack.callback(pools.close)
        membership = Membership(SqlProcesses(database), alone=True)
        services = await make_services(
            settings, Timing(), slack, who, tenancy.providers(database), database, pools, membership
        )
        return await carry_out(use_cases(services, bot_runs=False), asked)


def _write_json(answer: Answer) -> None:
    value = {"ok": answer.error is None, **answer.value}
    if answer.error is not None:
        value["error"] = harmless(answer.error)
    sys.stdout.buffer.write(msgspec.json.format(msgspec.json.encode(value), indent=2) + b"\n")
    sys.stdout.buffer.flush()


def _show(answer: Answer) -> None:
    if answer.error is not None:
        sys.stderr.write(f"{harmless(answer.error)}\n")
        return
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="replace")  # an old terminal may not know every letter
    parts = ["\n".join(_lines(table)) for table in answer.tables]
    if answer.notes:
        parts.append("\n".join(map(harmless, answer.notes)))
    sys.stdout.write("\n\n".join(parts) + "\n")


def _lines(table: Table) -> list[str]:
    """Each column as wide as its widest cell: a Chinese letter takes the place of two."""
    rows = [[harmless(cell) for cell in row] for row in table.rows]
    if any(table.columns):
        rows.insert(0, list(table.columns))
    widths = [max(map(cell_len, column)) for column in zip(*rows, strict=True)]
    lines = [
        _BETWEEN.join(cell + " " * (width - cell_len(cell)) for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in rows
    ]
    return [harmless(table.title), *(lines if table.rows else [])]
