"""What a running bot says of itself, where it has an address for that: whether it does its work, and how far behind it
is."""

import time
from collections.abc import Iterator, Sequence
from typing import Any, Final

import aiohttp
from prometheus_client.parser import text_string_to_metric_families

from bot.doctor.finding import Finding, ok, warning, wrong
from bot.settings import Settings

_SECONDS: Final = 10.0
WAITS_LONG: Final = 900.0
SILENT: Final = 1800.0
"""Seconds, as in deploy/prometheus/alerts.yml."""


async def check_health(settings: Settings, *, bot_runs_here: bool) -> Sequence[Finding]:
    if settings.health_port is None or not bot_runs_here:
        return ()
    host = "127.0.0.1" if settings.health_host in ("0.0.0.0", "::") else settings.health_host
    host = f"[{host}]" if ":" in host else host
    address = f"http://{host}:{settings.health_port}"
    token = settings.metrics_token
    headers = {"Authorization": f"Bearer {token.get_secret_value()}"} if token else {}
    timeout = aiohttp.ClientTimeout(total=_SECONDS)
    try:
        async with aiohttp.ClientSession(timeout=timeout) as session:
            async with session.get(f"{address}/healthz", allow_redirects=False) as answer:
                told: Any = await answer.json(content_type=None)
                down = [str(each) for each in told["down"]]
            async with session.get(f"{address}/metrics", headers=headers, allow_redirects=False) as answer:
                metrics = await answer.text() if answer.status == 200 else None
    except (aiohttp.ClientError, TimeoutError, ValueError, KeyError, TypeError):
        return (warning("bot_silent", address=f"{address}/healthz"),)
    well = wrong("bot_unwell", down=down) if down else ok("bot_well", address=f"{address}/healthz")
    if metrics is None:
        return well, warning("no_metrics", address=f"{address}/metrics")
    return well, *_backlog(metrics)


def _backlog(metrics: str) -> Iterator[Finding]:
    """What waits in the bot, and since when its providers have been silent."""
    found = {
        (sample.name, sample.labels.get("provider")): sample.value
        for family in text_string_to_metric_families(metrics)
        for sample in family.samples
    }
    inbox, outbox = (int(found.get((f"finetune_bot_{box}_depth", None), 0)) for box in ("inbox", "outbox"))
    age = max(found.get((f"finetune_bot_{box}_oldest_age_seconds", None), 0) for box in ("inbox", "outbox"))
    say = warning if age > WAITS_LONG else ok
    yield say("backlog_old" if age > WAITS_LONG else "backlog", inbox=inbox, outbox=outbox, seconds=age)
    for (name, provider), at in found.items():
        silent = time.time() - at
        if name == "finetune_bot_follow_last_success_timestamp_seconds" and silent > SILENT:
            yield warning("jobs_unheard", provider=provider, seconds=silent)
