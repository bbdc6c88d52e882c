"""The use cases of comparing models, which keep what was asked of them."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from bot.access import Action, Caller
from bot.compare.arenas import Standings
from bot.compare.comparison import Choice, Comparison
from bot.datasets.dataset import Dataset
from bot.jobs.assessment import RankedCheckpoint
from bot.jobs.job import Job, Origin
from bot.providers.protocol import Checkpoint
from tests.chatting import Models
from tests.parts import a_dataset, a_job
from tests.slack_requests import ANA

OPENED = Comparison("cmp-1", ("a", "b"), "T0ACME", "C0TRAINING", ANA.user, 1.0)


@dataclass
class Compared(Models):
    """`asked`: each call, as its name and what matters of it."""

    asked: list[tuple[Any, ...]] = field(default_factory=list)
    job: Job = field(default_factory=lambda: a_job(state="succeeded", fine_tuned_model="ft:gpt:acme:support:1"))
    ranked: list[RankedCheckpoint] = field(default_factory=list)
    found: Standings = field(default_factory=lambda: Standings(0, 0, []))

    async def find(self, caller: Caller, word: str) -> str | None:
        model = await self.named(caller, word)
        return model if model in self.there else None

    async def visible(self, caller: Caller, place: Any, *, fresh: bool = True) -> Any:
        return await super().visible(caller, place)

    async def base_models(self) -> list[str]:
        return ["gpt-base"]

    async def get(self, caller: Caller, word: str, action: Action) -> Job:  # type: ignore[override]
        return self.job

    async def checkpoints(self, caller: Caller, job_id: str) -> tuple[Job, list[RankedCheckpoint]]:
        return self.job, self.ranked

    async def open(  # type: ignore[override]
        self, caller: Caller, origin: Origin, models: Sequence[str], *about: Any, **options: Any
    ) -> Any:
        self.asked.append(("open", tuple(models), *about, *options.values()))
        return OPENED

    async def open_on(self, caller: Caller, origin: Origin, models: Sequence[str], prompt: str, **options: Any) -> Any:
        self.asked.append(("open_on", tuple(models), prompt, *options.values()))
        return OPENED

    async def ask(self, caller: Caller, comparison: Comparison, ts: str, text: str) -> None:  # type: ignore[override]
        self.asked.append(("ask", ts, text))

    async def try_again(self, caller: Caller, comparison_id: str, question_id: str) -> None:
        self.asked.append(("try_again", comparison_id, question_id))

    async def vote(self, caller: Caller, arena_id: str, question_id: str, pair: int, choice: Choice) -> bool:
        self.asked.append(("vote", arena_id, question_id, pair, choice))
        return True

    async def reveal(self, caller: Caller, arena_id: str) -> None:
        self.asked.append(("reveal", arena_id))

    async def standings(self, caller: Caller) -> Standings:
        return self.found

    async def begin(self, comparison: Comparison, work: str) -> str:
        self.asked.append(("begin", comparison.id))
        return "2.5"

    async def look(self) -> None:
        self.asked.append(("look",))

    async def link(self, comparison: Comparison, ts: str) -> str:
        return f"https://acme.slack.com/p{ts}"


def a_checkpoint(model: str, step: int) -> RankedCheckpoint:
    return RankedCheckpoint(Checkpoint(f"ckpt-{step}", model, step))


class Files:
    """Training files, of which there is one by any name."""

    async def named(self, caller: Caller, word: str) -> Dataset:
        return a_dataset(id="ds-9", name=word)

    async def with_examples(self, caller: Caller) -> list[Dataset]:
        return [a_dataset(id="ds-9", name="validation.jsonl")]
