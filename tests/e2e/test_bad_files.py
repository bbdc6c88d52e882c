"""Files that cannot be trained on: each gets a clear answer in its own thread, and nothing is half done."""

from typing import Any

import pytest

from tests.e2e.world import World, examples, until


async def _answer(w: World, content: bytes, contains: str, name: str = "train.jsonl") -> dict[str, Any]:
    dropped = await w.person.drop_bytes("ana", w.channel, [(name, content)])
    answer = await w.person.wait_message(w.channel, contains=contains, thread_ts=dropped["ts"])
    thread = await w.person.messages(w.channel, dropped["ts"])
    assert [message["ts"] for message in thread] == [dropped["ts"], answer["ts"]], "one answer, and only one"
    return answer


def _actions(message: dict[str, Any]) -> list[str]:
    return [
        element["action_id"]
        for block in message["blocks"]
        if block["type"] == "actions"
        for element in block["elements"]
    ]


async def test_what_is_no_jsonl_is_said_to_be_none_and_cannot_be_started(w: World) -> None:
    async with w.bot():
        for name, content, said in (
            ("table.jsonl", b"question,answer\n" + b"why,because\n" * 12, "is a table (CSV) with 12 rows"),
            ("paper.jsonl", b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n1 0 obj\n<</Type/Catalog>>\nendobj\n", "a PDF document"),
            ("train.json", b'[{"messages": []}, {"messages": []}]', "tell me which column"),
            ("table.csv", b"question,answer\n" + b"why,because\n" * 12, "I would read it as"),
        ):
            answer = await _answer(w, content, said, name)
            assert "start_job" not in _actions(answer)


async def test_an_empty_file_is_told_so(w: World) -> None:
    async with w.bot():
        for content in (b"", b"\n\n   \n"):
            answer = await _answer(w, content, "train.jsonl` first")
            assert "no examples" in answer["plain"] or "empty" in answer["plain"]
            assert "start_job" not in _actions(answer)


async def test_a_file_that_ends_in_the_middle_of_a_line_names_that_line(w: World) -> None:
    async with w.bot():
        answer = await _answer(w, examples(12)[:-20], "Please correct")
        assert "Line 12" in answer["plain"]


async def test_bytes_that_are_no_utf8_are_found_by_line(w: World) -> None:
    async with w.bot():
        lines = examples(12, answer="Café").split(b"\n")
        lines[6] = lines[6].decode().encode("latin-1")
        answer = await _answer(w, b"\n".join(lines), "Please correct")
        assert "Line 7" in answer["plain"]
        assert "UTF-8" in answer["plain"]


async def test_a_byte_order_mark_is_fine(w: World) -> None:
    async with w.bot():
        answer = await _answer(w, b"\xef\xbb\xbf" + examples(12), "12 examples")
        assert "start_job" in _actions(answer)


async def test_nine_examples_are_too_few(w: World) -> None:
    async with w.bot():
        answer = await _answer(w, examples(9), "Please correct")
        assert "10" in answer["plain"]
        assert "start_job" not in _actions(answer)


async def test_a_file_that_was_removed_before_it_was_read_is_said_to_be_gone(w: World) -> None:
    await w.person.settings(retry_delays=[0.5, 0.5, 5.0])
    dropped = await w.person.drop_bytes("ana", w.channel, [("train.jsonl", examples(12))])
    await w.person.delete_file("ana", dropped["files"][0]["id"])
    async with w.bot():
        await w.person.wait_message(w.channel, contains="removed before I could read it", thread_ts=dropped["ts"])


async def test_a_missing_scope_is_named(w: World) -> None:
    async with w.bot():
        scopes = w.sandbox.state.manifest.scopes - {"files:read"}
        await w.person.scopes(sorted(scopes))
        answer = await _answer(w, examples(12), "I could not read")
        assert "files:read" in answer["plain"]


async def test_a_file_that_lies_outside_of_slack_is_not_fetched(w: World) -> None:
    await w.person.settings(retry_delays=[0.5, 0.5, 5.0])
    dropped = await w.person.drop_bytes("ana", w.channel, [("train.jsonl", examples(12))])
    delivery = (await w.person.deliveries(name="message.channels"))[-1]
    event = dict(delivery["payload"]["event"])
    event["files"] = [event["files"][0] | {"mode": "external", "is_external": True, "url_private": "https://x.test/a"}]
    async with w.bot() as bot:
        await w.wait_report(dropped)
        again = await w.person.say("ana", w.channel, "and this one from my drive")
        event |= {"ts": again["ts"], "event_ts": again["ts"]}
        assert await bot.inbox.offer({**delivery["payload"], "event": event})
        await bot.worker.recover(bot.app)
        await w.person.wait_message(w.channel, contains="lies outside of Slack", thread_ts=again["ts"])


async def test_the_same_file_dropped_twice_gets_two_reports_and_is_kept_once(w: World) -> None:
    async with w.bot() as bot:
        first, second = await w.drop(), await w.drop()
        assert first["thread_ts"] != second["thread_ts"]
        assert len(list((bot.services.settings.finetune_data / "files").iterdir())) == 1
        await w.delete(first)
        await w.start(second)
        await w.job_at_provider()


async def test_the_same_file_dropped_and_started_twice_is_paid_for_once(w: World) -> None:
    async with w.bot():
        first, second = await w.drop(), await w.drop("copy.jsonl")
        await w.start(first)
        await w.person.click("ana", w.channel, second["ts"], "start_job")
        view = await w.person.wait_view("ana")
        await w.submit(view, "already being trained")
        # With another setting it is other work.
        assert await w.person.submit("ana", view["id"], {"epochs": "2"}) == {}
        await until(lambda: len(w.provider.jobs) == 2)


@pytest.mark.parametrize("trouble", [("status", 503), ("drop", "")])
async def test_a_download_that_breaks_off_is_begun_again(w: World, trouble: tuple[str, int | str]) -> None:
    async with w.bot():
        await w.person.fault("files.download", *trouble)
        await _answer(w, examples(12), "12 examples")


async def test_a_check_whose_process_is_killed_is_done_again(w: World) -> None:
    async with w.bot() as bot:
        await w.drop()
        for process in bot.services.pools.processes().values():
            process.kill()
        await w.drop("again.jsonl", examples(15))
