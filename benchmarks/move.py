"""A team's move off a provider that ends, for real: a double of OpenAI whose models have days, and the trainer.

    python benchmarks/move.py

Two models were trained at the double before: `triage` (200 requests, four departments) answers until 14 January 2027,
`urgency` (100 requests, two answers) has stopped. `/finetune move all to trainer` trains both anew from
SmolLM2-135M-Instruct, one epoch each, on nine tenths of their files; on the last tenth old and new are compared. The
double answers rightly nine times of ten. Prints `name: value unit`. The base model must have been fetched.
"""

import asyncio
import hashlib
import itertools
import json
import tempfile
import time
from pathlib import Path
from typing import Any, Final

from app.run import Bot
from benchmarks.train import KEY, MODEL, Server
from bot.jobs import states
from bot.moves.progress import Moving
from bot.providers.protocol import Hyperparameters
from handlers.moves.listeners import MoveListeners
from tests.e2e.world import World, world
from tests.moving import made_before

_PATIENCE: Final = 3 * 3600.0
_PEOPLE: Final = ("I", "My colleague", "A customer", "Our intern", "The night shift")
_WHERE: Final = ("in Berlin", "on the phone", "since Monday", "for the second time", "after the update")
_TROUBLES: Final = {
    "billing": ("was charged twice", "needs an invoice"),
    "shipping": ("has received a broken parcel", "waits for a delivery"),
    "account": ("cannot log in", "has lost the password"),
    "technical": ("sees an error message", "has an app that crashes"),
}
_HASTE: Final = {
    "urgent": ("Nobody can work.", "It is on fire.", "We lose money each minute.", "The whole site is down."),
    "normal": ("There is no hurry.", "Next week is fine.", "Just a question.", "Whenever you have time."),
}


def triage() -> dict[str, str]:
    """200 requests, each with its department."""
    asked = itertools.product(_PEOPLE, _TROUBLES.items(), range(2), _WHERE)
    return {f"{who} {troubles[n]} {where}.": of for who, (of, troubles), n, where in asked}


def urgency() -> dict[str, str]:
    """100 requests, each with how urgent it is."""
    asked = itertools.product(_PEOPLE, _HASTE.items(), range(4), _WHERE)
    every = [(f"{who} called {where}. {said[n]}", of) for who, (of, said), n, where in asked]
    return dict(every[::2])


def lines(answers: dict[str, str], system: str) -> bytes:
    return "\n".join(
        json.dumps(
            {
                "messages": [
                    {"role": "system", "content": system},
                    {"role": "user", "content": question},
                    {"role": "assistant", "content": answer},
                ]
            }
        )
        for question, answer in answers.items()
    ).encode()


def as_the_double(request: dict[str, Any]) -> str:
    """Rightly nine times of ten, the same for the same question."""
    question = request["messages"][-1]["content"]
    right = (triage() | urgency()).get(question, "")
    return "sales" if hashlib.sha256(question.encode()).digest()[0] < 26 else right


def providers(w: World, server: Server) -> Path:
    file = w.folder / "providers.toml"
    for name, key in (("acme", w.provider.key), ("trainer", KEY)):
        (w.folder / f"{name}.key").write_text(key)
    urls = {"acme": w.provider.url, "trainer": str(server.client.base_url)}
    parts = [f'[providers.{n}]\nbase_url = "{url}"\nkey_file = "{w.folder / n}.key"\n' for n, url in urls.items()]
    file.write_text('default = "acme"\n' + "".join(parts))
    return file


async def move(w: World, bot: Bot) -> list[Moving]:
    await w.person.command("ana", w.channel, "/finetune", "move all to trainer confirm=yes")
    card = await w.person.wait_message(w.channel, payload={"id": "card/move-*"}, timeout=_PATIENCE)
    await w.person.wait_message(w.channel, thread_ts=card["ts"], payload={"id": "move-*/ended"}, timeout=_PATIENCE)
    listeners = bot.listeners[MoveListeners]
    assert isinstance(listeners, MoveListeners)
    moved = await listeners.store.get(card["metadata"]["event_payload"]["id"].removeprefix("card/"))
    return await listeners.progress.look(moved)  # type: ignore[arg-type]


def tell(one: Moving) -> None:
    name = str(one.job.suffix).removesuffix("-trainer")
    if one.job.state != states.SUCCEEDED:
        raise SystemExit(f"{name} {one.job.state}: {one.job.error}")
    before, after = one.scores.get(one.moved.model), one.scores[str(one.successor)]
    print(f"{name}, held out: {one.moved.held_out} examples")
    print(f"{name}, trained in: {(one.job.finished_at or 0) - (one.job.started_at or 0):.0f} s")
    if before is not None:
        print(f"{name}, before: {100 * before.estimate.value:.0f} %")
    low, high = after.estimate.low, after.estimate.high
    print(f"{name}, after: {100 * after.estimate.value:.0f} % ({100 * low:.0f} to {100 * high:.0f})")
    if one.gain is not None:
        print(f"{name}, verdict: {one.gain.compared.verdict}")


async def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        server = Server(Path(folder) / "trainer")
        try:
            async with world(Path(folder)) as w:
                w.provider.answer_to = as_the_double
                contents = [lines(triage(), "Name the department."), lines(urgency(), "Is this urgent?")]
                once = Hyperparameters(n_epochs=1)
                kept, ended = await made_before(
                    w, ["triage", "urgency"], contents=contents, requested_hyperparameters=once
                )
                w.provider.shutdown_dates = {kept: "2027-01-14"}
                w.provider.tuned.remove(ended)
                async with w.bot(finetune_providers=providers(w, server)) as bot:
                    began = time.monotonic()
                    for one in await move(w, bot):
                        tell(one)
                    print(f"the whole move: {time.monotonic() - began:.0f} s")
        finally:
            server.stop()


if __name__ == "__main__":
    print(f"base model: {MODEL}")
    asyncio.run(main())
