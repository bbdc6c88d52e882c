"""What a modal asks stands where people look, and so does what comes of it."""

from tests.e2e.world import World


async def test_the_question_before_a_file_is_deleted_is_a_window(w: World) -> None:
    async with w.bot() as bot:
        report = await w.drop()
        await w.person.choose("ana", w.channel, report["ts"], "dataset_more", "Delete")
        await w.confirm("My copy and the provider's go", "My copy of")
        await w.person.wait_message(w.channel, contains="was deleted", thread_ts=report["thread_ts"])
        assert await bot.services.datasets.latest(1) == []
        assert await w.person.ephemerals("ana") == [], "nothing stands at the end of the thread"


async def test_where_a_mention_asks_for_it_the_question_stands_in_the_thread(w: World) -> None:
    async with w.bot() as bot:
        report = await w.drop()
        (dataset,) = await bot.services.datasets.latest(1)
        text = f"<@{w.bot_user}> delete {dataset.id}"
        await w.person.say("ana", w.channel, text, thread_ts=report["thread_ts"])
        question = await w.person.wait_message(
            w.channel, contains="My copy and the provider's go", thread_ts=report["thread_ts"]
        )
        await w.person.click("ana", w.channel, question["ts"], "dataset_delete")
        await w.person.wait_message(w.channel, contains="was deleted", thread_ts=report["thread_ts"])


async def test_a_file_that_a_job_trains_on_is_refused_in_the_window(w: World) -> None:
    async with w.bot() as bot:
        report = await w.drop()
        await w.start(report)
        await w.job_at_provider()
        await w.person.choose("ana", w.channel, report["ts"], "dataset_more", "Delete")
        await w.confirm("My copy and the provider's go", "A job is training on this file right now")
        assert len(await bot.services.datasets.latest(1)) == 1


async def test_a_job_that_is_under_way_already_is_refused_in_the_window_that_keeps_what_was_typed(w: World) -> None:
    async with w.bot():
        report = await w.drop()
        await w.start(report, seed="7")
        await w.person.click("ana", w.channel, report["ts"], "start_job")
        view = await w.person.wait_view("ana")
        await w.submit(view, "already being trained", seed="7")
        assert (await w.person.wait_view("ana"))["id"] == view["id"]
        assert await w.person.submit("ana", view["id"], {"seed": "8"}) == {}


async def test_a_field_that_only_the_work_finds_wrong_says_so_itself(w: World) -> None:
    async with w.bot() as bot:
        report = await w.drop()
        await w.person.click("ana", w.channel, report["ts"], "start_job")
        view = await w.person.wait_view("ana")
        w.provider.base_models = ["gpt-4o-mini-2024-07-18"]
        bot.services.catalogue.forget()
        assert "cannot fine-tune" in (await w.person.submit("ana", view["id"]))["model"]
