"""Pictures of rehearsals and learning curves, taken where FINETUNE_PICTURES names a folder (scripts/pictures)."""

from collections.abc import Mapping
from typing import Any, Final
from zlib import crc32

import orjson
import pytest

from tests.e2e.test_pictures import LABEL_OF, SYSTEM, TICKETS
from tests.e2e.world import World, until
from tests.pictures import LANGUAGE, PICTURES, USER, looking, message, picture_of

pytestmark = pytest.mark.skipif(not PICTURES, reason="takes pictures only")

SMALL: Final = "SmolLM2-135M-Instruct"
KNOWN: Final[Mapping[str, tuple[int, float]]] = {
    "tickets-rehearsal": (95, 0.21),
    "tickets-curve-25": (32, 0.74),
    "tickets-curve-50": (40, 0.48),
    "tickets-curve-100": (95, 0.21),
}
"""Of a hundred tickets, how many each model sorts as it should; its loss on those that were held out."""
KNOWN_BEFORE: Final = 25


@pytest.mark.parametrize(
    ("command", "trainings", "name"), [("rehearse", 1, "rehearsal"), ("curve", 3, "learning-curve")]
)
async def test_a_rehearsal_in_pictures(w: World, command: str, trainings: int, name: str) -> None:
    """Of one its end in the thread, of a learning curve the card."""
    w.provider.base_models.append(SMALL)
    w.provider.answer_to = _sorted
    async with w.bot(finetune_language=LANGUAGE), looking(w.sandbox.page_url, height=1800) as page:
        await w.drop("tickets.jsonl", _file(), USER)
        await w.person.command(USER, w.channel, "/finetune", f"{command} tickets.jsonl")
        await until(lambda: len(w.provider.jobs) == trainings)
        for job in list(w.provider.jobs):
            _train(w, job)
        card = await w.person.wait_message(w.channel, payload={"id": "card/rehearsal-*"}, timeout=60)
        end = {"id": "rehearsal-*/ended"}
        told = await w.person.wait_message(w.channel, thread_ts=card["ts"], payload=end, timeout=170)
        await picture_of(await message(page, told if command == "rehearse" else card), name)


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


def _train(w: World, job_id: str) -> None:
    _, end = KNOWN[w.provider.jobs[job_id]["user_provided_suffix"]]
    w.provider.run(job_id)
    for step in range(1, 11):
        loss = end + 2 * (10 - step) / (9 * step)
        data = {"step": step, "total_steps": 10, "train_loss": round(0.8 * loss, 4)}
        if step in (1, 5, 10):
            data["full_valid_loss"] = round(loss, 4)
        w.provider.add_event(job_id, f"Step {step}/10", type="metrics", data=data)
    w.provider.succeed(job_id)


def _sorted(request: dict[str, Any]) -> str:
    """The label of a ticket; the next one where the model does not know it."""
    text, model = str(request["messages"][-1]["content"]), str(request["model"])
    known = KNOWN[model.split(":")[3]][0] if ":" in model else KNOWN_BEFORE
    right, labels = LABEL_OF[text], [*TICKETS]
    is_known = crc32(text.encode()) % 100 < known
    return right if is_known else labels[(labels.index(right) + 1) % len(labels)]
