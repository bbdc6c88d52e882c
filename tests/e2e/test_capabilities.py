"""A report offers only what the provider here can do, and so does whatever starts a job."""

from typing import Any

import orjson
import pytest
from e2e.test_settings import preferences, questions
from e2e.world import World, examples

LOCAL = "SmolLM2-135M-Instruct"
FOURO = "gpt-4o-mini-2024-07-18"


def pictures() -> bytes:
    picture = {"type": "image_url", "image_url": {"url": "https://example.com/a.png"}}
    return b"\n".join(
        orjson.dumps({"messages": [
            {"role": "user", "content": [{"type": "text", "text": f"What is on picture {i}?"}, picture]},
            {"role": "assistant", "content": f"House number {i}."},
        ]})
        for i in range(12)
    )  # fmt: skip


def completions() -> bytes:
    return b"\n".join(
        orjson.dumps({"prompt": f"Question {i}? ->", "completion": f" Answer {i}. END"}) for i in range(12)
    )


def _buttons(message: dict[str, Any]) -> set[str]:
    elements = [element for block in message["blocks"] for element in block.get("elements", [])]
    return {str(element.get("action_id")) for element in elements}


@pytest.mark.parametrize(
    ("model", "content", "missing", "advice"),
    [
        (LOCAL, questions(), "No other provider that I know has one", "write the answer that you want"),
        ("meta-llama/Llama-3.1-8B-Instruct", preferences(), "by DPO, which preference", "the trainer that comes with"),
        (LOCAL, pictures(), "on chat examples with images", "say in words what the images show"),
        (FOURO, completions(), "on completion examples", "make chat examples of them"),
    ],
    ids=["reinforcement", "preference", "images", "completion"],
)
async def test_what_no_model_here_learns_from_is_not_offered(
    w: World, model: str, content: bytes, missing: str, advice: str
) -> None:
    w.provider.base_models = [model]
    async with w.bot():
        report = await w.drop("train.jsonl", content)
        assert "ready for training" not in report["plain"]
        assert missing in report["plain"]
        assert advice in report["plain"]
        assert "start_job" not in _buttons(report)
        await w.person.command("ana", w.channel, "/finetune", "start train.jsonl")
        view = await w.person.wait_view("ana", timeout=30)
        assert missing in orjson.dumps(view).decode()
        await w.person.command("ana", w.channel, "/finetune", "start train.jsonl confirm=yes")
        await w.person.wait_ephemeral("ana", w.channel, contains=missing)
        await w.person.command("ana", w.channel, "/finetune", f"start train.jsonl model={model} confirm=yes")
        await w.person.wait_ephemeral("ana", w.channel, contains="Choose another model")
        assert not w.provider.files
        assert not w.provider.jobs


async def test_a_provider_that_tells_its_methods_is_believed(w: World) -> None:
    w.provider.base_models = ["some-reasoner"]
    w.provider.methods = ["supervised", "dpo"]
    async with w.bot():
        assert "start_job" not in _buttons(await w.drop("sums.jsonl", questions()))
        assert "start_job" in _buttons(await w.drop("pairs.jsonl", preferences()))


async def test_where_one_of_several_models_fits_only_that_is_offered(w: World) -> None:
    w.provider.base_models = [FOURO, LOCAL]
    async with w.bot():
        report = await w.drop("train.jsonl", completions())
        assert LOCAL in report["plain"]
        assert FOURO not in report["plain"]
        await w.person.click("ana", w.channel, report["ts"], "start_job")
        view = orjson.dumps(await w.person.wait_view("ana", timeout=30)).decode()
        assert LOCAL in view
        assert FOURO not in view


async def test_a_validation_file_of_another_format_is_refused_before_anything_is_uploaded(w: World) -> None:
    async with w.bot():
        await w.drop("train.jsonl")
        await w.drop("pairs.jsonl", preferences())
        await w.drop("broken.jsonl", b'{"messages": []}\n' * 12)
        for validation, why in (("pairs.jsonl", "cannot validate chat"), ("broken.jsonl", "broken.jsonl")):
            words = f"start train.jsonl validation={validation} confirm=yes"
            await w.person.command("ana", w.channel, "/finetune", words)
            await w.person.wait_ephemeral("ana", w.channel, contains=why)
        assert not w.provider.files


async def test_what_the_provider_trains_is_offered_as_before(w: World) -> None:
    async with w.bot():
        assert "start_job" in _buttons(await w.drop("train.jsonl", examples(12)))
