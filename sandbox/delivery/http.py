"""Delivery by HTTP: signed POSTs to the app's URL.

docs.slack.dev/authentication/verifying-requests-from-slack, docs.slack.dev/apis/events-api (retries),
docs.slack.dev/interactivity (forms); read 2026-11-21.
"""

# A timeout is an ordinary argument here.
# ruff: noqa: ASYNC109

import hashlib
import hmac
import json
import time
from urllib.parse import urlencode

import httpx

from sandbox.delivery.reply import Reply
from sandbox.model import Json


def signature(secret: str, timestamp: str, body: bytes) -> str:
    """The X-Slack-Signature of a body: v0= and the hex HMAC-SHA256 of `v0:{timestamp}:{body}`."""
    base = b"v0:" + timestamp.encode() + b":" + body
    return "v0=" + hmac.new(secret.encode(), base, hashlib.sha256).hexdigest()


async def post_signed(
    url: str, secret: str, kind: str, payload: Json, *, timeout: float, retry: tuple[int, str] | None
) -> Reply:
    """One delivery. Events go as JSON, commands as a form, interactions as a form with JSON in `payload`."""
    if kind == "events_api":
        body, content_type = json.dumps(payload, ensure_ascii=False).encode(), "application/json"
    else:
        fields = payload if kind == "slash_commands" else {"payload": json.dumps(payload, ensure_ascii=False)}
        body, content_type = urlencode(fields).encode(), "application/x-www-form-urlencoded"
    timestamp = str(int(time.time()))
    headers = {
        "Content-Type": content_type,
        "User-Agent": "Slackbot 1.0 (+https://api.slack.com/robots)",
        "X-Slack-Request-Timestamp": timestamp,
        "X-Slack-Signature": signature(secret, timestamp, body),
    }
    if retry:
        headers |= {"x-slack-retry-num": str(retry[0]), "x-slack-retry-reason": retry[1]}
    try:
        # To read the certificates takes 30 ms.
        async with httpx.AsyncClient(timeout=timeout, trust_env=False, verify=url.startswith("https:")) as client:
            answer = await client.post(url, content=body, headers=headers)
    except httpx.TimeoutException:
        return Reply(False, "http_timeout")
    except httpx.HTTPError:
        return Reply(False, "connection_failed")
    no_retry = answer.headers.get("x-slack-no-retry") == "1"
    if not answer.is_success:
        return Reply(False, "http_error", no_retry=no_retry)
    return Reply(True, payload=_answer_payload(answer), no_retry=no_retry)


def _answer_payload(answer: httpx.Response) -> Json | None:
    if not answer.content:
        return None
    try:
        body = answer.json()
    except ValueError:
        body = answer.text
    return body if isinstance(body, dict) else {"text": str(body)}
