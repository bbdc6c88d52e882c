"""Files: up, down, shown, deleted."""

import asyncio
from pathlib import Path
from typing import Any

import httpx
import matplotlib.image
import numpy
import pytest
from slack_bolt.app.async_app import AsyncApp
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from sandbox.client import SandboxClient
from sandbox.seed import GENERAL
from sandbox.server import Sandbox

PNG = bytes.fromhex(
    "89504e470d0a1a0a0000000d4948445200000001000000010806000000"
    "1f15c4890000000d49444154789c6360606060000000050001a5f645400000000049454e44ae426082"
)


def image(file_id: str) -> list[dict[str, object]]:
    return [{"type": "image", "alt_text": "a point", "slack_file": {"id": file_id}}]


async def until_typed(slack: AsyncWebClient, file_id: str) -> None:
    """ControlRequest as a bot does, until Slack knows what the file is."""
    async with asyncio.timeout(60):
        while not (await slack.files_info(file=file_id))["file"]["mimetype"]:
            await asyncio.sleep(0.02)


async def test_an_upload_is_shared_as_a_message_with_its_comment(slack: AsyncWebClient, people: SandboxClient) -> None:
    parent = (await people.say("ana", "#general", "chart, please"))["ts"]
    done = await slack.files_upload_v2(
        filename="loss.png", content=PNG, channel=GENERAL, thread_ts=parent, initial_comment="the loss"
    )
    message = await people.wait_message("#general", "the loss", parent)
    assert message["files"][0]["id"] == done["files"][0]["id"]
    file = (await slack.files_info(file=done["files"][0]["id"]))["file"]
    assert file["shares"]["public"][GENERAL][0]["ts"] == message["ts"]


async def test_an_image_cannot_be_shown_before_slack_has_looked_at_it(
    slack: AsyncWebClient, people: SandboxClient
) -> None:
    await people.settings(file_processing=30.0)
    file = (await slack.files_upload_v2(filename="loss.png", content=PNG))["files"][0]["id"]
    with pytest.raises(SlackApiError) as caught:
        await slack.chat_postMessage(channel=GENERAL, text="x", blocks=image(file))
    assert caught.value.response["error"] == "invalid_blocks"
    assert "invalid slack file" in caught.value.response["errors"][0]
    await people.settings(file_processing=0.05)
    file = (await slack.files_upload_v2(filename="loss.png", content=PNG))["files"][0]["id"]
    await until_typed(slack, file)
    await slack.chat_postMessage(channel=GENERAL, text="x", blocks=image(file))


async def test_a_download_needs_the_token_and_the_scope_else_it_is_a_login_page(
    slack: AsyncWebClient, people: SandboxClient, sandbox: Sandbox
) -> None:
    dropped = await people.drop_bytes("ana", "#general", [("train.jsonl", b'{"a": 1}\n')], "look")
    file = (await slack.files_info(file=dropped["files"][0]["id"]))["file"]
    bearer = {"Authorization": f"Bearer {sandbox.bot_token}"}
    async with httpx.AsyncClient(follow_redirects=True, trust_env=False) as http:
        good = await http.get(file["url_private_download"], headers=bearer)
        assert good.content == b'{"a": 1}\n'
        nobody = await http.get(file["url_private_download"])
        assert nobody.status_code == 200
        assert nobody.headers["content-type"].startswith("text/html")
        assert nobody.history[0].status_code == 302
        await people.scopes(["chat:write"])
        assert b"<html" in (await http.get(file["url_private_download"], headers=bearer)).content


async def test_a_file_is_unknown_where_the_bot_is_not(slack: AsyncWebClient, people: SandboxClient) -> None:
    dropped = await people.drop_bytes("ana", "#random", [("a.txt", b"a")])
    with pytest.raises(SlackApiError, match="file_not_found"):
        await slack.files_info(file=dropped["files"][0]["id"])


async def test_a_deleted_file_leaves_a_tombstone_in_its_message(slack: AsyncWebClient, people: SandboxClient) -> None:
    dropped = await people.drop_bytes("ana", "#general", [("a.txt", b"a")], "see")
    file = dropped["files"][0]["id"]
    await people.delete_file("ana", file)
    with pytest.raises(SlackApiError, match="file_deleted"):
        await slack.files_info(file=file)
    assert (await people.messages("#general"))[-1]["files"] == [{"id": file, "mode": "tombstone"}]
    names = [d["name"] for d in await people.deliveries()]
    assert names[-2:] == ["file_deleted", "message.channels"]


async def test_an_upload_is_completed_once_and_its_bytes_must_be_those_promised(slack: AsyncWebClient) -> None:
    start = await slack.files_getUploadURLExternal(filename="a.txt", length=3)
    async with httpx.AsyncClient(trust_env=False) as http:
        assert (await http.post(start["upload_url"], content=b"abc")).text == "OK - 3"
        assert (await http.post(start["upload_url"], content=b"abc")).status_code == 404
        other = await slack.files_getUploadURLExternal(filename="b.txt", length=9)
        assert (await http.post(other["upload_url"], content=b"abc")).status_code == 400
    files = [{"id": start["file_id"], "title": "A"}]
    await slack.files_completeUploadExternal(files=files)
    with pytest.raises(SlackApiError, match="file_not_found"):
        await slack.files_completeUploadExternal(files=files)
    with pytest.raises(SlackApiError, match="invalid_arguments"):
        await slack.files_getUploadURLExternal(filename="a.txt", length=0)


@pytest.mark.parametrize("kind", ["png", "jpg"])
async def test_an_image_in_a_thread_is_told_with_its_comment_and_can_be_read(
    slack: AsyncWebClient, people: SandboxClient, sandbox: Sandbox, bolt: AsyncApp, tmp_path: Path, kind: str
) -> None:
    told: asyncio.Queue[dict[str, Any]] = asyncio.Queue()

    @bolt.event("message")
    async def shared(event: dict[str, Any]) -> None:
        if event.get("files"):
            await told.put(event)

    @bolt.event("file_shared")
    async def quiet() -> None:
        pass

    matplotlib.image.imsave(tmp_path / f"screen.{kind}", numpy.zeros((40, 60, 3)))
    parent = (await people.say("ana", "#general", "question"))["ts"]
    await people.drop("ana", "#general", tmp_path / f"screen.{kind}", "what is this?", parent)
    event = await told.get()
    assert (event["subtype"], event["text"], event["thread_ts"]) == ("file_share", "what is this?", parent)
    mimetype = {"png": "image/png", "jpg": "image/jpeg"}[kind]
    assert event["files"][0]["mimetype"] in ("", mimetype)  # most often it is not looked at yet
    await until_typed(slack, event["files"][0]["id"])
    file = (await slack.files_info(file=event["files"][0]["id"]))["file"]
    assert file["mimetype"] == mimetype
    assert (file["original_w"], file["original_h"]) == (60, 40)
    async with httpx.AsyncClient(trust_env=False) as http:
        for url in ("url_private", "url_private_download"):
            got = await http.get(file[url], headers={"Authorization": f"Bearer {sandbox.bot_token}"})
            assert got.headers["content-type"] == file["mimetype"]
            assert got.content == (tmp_path / f"screen.{kind}").read_bytes()
