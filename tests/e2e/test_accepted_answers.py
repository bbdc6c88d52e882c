"""A channel's accepted answers become a training set, which somebody looks through."""

import json

from tests.e2e.test_evaluations import text_of
from tests.e2e.world import World


async def test_a_channels_accepted_answers_are_kept_for_review(w: World) -> None:
    async with w.bot():
        asked = await w.person.say("ben", w.channel, "How long do I have to return a helmet?")
        await w.person.say("mei", w.channel, "No idea.", asked["ts"])
        answer = await w.person.say("ana", w.channel, "Fourteen days, says Ana Reed.", asked["ts"])
        await w.person.react("ben", w.channel, answer["ts"], "white_check_mark")
        await w.person.command("ana", w.channel, "/finetune", "answers Returns")
        view = await w.person.wait_view("ana", callback_id="answers")
        assert await w.person.submit("ana", view["id"], {"days": "7"}) == {}
        made = await w.person.wait_ephemeral("ana", w.channel, action_id="collection_queue", timeout=60)
        assert "Returns" in text_of(made)
        await w.person.command("mei", w.channel, "/finetune", "datasets Returns")
        shown = await w.person.wait_ephemeral("mei", w.channel, action_id="collection_queue", timeout=60)
        await w.person.click("mei", w.channel, shown["ts"], "collection_queue")
        waiting = await w.person.wait_ephemeral("mei", w.channel, action_id="example_accept", timeout=60)
        assert "Fourteen days, says [NAME_1]." in json.dumps(waiting, ensure_ascii=False)
