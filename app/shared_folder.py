"""The folder that bots on one database share: their training files lie there. A bot that had another one would not find
them."""

import asyncio
import sys
from pathlib import Path
from typing import Final

from app.terminal.socket import forget_all_but, is_there
from bot.errors import StartError
from bot.membership import Membership

# Longer than one that has begun takes to show itself there, and than one that is dead is taken for alive.
PATIENCE: Final = 30.0
_LOOK_EVERY: Final = 0.2


async def require_shared(folder: Path, membership: Membership, patience: float = PATIENCE) -> None:
    """Return once one of the others is seen in `folder`, by the socket that it has there, or there is none any more.
    Raises StartError."""
    if sys.platform == "win32":  # without such sockets
        return
    try:
        async with asyncio.timeout(patience):
            while (others := membership.others) and not any(is_there(folder, other) for other in others):  # noqa: ASYNC110 (files)
                await asyncio.sleep(_LOOK_EVERY)
    except TimeoutError as error:
        raise StartError("folder_not_shared", folder=folder) from error
    forget_all_but(folder, membership.others)
