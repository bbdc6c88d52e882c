"""From topics to a training set: a window with the price, a card, and a sample to look over."""

from typing import Any

import pytest

from tests.e2e.test_evaluations import text_of
from tests.e2e.world import World
from tests.generation.conftest import TEACHER, Teacher


def a_teacher(w: World) -> Teacher:
    w.provider.base_models.append(TEACHER)
    teacher = Teacher()
    w.provider.answer_to = teacher.say
    return teacher


async def begun(w: World, n: int) -> dict[str, Any]:
    """The card."""
    await w.person.command("ana", w.channel, "/finetune", "generate Refunds")
    view = await w.person.wait_view("ana", callback_id="generate")
    [teacher, *_] = await w.person.suggest("ana", view["id"], "generate_teacher", TEACHER)
    values = {"generate_teacher": teacher["value"], "generate_n": str(n), "topics": "Refunds\nDelivery"}
    assert await w.person.submit("ana", view["id"], values) == {}
    return await w.person.wait_message(w.channel, payload={"id": "gen-*/card"}, timeout=60)


async def result(w: World, card: dict[str, Any]) -> dict[str, Any]:
    return await w.person.wait_message(w.channel, thread_ts=card["ts"], payload={"id": "gen-*/result"}, timeout=60)


@pytest.mark.parametrize(("language", "written"), [("en", "has written 6 examples"), ("zh", "写好了 6 个样本")])
async def test_topics_become_a_training_set_that_people_have_looked_over(w: World, language: str, written: str) -> None:
    teacher = a_teacher(w)
    async with w.bot():
        if language == "zh":
            await w.person.command("ana", w.channel, "/finetune", "language zh")
        shown = await result(w, await begun(w, 6))
        assert written in text_of(shown)
        assert len(teacher.for_answers) == 6
        await w.person.click("ben", w.channel, shown["ts"], "generation_sample")
        sample = await w.person.wait_ephemeral("ben", w.channel, action_id="generated_drop", timeout=60)
        await w.person.click("ben", w.channel, sample["ts"], "generated_drop")
        await w.person.click("ana", w.channel, shown["ts"], "generation_keep")
        kept = await w.person.wait_ephemeral("ana", w.channel, action_id="collection_export", timeout=60)
        assert TEACHER in text_of(kept)
        assert "5" in text_of(kept)
