"""The sandbox as a process of its own, and what stays after it."""

import asyncio
import os
import signal
import sys
from pathlib import Path

import httpx
import pytest
from slack_sdk.web.async_client import AsyncWebClient

from sandbox.client import SandboxClient
from sandbox.server import Sandbox

MANIFEST = Path(__file__).with_name("manifest.yml")


async def test_it_prints_its_address_answers_healthz_and_stops_when_asked(tmp_path: Path) -> None:
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "sandbox", "--port", "0"),
        *("--data", str(tmp_path / "data"), "--manifest", str(MANIFEST), "--samples", str(tmp_path)),
        env=os.environ | {"SANDBOX_BOT_TOKEN": "xoxb-given", "SANDBOX_KEY": "given-key"},
        stdout=asyncio.subprocess.PIPE,
        cwd=Path(__file__).parents[2],
    )
    assert process.stdout is not None
    line = (await asyncio.wait_for(process.stdout.readline(), 20)).decode()
    assert line.startswith("sandbox ready http://127.0.0.1:")
    assert line.endswith("/?key=given-key\n")
    base = line.split()[2].partition("/?")[0]
    async with httpx.AsyncClient(trust_env=False) as http:
        assert (await http.get(f"{base}/healthz")).status_code == 200
    assert (await AsyncWebClient("xoxb-given", base_url=f"{base}/api/").auth_test())["ok"]
    process.send_signal(signal.SIGTERM)
    assert await asyncio.wait_for(process.wait(), 10) == 0


async def test_a_port_in_use_is_one_clear_sentence(tmp_path: Path, sandbox: Sandbox) -> None:
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "sandbox", "--port", str(sandbox.port)),
        *("--data", str(tmp_path / "other"), "--manifest", str(MANIFEST)),
        stderr=asyncio.subprocess.PIPE,
        cwd=Path(__file__).parents[2],
    )
    _, errors = await asyncio.wait_for(process.communicate(), 20)
    assert process.returncode == 1
    assert errors.decode().startswith("The sandbox cannot start: ")
    assert "Traceback" not in errors.decode()


async def test_everything_is_there_after_a_restart(tmp_path: Path) -> None:
    async with Sandbox(data=tmp_path, manifest=MANIFEST) as first, SandboxClient(first.page_url) as people:
        dropped = await people.drop_bytes("ana", "#general", [("a.jsonl", b"{}\n")], "keep me")
        slack = AsyncWebClient(first.bot_token, base_url=first.api_url)
        await slack.chat_postMessage(channel="C0GENERAL1", thread_ts=dropped["ts"], text="kept")
        tokens = (first.bot_token, first.app_token, first.signing_secret, first.key)
    async with Sandbox(data=tmp_path, manifest=MANIFEST) as second, SandboxClient(second.page_url) as people:
        assert tokens == (second.bot_token, second.app_token, second.signing_secret, second.key)
        thread = await people.messages("#general", dropped["ts"])
        assert [m["text"] for m in thread] == ["keep me", "kept"]
        async with httpx.AsyncClient(trust_env=False) as http:
            bearer = {"Authorization": f"Bearer {second.bot_token}"}
            file = await http.get(thread[0]["files"][0]["url_private"], headers=bearer)
        assert file.content == b"{}\n"
        later = await people.say("ana", "#general", "new")
        assert later["ts"] > thread[-1]["ts"]


def test_a_manifest_that_cannot_be_read_is_one_clear_sentence(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="cannot be read"):
        Sandbox(data=tmp_path, manifest=tmp_path / "none.yml")
    (tmp_path / "bad.yml").write_text("{")
    with pytest.raises(ValueError, match="not YAML"):
        Sandbox(data=tmp_path, manifest=tmp_path / "bad.yml")
