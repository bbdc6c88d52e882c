"""`/finetune` alone, approvals as direct messages, and commands that ask for what is missing."""

from typing import Any

from e2e.world import MODEL, World

from sandbox.seed import ANA, BEN

TUNED = f"ft:{MODEL}:acme:old:abc12345"


def _buttons(message: dict[str, Any]) -> dict[str, str]:
    """Action ids of what can be pressed, with what it says."""
    found = [block.get("accessory") or {} for block in message["blocks"]]
    found += [element for block in message["blocks"] for element in block.get("elements", ())]
    return {one["action_id"]: one["text"]["text"] for one in found if one.get("type") == "button"}


async def _launched(w: World, user: str, contains: str) -> dict[str, Any]:
    await w.person.command(user, w.channel, "/finetune", "")
    return await w.person.wait_ephemeral(user, w.channel, contains=contains)


async def test_a_newcomer_is_led_to_the_first_job_and_an_approver_to_what_waits(w: World) -> None:
    await w.person.set_locale("zh-CN", "ben")
    async with w.bot(finetune_approval_above=0, finetune_approvers=[BEN]) as bot:
        told = await _launched(w, "ana", "No job yet")
        assert list(_buttons(told)) == [
            *("ask_start", "ask_chat", "ask_compare", "ask_evaluate"),
            *("ask_jobs", "ask_models", "ask_datasets", "ask_settings", "ask_help"),
        ]
        report = await w.drop()
        told = await _launched(w, "ana", "is checked and ready.")
        assert _buttons(told)["start_job"] == "Start fine-tuning"
        card = await w.start(report)
        told = await _launched(w, "ana", "Waiting for approval")
        assert "job_approve" not in _buttons(told)
        told = await _launched(w, "ben", "等你处理")
        assert "等待审批" in told["plain"]
        assert _buttons(told)["job_approve"] == "批准"
        await w.settled(bot)
        await w.person.click("ben", w.channel, told["ts"], "job_approve")
        await w.job_at_provider()
        await w.settled(bot)
        question = await w.wait_notice("approval", card)
        assert _buttons(question) == {}, "answered from elsewhere, it asks no more"
        told = await _launched(w, "ben", "没有。")
        assert "job_approve" not in _buttons(told)


async def test_approvals_come_as_direct_messages_to_whoever_wants_them(w: World) -> None:
    await w.person.set_locale("zh-CN", "ben")
    async with w.bot(finetune_approval_above=0, finetune_approvers=[BEN]) as bot:
        for user, off, on in (("ana", "Off.", "On."), ("ben", "已关闭。", "已开启。")):
            await w.person.command(user, w.channel, "/finetune", "settings")
            told = await w.person.wait_ephemeral(user, w.channel, contains=off)
            await w.person.click(user, w.channel, told["ts"], "approvals_directly")
            await w.person.wait_ephemeral(user, w.channel, contains=on)
        card = await w.start(await w.drop())
        asked = await w.person.wait_message("@ben", contains="申请来自")
        assert _buttons(asked) == {"job_approve": "批准", "job_decline": "拒绝"}
        await w.settled(bot)
        await w.person.click("ben", "@ben", asked["ts"], "job_approve")
        await w.person.wait_message("@ana", contains="approved it. It goes on by itself.")
        await w.job_at_provider()
        await w.settled(bot)
        assert _buttons(await w.wait_notice("approval", card)) == {}
        (closed,) = [one for one in await w.person.messages("@ben") if one["ts"] == asked["ts"]]
        assert _buttons(closed) == {}
        acts = [entry.action for _, entry in await bot.services.audit.latest(20) if entry.actor in (ANA, BEN)]
        assert acts == ["approve", "submit", "personalize", "personalize"]
