"""What a running bot says of itself, where it has an address for that."""

from collections.abc import Sequence
from typing import Any, Final

import aiohttp

from bot.doctor.finding import Finding, ok, warning, wrong
from bot.settings import Settings

_SECONDS: Final = 10.0


async def check_health(settings: Settings, *, bot_runs_here: bool) -> Sequence[Finding]:
    if settings.health_port is None or not bot_runs_here:
        return ()
    host = "127.0.0.1" if settings.health_host in ("0.0.0.0", "::") else settings.health_host
    host = f"[{host}]" if ":" in host else host
    address = f"http://{host}:{settings.health_port}/healthz"
    try:
        async with (
            aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=_SECONDS)) as session,
            session.get(address, allow_redirects=False) as answer,
        ):
            told: Any = await answer.json(content_type=None)
            down = [str(each) for each in told["down"]]
    except (aiohttp.ClientError, TimeoutError, ValueError, KeyError, TypeError):
        return (warning("bot_silent", address=address),)
    return (wrong("bot_unwell", down=down),) if down else (ok("bot_well", address=address),)
