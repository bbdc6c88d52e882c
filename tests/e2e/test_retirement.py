"""A model on its way out: the channel is warned, the calendar shows it, and after its day chat says what happened."""

from datetime import UTC, datetime, timedelta

from tests.e2e.world import MODEL, World


async def test_a_channel_is_warned_of_its_model_and_told_when_it_is_gone(w: World) -> None:
    today = datetime.now(UTC).date()
    async with w.bot() as bot:
        await w.start(await w.drop())
        job = await w.job_at_provider()
        w.provider.run(job, steps=2)
        model = w.provider.succeed(job)
        await w.wait_card("job_chat")

        w.provider.shutdown_dates = {MODEL: str(today + timedelta(7))}
        bot.services.catalogue.forget()
        await bot.services.retirement_warnings.look()
        warning = await w.person.wait_message(w.channel, payload={"id": "retirement/*/7"})
        assert "7 days left" in warning["plain"]
        assert "Press *Move…*" in warning["plain"]
        await bot.services.retirement_warnings.look()
        await w.person.command("ben", w.channel, "/finetune", "retiring")
        await w.person.wait_ephemeral("ben", w.channel, contains="7 days left")

        w.provider.shutdown_dates = {MODEL: str(today)}
        w.provider.tuned.clear()
        bot.services.catalogue.forget()
        await bot.services.retirement_warnings.look()
        await w.person.wait_message(w.channel, payload={"id": "retirement/*/0"})
        await bot.services.lost_models.look()
        await w.person.wait_message(w.channel, contains="Model shut down", timeout=60)
        await w.person.command("ana", w.channel, "/finetune", f"chat {model}")
        await w.person.wait_ephemeral("ana", w.channel, contains="its provider shut it down on")
        await w.person.command("ana", w.channel, "/finetune", f"start model={MODEL} confirm=yes")
        await w.person.wait_ephemeral("ana", w.channel, contains="no other base model is offered")
        told = [message for message in await w.person.messages(w.channel) if "retirement/" in str(message)]
        assert len(told) == 2
