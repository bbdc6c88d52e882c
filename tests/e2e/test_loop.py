"""The main job over real sockets: from a file in a channel to a talk with the model."""

from pathlib import Path

from e2e.world import world


async def test_a_dropped_file_becomes_a_model_that_answers_in_a_thread(tmp_path: Path) -> None:
    async with world(tmp_path) as w, w.bot():
        report = await w.drop()
        card = await w.start(report, suffix="support")
        job = await w.job_at_provider()
        w.provider.run(job, steps=5)
        await w.person.wait_message(w.channel, thread_ts=card["ts"], contains="has begun")
        w.provider.run(job, steps=5)
        w.provider.succeed(job)
        end = await w.person.wait_message(w.channel, thread_ts=card["ts"], contains="Your model is ready")
        await w.person.click("ana", w.channel, end["ts"], "job_chat")
        chat = await w.person.wait_message(w.channel, contains="This thread talks to")
        await w.person.say("ana", w.channel, "What is the answer?", thread_ts=chat["ts"])
        await w.person.wait_message(w.channel, thread_ts=chat["ts"], contains="in several pieces")
        print(await w.person.text(w.channel))
        print(await w.person.text(w.channel, card["ts"]))
        print(await w.person.text(w.channel, chat["ts"]))
