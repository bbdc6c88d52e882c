"""Pictures of docs/ for which nothing has to learn: taken where FINETUNE_PICTURES names a folder (scripts/pictures)."""

import os
import re
from pathlib import Path

import pytest
from browser import chromium
from e2e.world import World, examples, until

from texts import sweeps
from texts.language import Language, speaking

PICTURES = os.environ.get("FINETUNE_PICTURES")
LANGUAGE = Language(os.environ.get("FINETUNE_LANGUAGE") or Language.ENGLISH)
PERSON = {Language.ENGLISH: ("ana", "Ana Reed"), Language.CHINESE: ("mei", "Mei Lin")}[LANGUAGE]

pytestmark = pytest.mark.skipif(not PICTURES, reason="takes pictures only")


async def test_a_sweep_and_a_report_in_pictures(w: World) -> None:
    user, name = PERSON
    async with w.bot(finetune_language=LANGUAGE) as bot:
        await w.drop("support.jsonl", examples(240), user)
        await w.drop("support-validation.jsonl", examples(24, "Of course."), user)
        typed = "sweep support.jsonl epochs=1,3 lr=0.5,1,2 validation=support-validation.jsonl confirm=yes"
        await w.person.command(user, w.channel, "/finetune", typed)
        card = await w.person.wait_message(w.channel, payload={"id": "card/sweep-*"}, timeout=60)
        await until(lambda: len(w.provider.jobs) == 6)
        for number, job_id in enumerate(list(w.provider.jobs)):
            _train(w, job_id, number)
        await w.wait_notice("ended", card)
        await w.settled(bot)
        async with chromium() as browser:
            page = await browser.new_page(viewport={"width": 1440, "height": 900}, color_scheme="light")
            await page.goto(w.sandbox.page_url)
            await page.get_by_role("link", name=name).click()
            await page.get_by_role("link", name="support-model").click()
            with speaking(LANGUAGE):
                title = sweeps.title("support.jsonl", 6)
            shown = page.get_by_role("main").get_by_role("article").filter(has_text=title)
            await shown.get_by_text(re.compile("[0-9]+ replies")).click()
            await page.wait_for_timeout(1000)
            await shown.scroll_into_view_if_needed()
            await page.evaluate("document.querySelectorAll('.newest').forEach(button => button.click())")
            await page.wait_for_timeout(400)
            await page.screenshot(path=Path(str(PICTURES)) / "sweep.png")

            # The page that is handed on, as a browser shows it.
            best = next(job for job in await bot.services.jobs.latest(9) if job.suffix == "support-5")
            await w.person.command(user, w.channel, "/finetune", f"report {best.id}")
            workspace = w.sandbox.state.workspace
            await until(lambda: f"{best.id}.pdf" in {file.name for file in workspace.files.values() if file.shares})
            (page_id,) = [file.id for file in workspace.files.values() if file.name == f"{best.id}.html"]
            page = await browser.new_page(viewport={"width": 900, "height": 1200}, color_scheme="light")
            await page.set_content((workspace.store.files / page_id).read_text(encoding="utf-8"))
            await page.wait_for_timeout(400)
            await page.screenshot(path=Path(str(PICTURES)) / "job-report.png")


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
