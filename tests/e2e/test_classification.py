"""A model that was trained to choose a label says how sure it is."""

import orjson

from tests.e2e.world import World


def _mails() -> bytes:
    pairs = [(f"Mail {number}: Win now", "spam") for number in range(10)]
    pairs += [(f"Mail {number}: Lunch?", "ham") for number in range(10)]
    return b"\n".join(
        orjson.dumps({"messages": [{"role": "user", "content": mail}, {"role": "assistant", "content": label}]})
        for mail, label in pairs
    )


async def test_below_a_label_stands_how_likely_each_is(w: World) -> None:
    async with w.bot() as bot:
        await w.start(await w.drop("mails.jsonl", _mails()))
        w.provider.succeed(await w.job_at_provider())
        card = await w.wait_card("job_chat")
        await w.person.click("ana", w.channel, card["ts"], "job_chat")
        thread = (await w.wait_chat())["ts"]
        await w.settled(bot)
        w.provider.answer, w.provider.likely = "spam", [{"spam": 0.9, "ham": 0.1}]
        await w.person.say("ana", w.channel, "Mail: Win now", thread_ts=thread)
        answer = await w.person.wait_message(w.channel, "How sure it is", thread_ts=thread)
        (chart,) = [block for block in answer["blocks"] if block["type"] == "data_visualization"]
        (series,) = chart["chart"]["series"]
        assert {point["label"]: point["value"] for point in series["data"]} == {"spam": 90.0, "ham": 10.0}
