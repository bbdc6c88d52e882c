"""Beyond the provider's limit jobs wait in line, and their cards show the place."""

from tests.e2e.world import World, examples


async def test_jobs_wait_in_line_show_their_place_and_go_on_when_one_ends(w: World) -> None:
    w.provider.most_running = 1
    async with w.bot() as bot:
        await w.start(await w.drop())
        first = await w.job_at_provider()
        second = await w.start(await w.drop("second.jsonl", examples(12, "Second: ")), "ben")
        await w.person.wait_message(w.channel, contains="Place 1 of 1", after=_before(second))
        third = await w.start(await w.drop("third.jsonl", examples(12, "Third: ")))
        await w.person.wait_message(w.channel, contains="Place 2 of 2", after=_before(third))
        await w.person.wait_message(w.channel, contains="waits in line", thread_ts=second["ts"])
    # A restart changes nothing.
    async with w.bot() as bot:
        await w.settled(bot)
        assert len(w.provider.jobs) == 1
        # The second is withdrawn, so the third moves up; then the first ends.
        await w.person.click("ben", w.channel, second["ts"], "job_cancel")
        await w.person.wait_message(w.channel, contains="Place 1 of 1", after=_before(third))
        w.provider.run(first, steps=1)
        w.provider.succeed(first)
        await w.wait_notice("accepted", third)
        assert len(w.provider.jobs) == 2
        await w.settled(bot)


def _before(message: dict[str, str]) -> str:
    """The moment before a message was posted."""
    seconds, _, micros = message["ts"].partition(".")
    return f"{seconds}.{int(micros) - 1:06}"
