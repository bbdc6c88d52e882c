"""`/finetune audit [page=2 | csv]`: who did what, for administrators; csv comes as a file in their direct messages."""

import re
from datetime import UTC, datetime

from bot.access import Action
from bot.audit import Entry
from bot.errors import Invalid
from handlers.administration import audit_blocks as blocks
from handlers.turn import Turn
from handlers.web.rate_limits import Priority
from texts.errors import recorded_sentence
from training_files.spreadsheet import as_csv

_PAGE = 15
_COLUMNS = ("number", "time (UTC)", "actor", "act", "thing", "outcome", "details", "channel")
# One Slack file of at most some 25 MB; older entries are in the backup.
_MOST_ROWS = 100_000


async def run(turn: Turn) -> None:
    await turn.actor(Action.READ_AUDIT)
    if turn.words == "csv":
        await _export(turn)
        return
    page = re.fullmatch(r"(?:page=)?([0-9]{1,6})", turn.words or "1")
    if page is None or page[1].strip("0") == "":
        raise Invalid("Write /finetune audit, /finetune audit page=2 or /finetune audit csv.")
    await turn.answer(await _page(turn, int(page[1]), None))


async def turned(turn: Turn) -> None:
    """*Older* and *Newer*: the page, of the entries that there were when the first page was shown."""
    turn = turn.in_place
    await turn.actor(Action.READ_AUDIT)
    page, upto = map(int, turn.words.split())
    await turn.answer(await _page(turn, page, upto))


async def _page(turn: Turn, page: int, upto: int | None) -> blocks.Message:
    audit = turn.services.audit
    entries = await audit.latest(_PAGE, skip=(page - 1) * _PAGE, upto=upto)
    if upto is None:
        newest = await audit.latest(1)
        upto = newest[0][0] if newest else 0
    pages = -(-await audit.count(upto) // _PAGE)
    return blocks.page([entry for _, entry in entries], page, pages, upto)


async def _export(turn: Turn) -> None:
    entries = await turn.services.audit.latest(_MOST_ROWS)
    await turn.services.audit.add(turn.entry("export the audit log", "", details=f"{len(entries)} entries"))
    poster = turn.services.poster
    name = f"audit-{datetime.fromtimestamp(turn.received_at, UTC):%Y-%m-%d}.csv"
    file_id = await poster.upload(name, as_csv(_COLUMNS, (_row(number, entry) for number, entry in entries)))
    # A file is shared with a channel's id only, and the answer to a message to a person tells that of their own.
    arguments = blocks.export(len(entries)).as_arguments() | {"channel": turn.user}
    posted = await poster.call("chat.postMessage", arguments, priority=Priority.CHAT)
    await poster.share({file_id: name}, str(posted["channel"]), None, "")
    await turn.answer(blocks.exported(len(entries)))


def _row(number: int, entry: Entry) -> tuple[str | int, ...]:
    at = datetime.fromtimestamp(entry.at, UTC).isoformat(sep=" ", timespec="seconds").removesuffix("+00:00")
    details = recorded_sentence(entry.details)
    return number, at, entry.actor, entry.act, entry.thing, entry.outcome, details, entry.channel
