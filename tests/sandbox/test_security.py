"""Who gets in, and that nobody's text becomes the page's code."""

from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
import pytest_asyncio
from slack_sdk.web.async_client import AsyncWebClient

from sandbox.client import SandboxClient, SandboxError
from sandbox.seed import GENERAL
from sandbox.server import Sandbox


@pytest_asyncio.fixture(loop_scope="session")
async def browser(sandbox: Sandbox) -> AsyncIterator[httpx.AsyncClient]:
    """A browser that has opened the address with the key."""
    async with httpx.AsyncClient(base_url=sandbox.url, trust_env=False) as client:
        answer = await client.get(sandbox.page_url)
        assert "httponly; " in answer.headers["set-cookie"].lower() + "; "
        assert "samesite=strict" in answer.headers["set-cookie"].lower()
        yield client


@pytest.mark.parametrize("path", ["/", "/u/ana", "/u/ana/C0GENERAL1/live", "/control/users", "/archives/C/p1"])
async def test_nothing_is_shown_without_the_key(sandbox: Sandbox, path: str) -> None:
    async with httpx.AsyncClient(base_url=sandbox.url, trust_env=False) as stranger:
        assert (await stranger.get(path)).status_code == 403
        assert (await stranger.get(path, params={"key": "wrong"})).status_code == 403
    with pytest.raises(SandboxError):
        async with SandboxClient(sandbox.url, "wrong") as client:
            await client.users()


async def test_a_foreign_name_that_leads_here_is_turned_away(browser: httpx.AsyncClient, sandbox: Sandbox) -> None:
    assert (await browser.get("/u/ana", headers={"Host": "evil.example"})).status_code == 403
    assert (await browser.get("/u/ana", headers={"Host": f"localhost:{sandbox.port}"})).status_code == 200
    token = {"Authorization": f"Bearer {sandbox.bot_token}", "Host": "evil.example"}
    assert (await browser.post("/api/auth.test", headers=token)).status_code == 403


async def test_another_page_cannot_act_with_the_persons_cookie(
    browser: httpx.AsyncClient, people: SandboxClient, sandbox: Sandbox
) -> None:
    form = {"channel": GENERAL, "text": "forged"}
    for origin in ("https://evil.example", f"http://127.0.0.1:{sandbox.port + 1}", "null"):
        sent = await browser.post("/u/ana/do/send", data=form, headers={"Origin": origin})
        assert sent.status_code == 403
    assert await people.messages("#general") == []
    own = await browser.post("/u/ana/do/send", data=form, headers={"Origin": sandbox.url})
    assert own.status_code == 204
    assert (await people.messages("#general"))[-1]["text"] == "forged"


async def test_the_control_api_does_not_take_the_cookie(browser: httpx.AsyncClient, sandbox: Sandbox) -> None:
    """A picture on another port's page would be fetched with it."""
    assert (await browser.get("/u/ana")).status_code == 200
    assert (await browser.get("/control/users")).status_code == 403
    assert (await browser.get("/control/users", params={"key": sandbox.key})).status_code == 200


EVIL = "<script>alert(1)</script><img src=x onerror=alert(1)>"


async def test_a_bots_text_never_becomes_markup(
    browser: httpx.AsyncClient, slack: AsyncWebClient, people: SandboxClient
) -> None:
    mark = {"type": "mrkdwn", "text": f"{EVIL} <javascript:alert(1)|x> ```{EVIL}``` `{EVIL}` <!date^1^{EVIL}|f>"}
    blocks: list[dict[str, Any]] = [
        {"type": "header", "text": {"type": "plain_text", "text": EVIL}},
        {"type": "section", "text": mark, "fields": [mark]},
        {"type": "markdown", "text": f"{EVIL} [x](javascript:alert(1)) # {EVIL}\n```\n{EVIL}\n```"},
        {"type": "image", "image_url": "https://evil.example/i.png", "alt_text": EVIL},
        {
            "type": "actions",
            "elements": [
                {
                    "type": "button",
                    "text": {"type": "plain_text", "text": EVIL},
                    "action_id": EVIL,
                    "value": "'\"><script>",
                    "url": "https://x.example/'\"><script>alert(1)</script>",
                    "confirm": {
                        "title": {"type": "plain_text", "text": "'><script>alert(1)</script>"},
                        "text": {"type": "plain_text", "text": EVIL},
                    },
                }
            ],
        },
        {
            "type": "rich_text",
            "elements": [
                {
                    "type": "rich_text_section",
                    "elements": [
                        {"type": "text", "text": EVIL},
                        {"type": "link", "url": "javascript:alert(1)", "text": "x"},
                        {"type": "user", "user_id": EVIL},
                    ],
                }
            ],
        },
    ]
    await slack.chat_postMessage(channel=GENERAL, text=EVIL, blocks=blocks)
    await slack.chat_postMessage(channel=GENERAL, text=EVIL)
    await people.drop_bytes("ana", "#general", [(f"{EVIL}.jsonl", b"{}")], EVIL)
    page = await browser.get(f"/u/ana/{GENERAL}")
    assert page.status_code == 200
    assert "<script>alert" not in page.text
    assert "<img src=x" not in page.text
    assert 'href="javascript' not in page.text
    assert 'evil.example/i.png" ' not in page.text.replace('title="https://evil.example/i.png"', "")
    assert "default-src 'none'" in page.headers["content-security-policy"]


async def test_a_file_from_a_person_is_never_run_by_the_browser(
    browser: httpx.AsyncClient, people: SandboxClient
) -> None:
    dropped = await people.drop_bytes("ana", "#general", [("x.html", b"<script>alert(1)</script>")])
    path = httpx.URL(dropped["files"][0]["url_private"]).path
    answer = await browser.get(path)
    assert answer.headers["content-disposition"].startswith("attachment")
    assert answer.headers["x-content-type-options"] == "nosniff"


async def test_secrets_are_in_no_page(browser: httpx.AsyncClient, sandbox: Sandbox) -> None:
    page = (await browser.get("/u/ana")).text
    for secret in (sandbox.bot_token, sandbox.app_token, sandbox.signing_secret, sandbox.key):
        assert secret not in page
