"""Slack is slow, broken, or loses replies: everything is said in the end, once, and nothing turns in circles."""

import asyncio
import time
from typing import Any

import pytest

from bot.store.outbox import SqlOutbox
from tests.e2e.world import IMPATIENT, World, examples, until


async def _whole_way(w: World) -> tuple[dict[str, Any], dict[str, Any]]:
    """From a file to a finished job; the file's thread's parent and the card."""
    dropped = await w.person.drop_bytes("ana", w.channel, [("train.jsonl", examples(12))])
    report = await w.wait_report(dropped)
    card = await w.start(report)
    job = await w.job_at_provider()
    w.provider.run(job, steps=4)
    w.provider.succeed(job)
    await w.wait_notice("succeeded", card)
    await w.wait_card("job_chat")
    return dropped, card


async def _said(w: World, thread_ts: str) -> list[str]:
    return [m["text"] for m in await w.person.messages(w.channel, thread_ts)]


@pytest.mark.parametrize(
    ("kind", "value"), [("ratelimited", "1"), ("status", "503"), ("drop", ""), ("error", "internal_error")]
)
async def test_each_kind_of_trouble_with_posting_and_editing_passes(w: World, kind: str, value: str) -> None:
    async with w.bot() as bot:
        for method, skip in (
            ("chat.postMessage", 0),
            ("chat.postMessage", 1),
            ("chat.postMessage", 3),
            ("chat.update", 1),
        ):
            await w.person.fault(method, kind, value, skip=skip)
        dropped, card = await _whole_way(w)
        await w.settled(bot)
        # The file, its report, and the link to the card; nothing twice.
        assert len(await w.person.messages(w.channel, dropped["ts"])) == 3
        assert (await w.notices(card)).items() >= {"accepted": 1, "started": 1, "succeeded": 1}.items()
        cards = [m for m in await w.person.messages(w.channel) if m.get("bot_id")]
        assert [m["ts"] for m in cards] == [card["ts"]]


async def test_garbage_instead_of_an_answer_is_no_crash(w: World) -> None:
    async with w.bot() as bot:
        for method in (
            "chat.postMessage",
            "chat.update",
            "users.info",
            "conversations.info",
            "files.getUploadURLExternal",
        ):
            await w.person.fault(method, "garbage")
        _, card = await _whole_way(w)
        await w.settled(bot)
        told = await w.notices(card)
        assert (told["accepted"], told["succeeded"]) == (1, 1)


@pytest.mark.parametrize(("kind", "value"), [("ratelimited", "1"), ("error", "internal_error")])
async def test_the_first_event_after_a_start_is_not_lost_to_trouble_with_the_token(
    w: World, kind: str, value: str
) -> None:
    async with w.bot():
        await w.person.fault("auth.test", kind, value)
        dropped = await w.person.drop_bytes("ana", w.channel, [("train.jsonl", examples(12))])
        assert await w.wait_report(dropped)


async def test_trouble_with_asking_who_somebody_is_refuses_nobody(w: World) -> None:
    async with w.bot():
        await w.person.fault("users.info", "status", 500, times=2)
        await w.person.fault("conversations.info", "status", 500)
        assert "12 examples" in (await w.drop())["plain"]


async def test_a_channel_that_was_archived_has_its_ending_told_directly(w: World) -> None:
    async with w.bot() as bot:
        await w.start(await w.drop())
        job = await w.job_at_provider()
        w.provider.run(job, steps=2)
        await w.person.wait_message(w.channel, contains="step 2")
        await w.settled(bot)
        await w.person.archive(w.channel)
        w.provider.succeed(job)
        await w.wait_notice("succeeded/direct", channel="@ana")
        await w.settled(bot)
        assert len([m for m in await w.person.messages("@ana") if m.get("bot_id")]) == 1


async def test_a_bot_that_is_removed_from_the_channel_tells_the_requester_how_it_ended(w: World) -> None:
    async with w.bot() as bot:
        card = await w.start(await w.drop())
        job = await w.job_at_provider()
        w.provider.run(job, steps=2)
        await w.person.wait_message(w.channel, contains="step 2", timeout=60)
        await w.settled(bot)
        before = (await _said(w, card["ts"]))[1:]
        await w.person.leave(w.channel, w.bot_user)
        w.provider.run(job, steps=2)
        w.provider.succeed(job)
        await w.wait_notice("succeeded/direct", channel="@ana")
        await w.settled(bot)
        assert (await _said(w, card["ts"]))[1:] == before
    # Invited again, it does not say it a second time.
    await w.person.join(w.channel, w.bot_user, "ana")
    async with w.bot() as bot:
        await w.drop("another.jsonl", examples(12, "Again: "))
        await w.settled(bot)
        assert len([m for m in await w.person.messages("@ana") if m.get("bot_id")]) == 1
        assert (await _said(w, card["ts"]))[1:] == before


async def test_a_thread_that_people_deleted_gets_a_new_word_and_no_second_card(w: World) -> None:
    async with w.bot() as bot:
        report = await w.drop()
        card = await w.start(report)
        job = await w.job_at_provider()
        w.provider.run(job, steps=2)
        await w.wait_notice("started", card)
        await w.settled(bot)
        for parent in (report["thread_ts"], card["ts"]):
            for message in reversed(await w.person.messages(w.channel, parent)):
                await w.person.delete("ana", w.channel, message["ts"])
        w.provider.run(job, steps=2)
        w.provider.succeed(job)
        await until(lambda: w.provider.tuned, 60)
        async with asyncio.timeout(60):
            while not (ready := [text for text in await _everything(w) if "model is ready" in text]):
                await asyncio.sleep(0.05)
        await w.settled(bot)
        assert len(ready) == 1
        assert not any("✓ Checked" in text for text in await _everything(w)), "no second card"


async def _everything(w: World) -> list[str]:
    """All that stands in the channel and in the requester's direct messages, replies included."""
    said = []
    for channel in (w.channel, "@ana"):
        for message in await w.person.messages(channel):
            said += [reply["plain"] for reply in await w.person.messages(channel, message["ts"])] or [message["plain"]]
    return said


async def test_while_slack_answers_nothing_jobs_go_on_and_afterwards_all_is_said_once(w: World) -> None:
    async with w.bot() as bot:
        report = await w.drop()
        card = await w.start(report)
        at_provider = await w.job_at_provider()
        await w.wait_notice("accepted", card)
        await w.settled(bot)
        await w.person.fault("*", "status", 503, times=100_000)
        await w.person.disconnect()
        w.provider.run(at_provider, steps=4)
        w.provider.succeed(at_provider)
        async with asyncio.timeout(60):
            while (await bot.services.jobs.latest(1))[0].state != "succeeded":
                await asyncio.sleep(0.05)
        outbox = SqlOutbox(bot.services.database)
        async with asyncio.timeout(60):  # the first of what is to be said was tried, in vain
            while not any(pending.doubtful for pending in await outbox.next(time.time() + 3600)):
                await asyncio.sleep(0.05)
        await w.person.clear_faults()
        await w.wait_notice("succeeded", card)
        await w.wait_card("job_chat")
        await w.person.wait_connected(60)
        await w.settled(bot)
        assert (await w.notices(card)).items() >= {"accepted": 1, "started": 1, "succeeded": 1}.items()
        # And it listens again.
        await w.drop("after.jsonl", examples(12, "Afterwards: "))


async def test_a_card_that_could_never_be_posted_has_its_ending_told_directly(w: World) -> None:
    async with w.bot() as bot:
        report = await w.drop()
        await w.person.click("ana", w.channel, report["ts"], "start_job")
        view = await w.person.wait_view("ana")
        await w.person.archive(w.channel)
        await w.person.submit("ana", view["id"], {})
        job = await w.job_at_provider()
        w.provider.run(job, steps=2)
        w.provider.succeed(job)
        await w.wait_notice("succeeded/direct", channel="@ana")
        await w.settled(bot)


async def test_a_deleted_card_is_let_go_and_the_ending_is_still_told(w: World) -> None:
    async with w.bot() as bot:
        card = await w.start(await w.drop())
        job = await w.job_at_provider()
        w.provider.run(job, steps=2)
        await w.person.wait_message(w.channel, contains="step 2")
        await w.settled(bot)
        await w.person.delete("ana", w.channel, card["ts"])
        updates = _updates(bot)
        w.provider.run(job, steps=2)
        w.provider.succeed(job)
        await until(lambda: w.provider.tuned)
        await w.wait_notice("succeeded", card)
        await w.settled(bot)
        assert len(updates) <= 3, "no endless loop"


def _updates(bot: Any) -> list[str]:
    """From here on, the edits that the bot tries."""
    tried: list[str] = []
    poster = bot.services.poster
    original = poster.update_now

    async def update_now(channel: str, ts: str, message: Any) -> None:
        tried.append(ts)
        await original(channel, ts, message)

    poster.update_now = update_now
    return tried


async def test_a_chart_that_is_gone_does_not_stop_the_card(w: World) -> None:
    async with w.bot() as bot:
        await w.start(await w.drop())
        job = await w.job_at_provider()
        w.provider.run(job, steps=7)
        card = await w.person.wait_message(w.channel, contains="Line chart")
        await w.settled(bot)
        image = next(block for block in card["blocks"] if block["type"] == "image")
        file = w.sandbox.state.workspace.files[image["slack_file"]["id"]]
        w.sandbox.state.workspace.delete_file(file)
        await w.person.fault("files.getUploadURLExternal", "error", "file_uploads_disabled", times=20)
        w.provider.run(job, steps=2)
        await w.person.wait_message(w.channel, contains="step 9")
        w.provider.succeed(job)
        await w.wait_notice("succeeded", card)
        await w.wait_card("job_chat")


async def test_without_the_right_to_upload_a_job_goes_on_without_pictures(w: World) -> None:
    scopes = w.sandbox.state.manifest.scopes - {"files:write"}
    await w.person.scopes(sorted(scopes))
    async with w.bot():
        _, card = await _whole_way(w)
        assert not any(block["type"] == "image" for block in card["blocks"])


@pytest.mark.parametrize("reason", ["", "refresh_requested"])
async def test_a_socket_that_is_cut_comes_back_and_misses_nothing(w: World, reason: str) -> None:
    async with w.bot():
        await w.drop()
        await w.person.settings(retry_delays=[0.5, 2.0, 5.0])
        await w.person.disconnect(reason)
        dropped = await w.person.drop_bytes("ana", w.channel, [("b.jsonl", examples(12))])
        await w.wait_report(dropped)
        assert len(await w.person.messages(w.channel, dropped["ts"])) == 2


async def test_an_answer_to_a_command_finds_another_way_when_its_address_does_not_work(w: World) -> None:
    async with w.bot():
        await w.person.fault("response_url", "status", 404)
        await w.person.command("ana", w.channel, "/finetune", "models")
        await w.person.wait_ephemeral("ana", w.channel, contains="gpt-4.1-mini")


async def test_a_mention_where_the_bot_may_not_speak_is_answered_directly(w: World) -> None:
    async with w.bot() as bot:
        report = await w.drop()
        await w.person.fault("chat.postMessage", "error", "restricted_action", match=report["thread_ts"])
        await w.person.say("ana", w.channel, f"<@{bot.services.bot_user}> jobs", thread_ts=report["thread_ts"])
        await w.person.wait_message("@ana", contains="No jobs yet")


async def test_the_bot_stops_soon_even_while_slack_asks_it_to_wait(w: World) -> None:
    async with w.bot() as bot:
        report = await w.drop()
        await w.person.fault("chat.postMessage", "ratelimited", 300, match="/accepted")
        await w.person.fault("chat.postMessage", "ratelimited", 300, match="/accepted")
        card = await w.start(report)
        await w.job_at_provider()
        await until(lambda: not bot.services.poster.has_room("chat.postMessage", card["channel"]))
        began = time.monotonic()
    assert time.monotonic() - began < 100
    await w.person.clear_faults()
    async with w.bot():
        await w.wait_notice("accepted", card)


async def test_slacks_real_rates_are_kept_to_with_several_jobs_at_once(w: World) -> None:
    async with w.bot(IMPATIENT):
        refused: list[str] = []
        original = w.sandbox.state.limits.count

        report = await w.drop()
        await w.person.settings(rates="strict")

        def count(method: str, tier: int) -> None:
            try:
                original(method, tier)
            except Exception:
                refused.append(method)
                raise

        w.sandbox.state.limits.count = count  # type: ignore[method-assign]
        for suffix in ("one", "two", "three"):
            await w.start(report, suffix=suffix)
        await until(lambda: len(w.provider.jobs) == 3)
        for job in w.provider.jobs:
            w.provider.run(job, steps=5)
            w.provider.succeed(job)

        async def ready() -> int:
            return sum("job_chat" in str(m.get("blocks")) for m in await w.person.messages(w.channel))

        async with asyncio.timeout(120):
            while await ready() < 3:
                await asyncio.sleep(0.1)
        assert refused == []
