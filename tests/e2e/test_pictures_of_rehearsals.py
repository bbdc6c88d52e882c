"""Pictures of rehearsals and learning curves, taken where FINETUNE_PICTURES names a folder (scripts/pictures)."""

from collections.abc import Mapping
from typing import Any, Final
from zlib import crc32

import orjson
import pytest
from e2e.test_pictures import LABEL_OF, SYSTEM, TICKETS
from e2e.world import World, until
from pictures import LANGUAGE, PICTURES, USER, looking, message, picture_of

pytestmark = pytest.mark.skipif(not PICTURES, reason="takes pictures only")

SMALL: Final = "SmolLM2-135M-Instruct"
KNOWN: Final[Mapping[str, int]] = {
    "tickets-rehearsal": 88,
    "tickets-curve-25": 38,
    "tickets-curve-50": 52,
    "tickets-curve-100": 88,
}
"""Of a hundred tickets, how many each model sorts as it should."""
KNOWN_BEFORE: Final = 25


@pytest.mark.parametrize(("command", "trainings", "name"), [("rehearse", 1, "rehearsal"), ("curve", 3, "curve")])
async def test_a_rehearsal_in_pictures(w: World, command: str, trainings: int, name: str) -> None:
    """Its card, and its end in the thread."""
    w.provider.base_models.append(SMALL)
    w.provider.answer_to = _sorted
    async with w.bot(finetune_language=LANGUAGE), looking(w.sandbox.page_url, height=1800) as page:
        await w.drop("tickets.jsonl", _file(), USER)
        await w.person.command(USER, w.channel, "/finetune", f"{command} tickets.jsonl")
        await until(lambda: len(w.provider.jobs) == trainings)
        for job in list(w.provider.jobs):
            w.provider.run(job, 10, valid=True)
            w.provider.succeed(job)
        card = await w.person.wait_message(w.channel, payload={"id": "card/rehearsal-*"}, timeout=60)
        end = {"id": "rehearsal-*/ended"}
        told = await w.person.wait_message(w.channel, thread_ts=card["ts"], payload=end, timeout=170)
        await picture_of(await message(page, card), name)
        await picture_of(await message(page, told), f"{name}-end")


def _file() -> bytes:
    return b"\n".join(
        orjson.dumps(
            {
                "messages": [
                    {"role": "system", "content": SYSTEM},
                    {"role": "user", "content": text},
                    {"role": "assistant", "content": label},
                ]
            }
        )
        for text, label in LABEL_OF.items()
    )


def _sorted(request: dict[str, Any]) -> str:
    """The label of a ticket; the next one where the model does not know it."""
    text, model = str(request["messages"][-1]["content"]), str(request["model"])
    known = KNOWN[model.split(":")[3]] if ":" in model else KNOWN_BEFORE
    right, labels = LABEL_OF[text], [*TICKETS]
    is_known = crc32(text.encode()) % 100 < known
    return right if is_known else labels[(labels.index(right) + 1) % len(labels)]
