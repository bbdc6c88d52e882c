"""A training file and a validation file that are dropped together belong together."""

from typing import Any

import orjson

from bot.worker_processes import Pool
from tests.e2e.test_settings import modal, opened, shown
from tests.e2e.world import World, examples


async def _dropped(w: World, *files: tuple[str, bytes]) -> dict[str, dict[str, Any]]:
    """The reports by the names of the files, as they stand in the end."""
    ts = (await w.person.drop_bytes("ana", w.channel, files))["ts"]
    reports = {}
    for name, _ in files:
        reports[name] = await w.person.wait_message(w.channel, contains=f"`{name}` is ready", thread_ts=ts, timeout=60)
    return reports


def _chosen(view: dict[str, Any]) -> str:
    (block,) = [block for block in view["blocks"] if block.get("block_id") == "validation"]
    return str(block["element"]["initial_option"]["text"]["text"])


async def test_the_second_is_chosen_as_validation_file(w: World) -> None:
    training, validation = "house-train.jsonl", "house-val.jsonl"
    async with w.bot():
        other = examples(12, "Held out: ").replace(b"Question number", b"Problem")
        reports = await _dropped(w, (validation, other), (training, examples(30)))
        ts = reports[training]["thread_ts"]
        report = await w.person.wait_message(w.channel, contains=f"Validation file: `{validation}`", thread_ts=ts)
        assert training in report["plain"]
        await w.person.wait_message(w.channel, contains=f"Dropped with `{training}`, which it validates", thread_ts=ts)
        view = await opened(w, report)
        assert _chosen(view) == validation
        assert await w.person.submit("ana", view["id"]) == {}
        job = w.provider.jobs[await w.job_at_provider()]
        assert w.provider.files[job["validation_file"]][1] == other


async def test_what_stands_in_both_is_told_in_the_report_and_in_the_window(w: World) -> None:
    async with w.bot():
        reports = await _dropped(w, ("train.jsonl", examples(30)), ("val.jsonl", examples(12)))
        ts = reports["train.jsonl"]["thread_ts"]
        report = await w.person.wait_message(w.channel, contains="Validation file: `val.jsonl`", thread_ts=ts)
        assert "of the validation file" in report["plain"]
        assert "12 examples of the training file stand in `val.jsonl`" in orjson.dumps(await opened(w, report)).decode()


async def test_what_stands_in_both_is_told_for_another_validation_file_too(w: World) -> None:
    async with w.bot():
        await w.drop("held-out.jsonl", examples(12))
        view = await opened(w, await w.drop("house.jsonl", examples(30)))
        assert "stand in `held-out.jsonl`" not in shown(view)
        await w.person.click_in_view("ana", view["id"], "start_validation", value="held-out.jsonl")
        told = "12 examples of the training file stand in `held-out.jsonl`"
        await modal(w, lambda view: told in shown(view))
        await w.person.click_in_view("ana", view["id"], "start_validation", value="None")
        await modal(w, lambda view: told not in shown(view))
        await w.person.click_in_view("ana", view["id"], "start_validation", value="held-out.jsonl")
        await modal(w, lambda view: told in shown(view))
        assert await w.person.submit("ana", view["id"]) == {}
        job = w.provider.jobs[await w.job_at_provider()]
        assert w.provider.files[job["validation_file"]][1] == examples(12)


async def test_the_window_changes_and_is_sent_off_while_what_stands_in_both_is_not_known_yet(w: World) -> None:
    async with w.bot() as bot:
        await w.drop("held-out.jsonl", examples(12))
        view = await opened(w, await w.drop("house.jsonl", examples(30)))
        await w.settled(bot)
        async with bot.services.pools._workers[Pool.QUICK].free:  # the process that counts is busy
            await w.person.click_in_view("ana", view["id"], "start_validation", value="held-out.jsonl")
            await w.person.click_in_view("ana", view["id"], "start_epochs", value="3")
            view = await modal(w, lambda view: "in 3 epochs" in shown(view))
            assert "stand in `held-out.jsonl`" not in shown(view)
            assert await w.person.submit("ana", view["id"]) == {}
            job = w.provider.jobs[await w.job_at_provider()]
            assert w.provider.files[job["validation_file"]][1] == examples(12)
