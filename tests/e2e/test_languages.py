"""Each person is answered in the language of their Slack, and a channel in the one that its people chose."""

from tests.e2e.world import World


async def test_a_channel_is_spoken_to_in_the_language_its_people_chose(w: World) -> None:
    async with w.bot():
        card = await w.start(await w.drop())
        job = await w.job_at_provider()
        w.provider.run(job, steps=3)
        await w.person.wait_message(w.channel, contains="● *Training*", author=w.bot_user)
        await w.person.command("ana", w.channel, "/finetune", "language zh")
        await w.person.wait_message(w.channel, contains="把我在这个频道的语言设为：简体中文")
        await w.person.wait_message(w.channel, contains="● *训练中*", author=w.bot_user)
        w.provider.succeed(job)
        await w.person.wait_message(w.channel, thread_ts=card["ts"], contains="你的模型已就绪")
        await w.person.command("ana", w.channel, "/finetune", "language")
        await w.person.wait_ephemeral("ana", w.channel, contains="In this channel I speak 简体中文")
        await w.person.command("ana", w.channel, "/finetune", "language klingon")
        await w.person.wait_ephemeral("ana", w.channel, contains="I do not speak klingon")


async def test_a_person_is_answered_in_the_language_of_their_slack(w: World) -> None:
    await w.person.set_locale("zh-CN", "ben")
    async with w.bot():
        report = await w.drop()
        await w.start(report)
        await w.job_at_provider()
        await w.person.click("ben", w.channel, report["ts"], "start_job")
        assert (await w.person.wait_view("ben", title="开始微调"))["submit"]["text"] == "开始"
        for user, answer in (("ben", "1 个任务"), ("ana", "1 job")):
            await w.person.command(user, w.channel, "/finetune", "jobs")
            await w.person.wait_ephemeral(user, w.channel, contains=answer)
        await w.person.wait_message(w.channel, contains="Started by", author=w.bot_user)


async def test_the_workspaces_language_is_the_administrators_setting(w: World) -> None:
    async with w.bot(finetune_language="zh"):
        await w.start(await w.drop())
        await w.person.wait_message(w.channel, contains="由 @", author=w.bot_user)
