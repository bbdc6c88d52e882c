"""Answers to `/finetune notify`."""

from collections.abc import Sequence

from handlers.blocks.message import Message
from handlers.blocks.parts import message, section
from handlers.blocks.text import channel
from texts.formats import listed

_WHAT = "how every job ends that was started in a public channel"


def subscribed(channels: Sequence[str], here: str) -> Message:
    if not channels:
        return _line(f"No channel hears {_WHAT}. `/finetune notify here` subscribes this one.")
    verb = "hears" if len(channels) == 1 else "hear"
    change = "`/finetune notify off` stops it here." if here in channels else "`/finetune notify here` adds this one."
    return _line(f"{listed([channel(one) for one in channels])} {verb} {_WHAT}. {change}")


def on(channel_id: str) -> Message:
    return _line(f"{channel(channel_id)} hears {_WHAT}, from now on. `/finetune notify off` stops it.")


def off(channel_id: str) -> Message:
    return _line(f"{channel(channel_id)} hears of its own jobs only, from now on.")


def _line(text: str) -> Message:
    return message(text, [section(text)])
