"""Files in a question go to the model."""

from e2e.test_changed_messages import opened
from e2e.world import World, examples

PNG = b"\x89PNG\r\n\x1a\n" + b"\0" * 40


async def test_a_model_reads_the_files_that_people_show_it(w: World) -> None:
    async with w.bot():
        thread_ts = await opened(w)
        files = [("notes.csv", b"day,rain\nMonday,3\n"), ("photo.png", PNG)]
        question = await w.person.drop_bytes("ana", w.channel, files, "How much rain?", thread_ts=thread_ts)
        await w.person.wait_message(
            w.channel, thread_ts=thread_ts, contains="does not see", after=question["ts"], author=w.bot_user
        )
        await w.person.wait_message(w.channel, thread_ts=thread_ts, contains="in several pieces", author=w.bot_user)
        (given,) = w.provider.chats[-1]["messages"]
        assert given["content"] == "notes.csv:\nday,rain\nMonday,3\n\n\nHow much rain?"


async def test_a_training_file_in_a_models_thread_is_still_one(w: World) -> None:
    async with w.bot():
        thread_ts = await opened(w)
        await w.person.drop_bytes("ana", w.channel, [("train.jsonl", examples(12))], thread_ts=thread_ts)
        await w.wait_report({"channel": w.channel, "ts": thread_ts})
        assert w.provider.chats == []
