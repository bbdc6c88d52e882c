"""The settings of a job: in the window, which shows what applies, and typed after `/finetune start`."""

import asyncio
from collections.abc import Callable
from typing import Any

import orjson
from e2e.world import MODEL, World, until

GRADER = '{"type":"string_check","name":"g","operation":"eq","input":"{{sample.output_text}}","reference":"{{item.a}}"}'


def preferences(count: int = 12) -> bytes:
    def said(role: str, text: str) -> list[dict[str, str]]:
        return [{"role": role, "content": text}]

    return b"\n".join(
        orjson.dumps(
            {
                "input": {"messages": said("user", f"Question {i}?")},
                "preferred_output": said("assistant", f"A kind answer {i}."),
                "non_preferred_output": said("assistant", f"A rude answer {i}."),
            }
        )
        for i in range(count)
    )


def fields(view: dict[str, Any]) -> set[str]:
    return {block["block_id"] for block in view["blocks"] if block["type"] == "input"}


def shown(view: dict[str, Any]) -> str:
    return orjson.dumps(view["blocks"]).decode()


async def opened(w: World, report: dict[str, Any], user: str = "ana") -> dict[str, Any]:
    await w.person.click(user, w.channel, report["ts"], "start_job")
    return await w.person.wait_view(user, timeout=30)


async def window(w: World, fits: Callable[[dict[str, Any]], bool], user: str = "ana") -> dict[str, Any]:
    """The window, once it is as it should be."""
    async with asyncio.timeout(30):
        while (view := await w.person.open_view(user)) is None or not fits(view):
            await asyncio.sleep(0.02)
    return view


async def test_a_preference_file_asks_for_beta_and_is_trained_by_dpo(w: World) -> None:
    async with w.bot():
        report = await w.drop("pairs.jsonl", preferences())
        view = await opened(w, report)
        assert "beta" in fields(view)
        assert "method" not in fields(view), "the file decides"
        values = {"beta": "0.1", "metadata": "team=support", "wandb": "tuning", "seed": "7"}
        assert await w.person.submit("ana", view["id"], values) == {}
        job = w.provider.jobs[await w.job_at_provider()]
        assert job["method"] == {"type": "dpo", "dpo": {"hyperparameters": {"beta": 0.1}}}
        assert job["metadata"]["team"] == "support"
        assert job["integrations"] == [{"type": "wandb", "wandb": {"project": "tuning"}}]
        assert job["seed"] == 7


async def test_the_estimate_follows_the_epochs_and_what_was_typed_stays(w: World) -> None:
    async with w.bot():
        view = await opened(w, await w.drop())
        assert "in 8 epochs (auto)" in shown(view)
        await w.person.click_in_view("ana", view["id"], "suffix", value="support")
        await w.person.click_in_view("ana", view["id"], "start_epochs", value="16")
        await window(w, lambda view: "in 16 epochs" in shown(view))
        assert await w.person.submit("ana", view["id"], {}) == {}
        job = w.provider.jobs[await w.job_at_provider()]
        assert job["user_provided_suffix"] == "support"
        assert job["method"]["supervised"]["hyperparameters"] == {"n_epochs": 16}


async def test_a_file_of_the_provider_changes_its_fields_with_the_method(w: World) -> None:
    async with w.bot():
        w.provider.files["file-there"] = ("pairs.jsonl", preferences())
        await w.person.command("ana", w.channel, "/finetune", "start file-there")
        view = await w.person.wait_view("ana", timeout=30)
        assert "beta" not in fields(view)
        await w.person.click_in_view("ana", view["id"], "batch", value="4")
        await w.person.click_in_view("ana", view["id"], "start_method", value="dpo")
        view = await window(w, lambda view: "beta" in fields(view))
        await w.person.click_in_view("ana", view["id"], "beta", value="0.3")
        await w.person.click_in_view("ana", view["id"], "start_method", value="supervised")
        await window(w, lambda view: "beta" not in fields(view))
        await w.person.click_in_view("ana", view["id"], "start_method", value="dpo")
        view = await window(w, lambda view: "beta" in fields(view))
        assert await w.person.submit("ana", view["id"], {}) == {}
        job = w.provider.jobs[await w.job_at_provider()]
        assert job["training_file"] == "file-there"
        assert job["method"]["dpo"]["hyperparameters"] == {"batch_size": 4, "beta": 0.3}


async def test_settings_that_were_typed_are_confirmed_with_the_price_before_anything_is_spent(w: World) -> None:
    async with w.bot():
        await w.drop()
        await w.person.command("ana", w.channel, "/finetune", "start epochs=3 lr=0.3 batch=auto name=support seed=7")
        question = await w.person.wait_ephemeral("ana", w.channel, action_id="start_confirmed")
        assert "in 3 epochs" in orjson.dumps(question["blocks"]).decode()
        assert w.provider.jobs == {}
        await w.person.click("ana", w.channel, question["ts"], "start_confirmed")
        await w.person.wait_message(w.channel, contains="support", author=w.bot_user, timeout=30)
        job = w.provider.jobs[await w.job_at_provider()]
        assert job["method"]["supervised"]["hyperparameters"] == {"n_epochs": 3, "learning_rate_multiplier": 0.3}
        assert len(w.provider.jobs) == 1
        answer = await w.person.wait_ephemeral("ana", w.channel, contains="is on its way", timeout=30)
        assert answer["ts"] == question["ts"], "the question gives way to the answer"


async def test_with_confirm_yes_nothing_is_asked_and_the_split_off_part_validates(w: World) -> None:
    async with w.bot() as bot:
        await w.drop("train.jsonl")
        await w.drop("other.jsonl", preferences())
        await w.person.command("ana", w.channel, "/finetune", "start train.jsonl validation=split confirm=yes")
        await w.person.wait_ephemeral("ana", w.channel, contains="Nothing was split off", timeout=30)
        await w.person.command("ana", w.channel, "/finetune", "start other.jsonl beta=0.5 method=dpo confirm=yes")
        await w.person.wait_message(w.channel, contains="other.jsonl", author=w.bot_user, timeout=30)
        job = w.provider.jobs[await w.job_at_provider()]
        assert job["method"]["dpo"]["hyperparameters"] == {"beta": 0.5}
        (stored,) = await bot.services.jobs.latest(1)
        assert stored.cause, "what was typed is known as the cause of the job"


async def test_settings_that_do_not_fit_are_refused_before_anything_is_uploaded(w: World) -> None:
    async with w.bot():
        await w.drop()
        for words, answer in (
            ("start beta=0.1 confirm=yes", "Supervised fine-tuning has no `beta`"),
            ("start method=dpo", "The examples of this file are for supervised fine-tuning"),
            ("start grader='{}'", "missing required field"),
            ("start metadata=team", "Metadata are pairs such as"),
            ("start validation=nowhere.jsonl", "There is no validation file nowhere.jsonl"),
            ("start model=gpt-9 epochs=1", "cannot fine-tune gpt-9"),
            (f"start model={MODEL} method=reinforcement grader='{GRADER}'", "are for supervised"),
        ):
            await w.person.command("ana", w.channel, "/finetune", words)
            await w.person.wait_ephemeral("ana", w.channel, contains=answer, timeout=30)
        assert w.provider.files == {}
        assert w.provider.jobs == {}


async def test_training_goes_on_from_a_fine_tuned_model_with_advice(w: World) -> None:
    async with w.bot():
        tuned = f"ft:{MODEL}:acme:old:abc12345"
        w.provider.tuned.append(tuned)
        await w.drop()
        await w.person.command("ana", w.channel, "/finetune", f"start model={tuned}")
        question = await w.person.wait_ephemeral("ana", w.channel, action_id="start_confirmed")
        assert "lower the learning rate multiplier" in question["plain"]
        await w.person.click("ana", w.channel, question["ts"], "start_confirmed")
        await until(lambda: bool(w.provider.jobs), 30)
        assert w.provider.jobs[await w.job_at_provider()]["model"] == tuned


async def test_only_the_one_who_asked_starts_what_was_asked_for(w: World) -> None:
    async with w.bot() as bot:
        report = await w.drop()
        mention = f"<@{bot.services.bot_user}>"
        await w.person.say("ben", w.channel, f"{mention} start epochs=2", thread_ts=report["thread_ts"])
        question = await w.person.wait_message(w.channel, thread_ts=report["thread_ts"], action_id="start_confirmed")
        await w.person.click("ana", w.channel, question["ts"], "start_confirmed")
        await w.person.wait_ephemeral("ana", w.channel, contains="Only the person who typed this", timeout=30)
        assert w.provider.jobs == {}


def questions(count: int = 12) -> bytes:
    return b"\n".join(
        orjson.dumps({"messages": [{"role": "user", "content": f"What is {i} and {i}?"}], "a": str(2 * i)})
        for i in range(count)
    )


async def test_reinforcement_asks_for_a_grader_and_a_validation_file(w: World) -> None:
    # No model that OpenAI still trains has this method; a provider that is not known to us may.
    w.provider.base_models = ["some-reasoner"]
    async with w.bot():
        report = await w.drop("sums.jsonl", questions())
        await w.drop("more-sums.jsonl", questions(20))
        view = await opened(w, report)
        assert {"grader", "effort"} <= fields(view)
        errors = await w.person.submit("ana", view["id"], {"grader": '{"type": "string_check"}'})
        assert "missing required field" in errors["grader"]
        assert "validation" in errors
        values = {"grader": GRADER, "validation": "more-sums.jsonl", "effort": "low"}
        assert await w.person.submit("ana", view["id"], values) == {}
        job = w.provider.jobs[await w.job_at_provider()]
        assert job["method"]["reinforcement"]["grader"] == orjson.loads(GRADER)
        assert job["method"]["reinforcement"]["hyperparameters"] == {"reasoning_effort": "low"}
        assert job["validation_file"]
