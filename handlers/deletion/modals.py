"""The modal that asks before something is deleted."""

from dataclasses import replace

import msgspec

from handlers.blocks import deletion
from handlers.routing import Listener
from handlers.turn import Turn


def asked(work: Listener) -> Listener:
    async def carry_out(turn: Turn) -> None:
        doomed = msgspec.json.decode(turn.body["view"]["private_metadata"], type=deletion.Doomed)
        await work(replace(turn, words=doomed.id))

    return carry_out
