"""OpenAI's webhooks: an end is seen at once, whoever cannot sign is turned away, and a repetition changes nothing."""

import base64
import hashlib
import hmac
import json
import secrets
import time
from typing import Any

import aiohttp
import pytest
from pydantic import SecretStr

from tests import postgresql_server
from tests.e2e.world import World

KEY = secrets.token_bytes(24)
SECRET = "whsec_" + base64.b64encode(KEY).decode()


def signed(body: str, *, key: bytes = KEY, at: float | None = None) -> dict[str, str]:
    """Headers as the Standard Webhooks say."""
    stamp = str(int(time.time() if at is None else at))
    mark = hmac.new(key, f"wh_1.{stamp}.{body}".encode(), hashlib.sha256).digest()
    signature = "v1," + base64.b64encode(mark).decode()
    return {"webhook-id": "wh_1", "webhook-timestamp": stamp, "webhook-signature": signature}


def told(kind: str, job: str) -> str:
    return json.dumps({"id": "evt_1", "object": "event", "created_at": 1, "type": kind, "data": {"id": job}})


def listening(w: World, **changes: Any) -> Any:
    """A bot that asks so seldom that only a webhook can tell it anything."""
    over_http: dict[str, Any] = {"slack_app_token": None, "slack_signing_secret": SecretStr(w.sandbox.signing_secret)}
    return w.bot(openai_webhook_secret=SecretStr(SECRET), **over_http, **changes)


async def post(port: int | None, body: str, headers: dict[str, str]) -> int:
    async with (
        aiohttp.ClientSession() as session,
        session.post(f"http://127.0.0.1:{port}/openai/webhook", data=body, headers=headers) as response,
    ):
        return response.status


async def test_the_end_of_a_job_is_seen_when_the_provider_tells_of_it(w: World) -> None:
    async with listening(w, finetune_poll_seconds=3600) as bot:
        card = await w.start(await w.drop())
        job = await w.job_at_provider()
        await w.wait_notice("accepted", card)
        w.provider.run(job, steps=3)
        w.provider.succeed(job)
        body = told("fine_tuning.job.succeeded", job)
        assert [await post(bot.port, body, signed(body)) for _ in range(3)] == [204, 204, 204]
        await w.wait_notice("succeeded", card)
        assert await post(bot.port, body, signed(body)) == 204
        assert (await w.notices(card))["succeeded"] == 1


async def test_of_two_bots_the_one_that_does_not_lead_sees_the_end_that_it_is_told_of(w: World) -> None:
    with postgresql_server.database() as url:
        async with (
            listening(w, finetune_poll_seconds=3600, finetune_database=url),
            listening(w, finetune_poll_seconds=3600, finetune_database=url) as other,
        ):
            assert not other.services.membership.leads
            card = await w.start(await w.drop())
            job = await w.job_at_provider()
            await w.wait_notice("accepted", card)
            w.provider.run(job, steps=3)
            w.provider.succeed(job)
            body = told("fine_tuning.job.succeeded", job)
            assert await post(other.port, body, signed(body)) == 204
            await w.wait_notice("succeeded", card)


async def test_who_cannot_sign_is_turned_away(w: World) -> None:
    async with listening(w) as bot:
        body = told("fine_tuning.job.succeeded", "ftjob-1")
        good = signed(body)
        for headers in (
            {},
            signed(body, key=b"another"),
            signed(body, at=time.time() - 3600),
            good | {"webhook-signature": "v1,ä"},
            good | {"webhook-signature": ""},
            good | {"webhook-timestamp": "yesterday"},
        ):
            assert await post(bot.port, body, headers) == 400, headers
        assert await post(bot.port, body + " ", good) == 400
        assert await post(bot.port, "not JSON", signed("not JSON")) == 400
        assert bot.services.followers["acme"]._hinted == set()


@pytest.mark.parametrize("kind", ["fine_tuning.job.failed", "fine_tuning.job.cancelled"])
async def test_jobs_of_others_and_other_events_are_taken_and_let_be(w: World, kind: str) -> None:
    async with listening(w) as bot:
        for body in (told(kind, "ftjob-of-somebody"), told("batch.completed", "batch-1"), told("a.new.one", "x")):
            assert await post(bot.port, body, signed(body)) == 204
        await w.drop()
