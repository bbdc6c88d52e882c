"""What a model is called that nobody has named."""

from tests.e2e.world import World


async def test_a_model_without_a_name_is_called_after_its_file(w: World) -> None:
    async with w.bot():
        card = await w.start(await w.drop("house-voice.train.jsonl"))
        assert w.provider.jobs[await w.job_at_provider()]["user_provided_suffix"] == "house-voice"
        assert "(house-voice)" not in card["text"], "the file's name says it already"


async def test_a_name_that_was_given_stays(w: World) -> None:
    async with w.bot():
        await w.start(await w.drop("house-voice.jsonl"), suffix="support")
        assert w.provider.jobs[await w.job_at_provider()]["user_provided_suffix"] == "support"


async def test_people_see_the_short_name_and_the_id_is_a_press_away(w: World) -> None:
    async with w.bot():
        card = await w.start(await w.drop("house-voice.jsonl"))
        model = w.provider.succeed(await w.job_at_provider())
        shown = await w.person.wait_message(w.channel, contains="Model: `house-voice`", author=w.bot_user)
        assert model not in shown["plain"]
        await w.person.click("ana", w.channel, card["ts"], "model_id")
        await w.person.wait_ephemeral("ana", w.channel, contains=model)
