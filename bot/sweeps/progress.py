"""How a sweep goes, and its end."""

from bot.jobs import states
from bot.jobs.interfaces import JobStore
from bot.jobs.notice import SweepEnded
from bot.sweeps.ranking import Run, runs_of
from bot.sweeps.sweep import Sweep, SweepStore


class SweepProgress:
    def __init__(self, sweeps: SweepStore, jobs: JobStore) -> None:
        self._sweeps = sweeps
        self._jobs = jobs

    async def look(self, sweep_id: str) -> tuple[Sweep, list[Run]] | None:
        """The sweep and its configurations as they stand; where all have ended, that is told, once. None where there is
        no such sweep."""
        sweep = await self._sweeps.get(sweep_id)
        if sweep is None:
            return None
        runs = await runs_of(self._sweeps, self._jobs, sweep)
        if all(run.job.state in states.ENDED for run in runs):
            await self._sweeps.tell(sweep.notice("ended", SweepEnded()))
        return sweep, runs
