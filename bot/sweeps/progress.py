"""How a sweep goes, and its end."""

from bot.jobs import states
from bot.jobs.group import GroupStore, endings
from bot.jobs.interfaces import JobStore
from bot.sweeps.ranking import Run, runs_of
from bot.sweeps.sweep import Sweep


class SweepProgress:
    """`notices_channel` is told how all jobs end that were started in public."""

    def __init__(self, sweeps: GroupStore, jobs: JobStore, *, notices_channel: str | None = None) -> None:
        self._sweeps = sweeps
        self._jobs = jobs
        self._notices_channel = notices_channel

    async def runs(self, sweep: Sweep) -> list[Run]:
        """Its configurations as they stand."""
        return await runs_of(self._sweeps, self._jobs, sweep)

    async def look(self, sweep: Sweep) -> list[Run]:
        """The same; where all have ended, that is told, once."""
        runs = await self.runs(sweep)
        if all(run.job.state in states.ENDED for run in runs):
            await self._sweeps.tell(endings(sweep, self._notices_channel))
        return runs
