"""Pictures of docs/ for which nothing has to learn: taken where FINETUNE_PICTURES names a folder (scripts/pictures)."""

import asyncio
import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final
from zlib import crc32

import orjson
import pytest
from playwright.async_api import Page, expect

from app.run import Bot
from bot.jobs.job import Job
from sandbox.seed import ANA, MEI
from tests.browser import chromium
from tests.e2e.world import MODEL, World, examples, until
from tests.moving import made_before, providers
from tests.pictures import IN_CHINESE, LANGUAGE, PICTURES, USER, looking, message, picture, picture_of
from tests.stand_in_provider import StandInProvider
from texts import feedback, sweeps
from texts.evaluations.question import estimate_heading
from texts.language import speaking

pytestmark = pytest.mark.skipif(not PICTURES, reason="takes pictures only")

JUDGE: Final = "Qwen/Qwen3-32B"
TUNED: Final = f"ft:{MODEL}:acme:tickets:abc12345"
CHAT: Final = "POST /chat/completions"
THINGS: Final = (
    ("自行车", "头盔", "车灯", "车锁", "儿童车", "打气筒", "货架", "坐垫")
    if IN_CHINESE
    else ("bike", "helmet", "light", "lock", "child's bike", "pump", "carrier", "saddle")
)
TICKETS: Final[Mapping[str, tuple[str, ...]]] = (
    {
        "物流": ("我的{}本该周一送到，现在在哪里？", "{}的快递单号查不到。", "{}能不能改到周五送？"),
        "退款": ("{}不合适，我想退货退款。", "{}的钱扣了两次，请退一次。", "两周前就退回了{}，什么时候到账？"),
        "维修": ("{}响个不停，能修吗？", "{}掉了一个零件，修好要多少钱？", "想预约检查我的{}。"),
        "其他": ("你们周日卖{}吗？", "送朋友的话选哪种{}好？", "{}有红色的吗？"),
    }
    if IN_CHINESE
    else {
        "delivery": (
            "Where is my {}? It should have come on Monday.",
            "The tracking number of the {} does not work.",
            "Can you bring the {} on Friday instead?",
        ),
        "refund": (
            "The {} does not fit. I want my money back.",
            "You charged me twice for the {}.",
            "I sent the {} back two weeks ago. When do you pay?",
        ),
        "repair": (
            "My {} rattles. Can you mend it?",
            "A part of the {} has come off. What would it cost?",
            "I would like to have my {} checked.",
        ),
        "other": (
            "Do you sell this {} on Sundays?",
            "Which {} would you give to a friend?",
            "Is there a red {}?",
        ),
    }
)
LABEL_OF: Final = {text.format(thing): label for label, asked in TICKETS.items() for thing in THINGS for text in asked}
SYSTEM, HEDGED, POLITE, CURT = (
    ("请把工单归类。", "这可能属于{}，不过要再看一看。", "好的，{}的事我马上查，今天内回复您。", "不知道。")
    if IN_CHINESE
    else (
        "Sort the ticket.",
        "This could be {}, but somebody should have a look.",
        "Thank you for telling us. I look after your ticket about {} today.",
        "No idea.",
    )
)
PROMPTFOO: Final = """
description: Opening hours
prompts: ["When do you open on {{day}}?"]
tests:
  - vars: {day: Monday}
    assert: [{type: icontains, value: "eight"}]
  - vars: {day: Sunday}
    assert: [{type: icontains, value: "ten"}, {type: javascript, value: "output.length < 90"}]
  - vars: {day: Christmas}
    assert: [{type: icontains, value: "closed"}, {type: cost, threshold: 0.01}]
"""


async def test_a_sweep_and_a_report_in_pictures(w: World) -> None:
    async with w.bot(finetune_language=LANGUAGE) as bot:
        report = await w.drop("support.jsonl", examples(240), USER)
        async with looking(w.sandbox.page_url, height=1000) as page:
            with speaking(LANGUAGE):
                several, _ = sweeps.several_entry()
            await w.person.choose(USER, w.channel, report["ts"], "dataset_more", several)
            view = await w.person.wait_view(USER)
            await picture_of(page.get_by_role("dialog"), "sweep-settings")
            await w.person.close_view(USER, view["id"])
        await w.drop("support-validation.jsonl", examples(24, "Of course."), USER)
        typed = "sweep support.jsonl epochs=1,3 lr=0.5,1,2 validation=support-validation.jsonl confirm=yes"
        await w.person.command(USER, w.channel, "/finetune", typed)
        card = await w.person.wait_message(w.channel, payload={"id": "card/sweep-*"}, timeout=60)
        await until(lambda: len(w.provider.jobs) == 6)
        for number, job_id in enumerate(list(w.provider.jobs)):
            _train(w, job_id, number)
        await w.wait_notice("ended", card)
        await w.settled(bot)
        async with looking(w.sandbox.page_url, width=1440, height=900) as page:
            shown = await message(page, card)
            await shown.locator(".replies").click()
            await page.wait_for_timeout(1000)
            await shown.scroll_into_view_if_needed()
            await picture(page, "sweep")

        # The page that is handed on, as a browser shows it.
        best = next(job for job in await bot.services.jobs.latest(9) if job.suffix == "support-5")
        await w.person.command(USER, w.channel, "/finetune", f"report {best.id}")
        workspace = w.sandbox.state.workspace
        await until(lambda: f"{best.id}.pdf" in {file.name for file in workspace.files.values() if file.shares})
        (page_id,) = [file.id for file in workspace.files.values() if file.name == f"{best.id}.html"]
        async with chromium() as browser:
            page = await browser.new_page(viewport={"width": 900, "height": 1200}, color_scheme="light")
            await page.set_content((workspace.store.files / page_id).read_text(encoding="utf-8"))
            await picture(page, "job-report", still=True)


async def test_steps_of_workflows_in_pictures(w: World) -> None:
    w.provider.tuned.append(TUNED)
    w.provider.answer = POLITE.format(THINGS[0])
    async with w.bot(finetune_language=LANGUAGE):
        await w.drop("support.jsonl", examples(240), USER)
        async with looking(w.sandbox.page_url, height=940) as page:
            await page.get_by_role("link", name="Workflows").click()
            starting, asking = await page.locator("form.step").all()
            await starting.get_by_label("Settings").fill("epoch=3")
            await starting.get_by_role("button").click()
            await expect(page.locator(".run.failed")).to_be_visible()
            await starting.get_by_label("Settings").fill("epochs=3")
            await starting.get_by_role("button").click()
            await expect(page.locator(".run.completed")).to_be_visible()
            await asking.get_by_label("Model").fill("tickets")
            await asking.get_by_label("Question").fill(next(iter(LABEL_OF)))
            await asking.get_by_role("button").click()
            await expect(page.locator(".run.completed")).to_have_count(2)
            await picture(page, "workflows", still=True)


async def test_a_move_in_pictures(w: World) -> None:
    """The window, the plan, and the card at the end."""
    async with StandInProvider(("Qwen3-4B", "SmolLM2-135M-Instruct")) as other:
        await made_before(w, ("support", "tickets", "house-voice", "mails"), each=400)
        w.provider.shutdown_dates = dict.fromkeys(w.provider.tuned, "2027-01-14")
        w.provider.answer_to = lambda request: _counted(request, every=3)
        other.answer_to = lambda request: _counted(request, every={"support": 60, "tickets": 2}.get(_tuned(request), 3))
        async with w.bot(finetune_language=LANGUAGE, finetune_providers=Path(providers(w, other))) as bot:
            async with looking(w.sandbox.page_url, height=1000) as page:
                await w.person.command(USER, w.channel, "/finetune", "move")
                view = await w.person.wait_view(USER)
                await picture_of(page.get_by_role("dialog"), "move-window")
                await w.person.close_view(USER, view["id"])
            await w.person.command(USER, w.channel, "/finetune", "move all to home")
            plan = await w.person.wait_ephemeral(USER, w.channel, contains="home")
            async with looking(w.sandbox.page_url, width=1100, height=1000) as page:
                await picture_of(await message(page, plan), "move-plan")
            await w.person.click(USER, w.channel, plan["ts"], "move_confirmed")
            card = await w.person.wait_message(w.channel, payload={"id": "card/move-*"}, timeout=60)
            await until(lambda: len(other.jobs) == 4)
            for job in list(other.jobs):
                other.run(job, 2)
                other.succeed(job)
            await w.wait_notice("ended", card)
            await w.settled(bot)
            async with looking(w.sandbox.page_url, width=1440, height=1100) as page:
                shown = await message(page, card)
                await shown.locator(".replies").click()
                await page.wait_for_timeout(1000)
                await shown.scroll_into_view_if_needed()
                await picture(page, "move")


def _tuned(request: dict[str, Any]) -> str:
    """The name of the fine-tuned model that is asked, without its provider's."""
    return str(request["model"]).split(":")[3].removesuffix("-home") if ":" in request["model"] else ""


def _counted(request: dict[str, Any], *, every: int) -> str:
    """As the training files have it, but for every so manieth question."""
    number = str(request["messages"][-1]["content"]).removeprefix("Question number ").removesuffix("?")
    return "I do not know." if int(number) % every == 0 else f"Certainly. {number}"


async def test_an_evaluation_of_labels_in_pictures(w: World) -> None:
    """From the window to the labels and the differences."""
    w.provider.usage = (48, 3)
    w.provider.answer_to = _sorted
    async with w.bot(finetune_language=LANGUAGE) as bot:
        await _files(w)
        job = await _started(w, bot, "suffix=tickets epochs=3")
        w.provider.succeed(_at_provider(w, job))
        async with looking(w.sandbox.page_url) as page:
            await _question(w, page)
            thread = await _window(w, page)
            await _running(w, page, thread)
            for kind, name in (
                ("result", "evaluate-result"),
                ("classes", "evaluate-labels"),
                ("differences", "evaluate-differences"),
            ):
                told = await w.person.wait_message(
                    w.channel, thread_ts=thread, payload={"id": f"eval-*/{kind}"}, timeout=170
                )
                await picture_of(await message(page, told), name)


async def _question(w: World, page: Page) -> None:
    """What a command is answered with."""
    await w.wait_card("job_evaluate")
    typed = f"evaluate {MODEL},tickets on tickets-validation.jsonl"
    await w.person.command(USER, w.channel, "/finetune", typed)
    question = await w.person.wait_ephemeral(USER, w.channel, action_id="evaluation_confirmed", timeout=60)
    await picture_of(await message(page, question), "evaluate-question")


async def _window(w: World, page: Page) -> str:
    """*Evaluate* on the card of a finished job, in whose thread the evaluation will be."""
    card = await w.wait_card("job_evaluate")
    await w.person.click(USER, w.channel, card["ts"], "job_evaluate")
    window = page.get_by_role("dialog")
    with speaking(LANGUAGE):
        await window.get_by_text(estimate_heading()).wait_for()
    await picture_of(window, "evaluate-window")
    return str(card["ts"])


async def _running(w: World, page: Page, thread: str) -> None:
    """Sent off, looked at when some of the answers are there, and let go on."""
    held = asyncio.Event()
    w.provider.fault(CHAT, 96)  # nothing goes wrong with these
    w.provider.fault(CHAT, 32, hold=held)
    view = await w.person.wait_view(USER)
    assert await w.person.submit(USER, view["id"], {}) == {}
    card = await w.person.wait_message(
        w.channel, thread_ts=thread, payload={"id": "eval-*/card"}, contains="▰", timeout=120
    )
    await picture_of(await message(page, card), "evaluate-running")
    held.set()


async def test_a_dropped_grader_in_pictures(w: World) -> None:
    async with w.bot(finetune_language=LANGUAGE):
        dropped = await w.person.drop_bytes(USER, w.channel, [("hours.yaml", PROMPTFOO.encode())])
        told = await w.person.wait_message(w.channel, thread_ts=dropped["ts"], action_id="evaluate_with", timeout=60)
        async with looking(w.sandbox.page_url) as page:
            await picture_of(await message(page, told), "grader-dropped")


async def test_metrics_history_and_checkpoints_in_pictures(w: World) -> None:
    async with w.bot(finetune_language=LANGUAGE) as bot:
        await _files(w)
        short = await _started(w, bot, "suffix=tickets-1 epochs=3 lr=0.5")
        long = await _started(w, bot, "suffix=tickets-2 epochs=3 lr=2")
        wrong = await _started(w, bot, "suffix=tickets-3 epochs=1 lr=8")
        for job, speed, rises in ((short, 0.06, 0.0), (long, 0.14, 0.011)):
            _course(w, _at_provider(w, job), speed, rises)
        w.provider.run(_at_provider(w, wrong), steps=3)
        w.provider.fail(_at_provider(w, wrong), "server_error", "The job failed due to an internal error.")
        running = await _started(w, bot, "suffix=tickets-4 epochs=3 lr=1")
        w.provider.run(_at_provider(w, running), steps=6)
        await until(lambda: all(_at_provider(w, job) for job in (short, long)))
        await w.person.wait_message(w.channel, payload={"id": f"card/{long.id}"}, action_id="job_chat", timeout=60)
        await w.settled(bot)
        async with looking(w.sandbox.page_url) as page:
            for words, action, name in (
                (f"metrics {short.id} {long.id}", "metrics_numbers", "metrics"),
                ("jobs file=tickets.jsonl last=7d sort=loss", "jobs_csv", "history"),
                (f"checkpoints {long.id}", "checkpoints_compare", "checkpoints"),
                ("", "ask_settings", "launcher"),
                ("help start", "ask_command", "help"),
            ):
                await w.person.command(USER, w.channel, "/finetune", words)
                told = await w.person.wait_ephemeral(USER, w.channel, action_id=action, timeout=60)
                await picture_of(await message(page, told), name)
            await page.get_by_role("link", name="Finetune Bot").click()
            await page.get_by_role("link", name="Home").click()
            await w.person.wait_home(USER, contains="tickets-4", timeout=60)
            await page.set_viewport_size({"width": 1280, "height": 720})
            await picture_of(page.locator("#home"), "home")


async def test_a_judge_in_pictures(w: World) -> None:
    """Held to the thumbs of people."""
    w.provider.base_models.append(JUDGE)
    w.provider.tuned.append(TUNED)
    w.provider.answer_to = _replied
    async with w.bot(finetune_language=LANGUAGE) as bot:
        await w.person.command(USER, w.channel, "/finetune", f"chat {TUNED}")
        thread = (await w.wait_chat())["ts"]
        with speaking(LANGUAGE):
            good, bad = feedback.good(), feedback.bad()
        last = thread
        for question in [text for place, text in enumerate(LABEL_OF) if place % 4 == 0]:
            await w.person.say(USER, w.channel, question, thread_ts=thread)
            answer = await w.person.wait_message(
                w.channel, thread_ts=thread, after=last, action_id="answer_feedback", author=w.bot_user, timeout=60
            )
            last = answer["ts"]
            like = _luck(question) > 45 if _luck(question) % 5 else _luck(question) <= 45
            await w.person.click("ben", w.channel, last, "answer_feedback", value=good if like else bad)
            if not like:
                view = await w.person.wait_view("ben", 60)
                await w.person.close_view("ben", view["id"])
        await w.settled(bot)
        await w.person.command(USER, w.channel, "/finetune", f"judge {JUDGE}")
        asked = await w.person.wait_ephemeral(USER, w.channel, action_id="judge_confirmed", timeout=60)
        await w.person.click(USER, w.channel, asked["ts"], "judge_confirmed")
        card = await w.person.wait_message(w.channel, payload={"id": "judge-*/card"}, timeout=60)
        told = await w.person.wait_message(
            w.channel, thread_ts=card["ts"], payload={"id": "judge-*/result"}, timeout=60
        )
        async with looking(w.sandbox.page_url) as page:
            await picture_of(await message(page, told), "judge")


async def test_an_export_in_pictures(w: World) -> None:
    w.provider.tuned.append(TUNED)
    w.provider.answer = "8"
    async with w.bot(finetune_language=LANGUAGE, finetune_admins=[ANA, MEI]):
        await w.person.command(USER, w.channel, "/finetune", f"export {TUNED} as=gguf quantization=q4_k_m")
        await w.person.wait_message(w.channel, payload={"id": "export-*"}, timeout=20)
        question = next(iter(LABEL_OF))
        w.provider.end_export(
            filename="tickets.q4_k_m.gguf",
            bytes=61_400_000,
            sha256="9f2c1ab04e77d1c6" * 4,
            trial={"prompt": question, "exported": LABEL_OF[question]},
        )
        ready = await w.person.wait_message(w.channel, action_id="export_upload", timeout=20)
        await w.person.click(USER, w.channel, ready["ts"], "export_upload")
        files = w.sandbox.state.workspace.files
        await until(lambda: any(file.name.endswith(".gguf") for file in files.values()))
        for file in files.values():
            file.size = 61_400_000  # as the message says; the stand-in's is shorter
        async with looking(w.sandbox.page_url, height=760) as page:
            shown = await message(page, ready)
            await shown.locator(".replies").click()
            await picture(page, "export")


# What is asked, what models say, and what is measured of them


async def _files(w: World) -> None:
    for name, rests in (("tickets.jsonl", (0,)), ("tickets-validation.jsonl", (1, 2))):
        lines = [
            {"role": "system", "content": SYSTEM},
        ]
        rows = [
            {"messages": [*lines, {"role": "user", "content": text}, {"role": "assistant", "content": label}]}
            for place, (text, label) in enumerate(LABEL_OF.items())
            if place % 3 in rests
        ]
        await w.drop(name, b"\n".join(map(orjson.dumps, rows)), USER)


async def _started(w: World, bot: Bot, settings: str) -> Job:
    known = {job.id for job in await bot.services.jobs.latest(20)}
    typed = f"start tickets.jsonl validation=tickets-validation.jsonl {settings} confirm=yes"
    count = len(w.provider.jobs)
    await w.person.command(USER, w.channel, "/finetune", typed)
    await until(lambda: len(w.provider.jobs) > count)
    (job,) = [job for job in await bot.services.jobs.latest(20) if job.id not in known]
    return job


def _at_provider(w: World, job: Job) -> str:
    (found,) = [one for one, what in w.provider.jobs.items() if what["user_provided_suffix"] == job.suffix]
    return found


def _luck(text: str) -> int:
    """From 0 to 99, the same each time."""
    return crc32(text.encode()) % 100


def _sorted(body: dict[str, Any]) -> str:
    """Labels: the fine-tuned model takes some for the next one, the base model hedges, and sees "other" everywhere."""
    text = body["messages"][-1]["content"]
    right, labels = LABEL_OF[text], [*TICKETS]
    if body["model"] != MODEL:
        return labels[(labels.index(right) + 1) % 4] if _luck(text[::-1]) < 12 else right
    if _luck(text) < 45:
        return HEDGED.format(right) if _luck(text) % 3 == 0 else labels[-1]
    return right


def _replied(body: dict[str, Any]) -> str:
    """What is said to a ticket, and what a judge says of that."""
    if body["model"] == JUDGE:
        return '{"reasoning": "As asked.", "result": %s}' % (0 if CURT in str(body["messages"]) else 1)
    text = body["messages"][-1]["content"]
    return CURT if _luck(text) <= 45 else POLITE.format(LABEL_OF[text])


def _train(w: World, job_id: str, number: int) -> None:
    """As if it had learned: the last one best."""
    w.provider.run(job_id)
    for step in range(1, 31):
        data = {"step": step, "total_steps": 30, "train_loss": round(2.4 / (1 + step * (0.1 + 0.03 * number)), 4)}
        if step % 5 == 0:
            data["full_valid_loss"] = round(2.5 / (1 + step * (0.16 - 0.02 * abs(number - 4))), 4)
            data["full_valid_mean_token_accuracy"] = round(0.6 + 0.01 * step - 0.02 * abs(number - 4), 4)
        w.provider.add_event(job_id, f"Step {step}/30", type="metrics", data=data)
    w.provider.succeed(job_id)


def _course(w: World, job_id: str, speed: float, rises: float) -> None:
    """Sixty steps with a checkpoint every twenty; the validation loss `rises` by so much a step from step 30 on."""
    w.provider.run(job_id)
    for step in range(1, 61):
        noise = 0.25 * math.sin(step * 2.6) / (1 + step * 0.1)
        loss = 0.2 + 2.4 / (1 + step * speed) + noise
        data = {"step": step, "total_steps": 60, "train_loss": round(loss, 4)}
        data["train_mean_token_accuracy"] = round(1 - loss / 3.2, 4)
        if step % 10 == 0:
            held_back = 0.3 + 2.4 / (1 + step * speed) + max(0, step - 30) * rises
            data |= {
                "full_valid_loss": round(held_back, 4),
                "full_valid_mean_token_accuracy": round(1 - held_back / 3, 4),
            }
        w.provider.add_event(job_id, f"Step {step}/60", type="metrics", data=data)
        if step in (20, 40):
            w.provider.checkpoint(job_id, step)
            saved = w.provider.checkpoints[job_id][-1]
            suffix = w.provider.jobs[job_id]["user_provided_suffix"]
            name = f"ft:{MODEL}:acme:{suffix}:{job_id[-8:]}:ckpt-step-{step}"
            saved |= {"metrics": data, "fine_tuned_model_checkpoint": name}
    w.provider.succeed(job_id)
    w.provider.checkpoints[job_id][-1] |= {"metrics": data, "step_number": 60}
