"""A report offers only what the provider here can do, and so does whatever starts a job."""

from typing import Any

import orjson

from tests.e2e.test_settings import preferences, questions
from tests.e2e.world import World, examples

LOCAL = "SmolLM2-135M-Instruct"


def pictures() -> bytes:
    picture = {"type": "image_url", "image_url": {"url": "https://example.com/a.png"}}
    return b"\n".join(
        orjson.dumps({"messages": [
            {"role": "user", "content": [{"type": "text", "text": f"What is on picture {i}?"}, picture]},
            {"role": "assistant", "content": f"House number {i}."},
        ]})
        for i in range(12)
    )  # fmt: skip


def _buttons(message: dict[str, Any]) -> set[str]:
    elements = [element for block in message["blocks"] for element in block.get("elements", [])]
    return {str(element.get("action_id")) for element in elements}


async def test_what_no_model_here_learns_from_is_not_offered(w: World) -> None:
    missing = "on chat examples with images"
    w.provider.base_models = [LOCAL]
    async with w.bot():
        report = await w.drop("train.jsonl", pictures())
        assert "ready for training" not in report["plain"]
        assert missing in report["plain"]
        assert "say in words what the images show" in report["plain"]
        assert "start_job" not in _buttons(report)
        await w.person.command("ana", w.channel, "/finetune", "start train.jsonl")
        view = await w.person.wait_view("ana")
        assert missing in orjson.dumps(view).decode()
        await w.person.command("ana", w.channel, "/finetune", "start train.jsonl confirm=yes")
        await w.person.wait_ephemeral("ana", w.channel, contains=missing)
        await w.person.command("ana", w.channel, "/finetune", f"start train.jsonl model={LOCAL} confirm=yes")
        await w.person.wait_ephemeral("ana", w.channel, contains="Choose another model")
        assert not w.provider.files
        assert not w.provider.jobs


async def test_a_provider_that_tells_its_methods_is_believed(w: World) -> None:
    w.provider.base_models = ["some-reasoner"]
    w.provider.methods = ["supervised", "dpo"]
    async with w.bot():
        assert "start_job" not in _buttons(await w.drop("sums.jsonl", questions()))
        assert "start_job" in _buttons(await w.drop("pairs.jsonl", preferences()))


async def test_what_the_provider_trains_is_offered_as_before(w: World) -> None:
    async with w.bot():
        assert "start_job" in _buttons(await w.drop("train.jsonl", examples(12)))
