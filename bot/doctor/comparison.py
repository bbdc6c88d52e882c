"""Whether somebody does what the bot relies on, tried with a few small cases: what the sandbox and the trainer do, and
what the contract of tests/contract holds every double to."""

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence

import msgspec

from bot.doctor.finding import Finding, ok, warning


class Case(msgspec.Struct, frozen=True):
    """`code` names the finding where `run` gives what was seen instead; None where all is as the bot relies on."""

    code: str
    run: Callable[[], Awaitable[str | None]]


async def compared(cases: Sequence[Case]) -> list[Finding]:
    """A line for each that deviates, and one for all the others together."""
    deviations = [finding async for finding in _deviations(cases)]
    alike = len(cases) - len(deviations)
    return [*([ok("as_expected", count=alike)] if alike else []), *deviations]


async def _deviations(cases: Sequence[Case]) -> AsyncIterator[Finding]:
    for case in cases:
        seen = await case.run()
        if seen is not None:
            yield warning(case.code, seen=seen)
