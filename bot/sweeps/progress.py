"""How a sweep goes, and its end."""

from bot.access import Place, is_shown_in
from bot.jobs import states
from bot.jobs.interfaces import JobStore
from bot.jobs.notice import Notice, SweepEnded, ended_elsewhere
from bot.sweeps.ranking import Run, runs_of
from bot.sweeps.sweep import Sweep, SweepStore


class SweepProgress:
    """`notices_channel` is told how all jobs end that were started in public."""

    def __init__(self, sweeps: SweepStore, jobs: JobStore, *, notices_channel: str | None = None) -> None:
        self._sweeps = sweeps
        self._jobs = jobs
        self._notices_channel = notices_channel

    async def look(self, sweep_id: str) -> tuple[Sweep, list[Run]] | None:
        """The sweep and its configurations as they stand; where all have ended, that is told, once. None where there is
        no such sweep."""
        sweep = await self._sweeps.get(sweep_id)
        if sweep is None:
            return None
        runs = await runs_of(self._sweeps, self._jobs, sweep)
        if all(run.job.state in states.ENDED for run in runs):
            await self._sweeps.tell(self._endings(sweep))
        return sweep, runs

    def _endings(self, sweep: Sweep) -> list[Notice]:
        told, channel = [sweep.notice("ended", SweepEnded())], self._notices_channel
        if channel and channel != sweep.origin.channel and is_shown_in(Place(channel), sweep.resource):
            told.append(ended_elsewhere(told[0], f"{told[0].id}/elsewhere", channel))
        return told
