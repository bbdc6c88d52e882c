"""Answers to `/finetune notify`."""

from collections.abc import Sequence

from texts.formats import listed, sentences
from texts.language import _, plural


def none_yet() -> str:
    return _("No channel is told yet how jobs in public channels end. `/finetune notify here` subscribes this one.")


def subscribed(channels: Sequence[str], *, here: bool) -> str:
    """`here`: whether the channel where that is asked is one of them."""
    told = plural(
        "{channels} is told how all jobs in public channels end.",
        "{channels} are told how all jobs in public channels end.",
        len(channels),
        channels=listed(channels),
    )
    change = _("`/finetune notify off` stops it here.") if here else _("`/finetune notify here` adds this one.")
    return sentences(told, change)


def subscribe_button() -> str:
    return _("Tell this channel")


def stop_button() -> str:
    return _("Stop telling this channel")


def on(channel: str) -> str:
    return _(
        "From now on {channel} is told how all jobs in public channels end. `/finetune notify off` stops it.",
        channel=channel,
    )


def off(channel: str) -> str:
    return _("From now on {channel} is told of its own jobs only.", channel=channel)
