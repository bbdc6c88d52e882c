"""Pictures of docs/generation.md, taken where FINETUNE_PICTURES names a folder (scripts/pictures)."""

import json
from collections.abc import Mapping
from typing import Any, Final

import pytest
from playwright.async_api import expect

from tests.e2e.world import World
from tests.pictures import IN_CHINESE, LANGUAGE, PICTURES, USER, looking, message, picture_of
from texts import generation, support
from texts.evaluations.question import estimate_heading
from texts.language import speaking

pytestmark = pytest.mark.skipif(not PICTURES, reason="takes pictures only")

TEACHER: Final = "gpt-4.1"
TOPICS, ROLES, STYLE = (
    ("退回头盔\n上门送货", "着急的新顾客\n懂行的骑手", "两句话，友好")
    if IN_CHINESE
    else (
        "Returning a helmet\nDelivery of a bike",
        "a new customer in a hurry\na cyclist who knows the trade",
        "two short, friendly sentences",
    )
)
WRITTEN: Final[Mapping[str, str]] = (
    {
        "头盔戴过一次还能退吗？": "出于安全，戴过的头盔不能退。没有拆封的，十四天内可以退。",
        "头盔摔了一次，外面看不出裂纹，还能用吗？": "别再戴了，里面可能已经裂了。两年内我们半价换一顶新的。",
        "退头盔要带什么？": "带上小票和没有拆封的盒子。钱五个工作日内退回原来的卡。",
        "送货要多久？": "三到六个工作日。快递员前一天会给您打电话。",
        "一千元以上的车运费多少？": "免运费。一千元以下是二十九元。",
        "车到的时候装好了吗？": "装好了九成。把手和脚踏要自己装，工具在盒子里。",
    }
    if IN_CHINESE
    else {
        "can i send back a helmet i wore once": "Sorry, a worn helmet cannot go back, for safety. In its sealed box it "
        "can, within 14 days.",
        "My helmet was in a fall and shows no crack. May I go on wearing it?": "Please do not: it may be broken "
        "inside. Within two years we give you a new one for half the price.",
        "What do I bring along to return a helmet?": "The receipt, and the helmet in its sealed box. The money is on "
        "your card within five working days.",
        "How long does delivery to Austria take?": "Three to six working days. The carrier calls you one day before.",
        "Is a bike for 1,200 euros delivered free?": "Yes, above 1,000 euros it is. Below that it costs 29 euros.",
        "Will it arrive assembled?": "Nine tenths of it. You fix handlebar and pedals; the tool is in the box.",
    }
)


async def test_examples_that_a_model_writes_in_pictures(w: World) -> None:
    """The window with what it would cost, what came of it, and a sample."""
    w.provider.base_models.append(TEACHER)
    w.provider.usage = (180, 40)
    w.provider.answer_to = _written
    async with w.bot(finetune_language=LANGUAGE), looking(w.sandbox.page_url, height=1400) as page:
        await w.person.command(USER, w.channel, "/finetune", "generate")
        window = page.get_by_role("dialog")
        with speaking(LANGUAGE):
            teacher, *_ = generation.teacher_field()
            await window.get_by_label(teacher).press_sequentially(TEACHER)
            await window.get_by_role("option", name=TEACHER, exact=True).click()
            await window.get_by_text(estimate_heading()).wait_for()
        for name, text in (("generate_n", "6"), ("topics", TOPICS), ("roles", ROLES), ("style", STYLE)):
            await window.locator(f"[name='f|{name}|{name}']").fill(text)
        with speaking(LANGUAGE):
            start = window.get_by_role("button", name=generation.start_button())
        # The page opens the menu of teachers again when the window is drawn anew.
        await window.locator(".menu").evaluate_all("menus => menus.forEach(menu => menu.replaceChildren())")
        await window.locator("[name='f|generate_n|generate_n']").scroll_into_view_if_needed()
        await picture_of(window, "generate-window")
        await start.click()
        card = await w.person.wait_message(w.channel, payload={"id": "gen-*/card"}, timeout=60)
        told = await w.person.wait_message(w.channel, thread_ts=card["ts"], payload={"id": "gen-*/result"}, timeout=60)
        await picture_of(await message(page, told), "generate-result")
        await w.person.click(USER, w.channel, told["ts"], "generation_sample")
        sample = await w.person.wait_ephemeral(USER, w.channel, action_id="generated_drop", timeout=60)
        await picture_of(await message(page, sample), "generate-sample")


async def test_accepted_answers_in_pictures(w: World) -> None:
    async with w.bot(finetune_language=LANGUAGE), looking(w.sandbox.page_url, height=1000) as page:
        for question, answer in list(WRITTEN.items())[:3]:
            asked = await w.person.say("ben", w.channel, question)
            said = await w.person.say(USER, w.channel, answer, asked["ts"])
            await w.person.react("ben", w.channel, said["ts"], "white_check_mark")
        await w.person.command(USER, w.channel, "/finetune", "answers")
        view = await w.person.wait_view(USER)
        window = page.get_by_role("dialog")
        with speaking(LANGUAGE):
            await expect(window.get_by_text(support.name_field())).to_be_visible()
        await picture_of(window, "answers-window")
        assert await w.person.submit(USER, view["id"], {}) == {}
        made = await w.person.wait_ephemeral(USER, w.channel, action_id="collection_queue", timeout=60)
        await picture_of(await message(page, made), "answers")


def _written(request: dict[str, Any]) -> str:
    asked = str(request["messages"][-1]["content"])
    questions = list(WRITTEN)[:3] if TOPICS.splitlines()[0] in asked else list(WRITTEN)[3:]
    return WRITTEN.get(asked) or json.dumps({"questions": questions}, ensure_ascii=False)
