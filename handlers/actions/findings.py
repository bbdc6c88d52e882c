"""*All findings* on a report: what the report had no room for, to the one who asks."""

from bot.access import Act
from handlers.blocks import report
from handlers.turn import Turn


async def all_findings(turn: Turn) -> None:
    await turn.answer(report.all_findings(await turn.dataset(turn.words, Act.SEE)))
