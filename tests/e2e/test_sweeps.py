"""Several configurations of one file: one question, one table, one answer to which is best."""

from typing import Any

from tests.e2e.world import World, examples, until


async def test_a_sweep_is_planned_started_once_followed_in_one_table_and_its_best_is_offered(w: World) -> None:
    async with w.bot() as bot:
        report = await w.drop()
        await w.person.command("ana", w.channel, "/finetune", "sweep epochs=1,3 lr=0.5,1")
        plan = await w.person.wait_ephemeral("ana", w.channel, contains="Start these 4 jobs")
        assert await bot.services.jobs.latest(9) == []
        await w.person.click("ana", w.channel, plan["ts"], "sweep_confirmed")
        card = await w.person.wait_message(w.channel, payload={"id": "card/sweep-*"}, timeout=60)
        await until(lambda: len(w.provider.jobs) == 4)
        ids = list(w.provider.jobs)
        for job_id in ids:
            w.provider.run(job_id, steps=4)
            w.provider.succeed(job_id)
        end = await w.wait_notice("ended", card)
        await w.settled(bot)
        assert len(w.provider.jobs) == len(await bot.services.jobs.latest(9)) == 4
        assert len(w.provider.files) == 1
        told = await w.notices(card)
        # No job tells more than its end, and its card stands in the thread, too.
        assert told == {"succeeded": 4, "ended": 1} | {key: 1 for key in told if key.startswith("job-")}
        (row, *_) = await _table(w, card)
        assert row[0]["text"] == "#"
        assert "All jobs have ended" in end["plain"]
        linked = await w.person.wait_message(
            w.channel, thread_ts=report.get("thread_ts"), payload={"id": "sweep-*/linked"}
        )
        assert "4 configurations" in linked["plain"]


async def test_one_approver_agrees_to_the_whole_sweep_and_what_is_left_of_it_is_stopped(w: World) -> None:
    ben = "U0BENHALL1"
    async with w.bot(finetune_approval_above=0, finetune_approvers=[ben]) as bot:
        report = await w.drop(content=examples(12))
        await w.person.choose("ana", w.channel, report["ts"], "dataset_more", "Several settings…")
        view = await w.person.wait_view("ana")
        assert await w.person.submit("ana", view["id"], {"epochs": "1, 2", "lr": ""}) == {}
        plan = await w.person.wait_ephemeral("ana", w.channel, contains="Start these 2 jobs")
        assert "can approve them, all at once" in str(plan["blocks"])
        await w.person.click("ana", w.channel, plan["ts"], "sweep_confirmed")
        card = await w.person.wait_message(w.channel, payload={"id": "card/sweep-*"}, timeout=60)
        question = await w.wait_notice("approval", card)
        await w.settled(bot)
        assert not w.provider.jobs
        await w.person.click("ben", w.channel, question["ts"], "sweep_approve")
        await until(lambda: len(w.provider.jobs) == 2)
        await w.person.click("ana", w.channel, card["ts"], "sweep_stop")
        await w.wait_notice("ended", card)
        assert {job["status"] for job in w.provider.jobs.values()} == {"cancelled"}
        assert (await w.notices(card))["approval"] == 1


async def _table(w: World, card: dict[str, Any]) -> list[list[dict[str, Any]]]:
    (shown,) = [one for one in await w.person.messages(card["channel"], None) if one["ts"] == card["ts"]]
    (table,) = [block for block in shown["blocks"] if block["type"] == "data_table"]
    rows: list[list[dict[str, Any]]] = table["rows"]
    return rows
