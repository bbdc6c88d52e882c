"""A model that is exported, across a restart."""

from typing import Any

import orjson

from sandbox.seed import ANA
from tests.e2e.world import MODEL, World

TUNED = f"ft:{MODEL}:acme:support:abc12345"


def text_of(message: dict[str, Any]) -> str:
    return orjson.dumps(message.get("blocks") or []).decode()


async def test_an_export_is_shown_in_one_message_until_its_file_can_be_fetched_and_put_there(w: World) -> None:
    w.provider.tuned.append(TUNED)
    async with w.bot(finetune_admins=[ANA]):
        await w.person.command("ana", w.channel, "/finetune", "export support as=gguf quantization=q8_0")
        await w.person.wait_message(w.channel, payload={"id": "export-*"})
    (export,) = w.provider.exports.values()
    export["progress"]["done"] = 40
    async with w.bot(finetune_admins=[ANA]):
        await w.person.wait_message(w.channel, contains="Writing · 40%")
        w.provider.end_export()
        shown = await w.person.wait_message(w.channel, action_id="export_upload")
        assert "curl -C - -H" in text_of(shown)
        assert f"$URL/x/exports/{export['id']}/content" in text_of(shown)
        assert "I can &lt;help&gt;." in text_of(shown)
        assert w.provider.key not in text_of(shown)
        await w.person.click("ana", w.channel, shown["ts"], "export_upload")
        await w.person.wait_message(w.channel, contains=", exported", thread_ts=shown["ts"])
    posted = [message for message in await w.person.messages(w.channel) if "q8_0" in text_of(message)]
    assert len(posted) == 1
