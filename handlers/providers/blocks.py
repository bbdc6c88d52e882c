"""The providers of a channel, as a message."""

from collections.abc import Sequence
from typing import Final

from slack_sdk.models.blocks import Block

from bot.providers.channel_providers import ProviderHere
from handlers.blocks.message import Message
from handlers.blocks.parts import button, context, line, message, section
from handlers.blocks.text import bold, code, escape, person, quoted
from texts import job_inputs
from texts import providers as texts
from texts.formats import listed

CHOOSE: Final = "provider_choose"
_MODELS: Final = 4


def provider_list(providers: Sequence[ProviderHere], *, may_choose: bool) -> Message:
    """`may_choose`: with a button that makes another one the channel's default."""
    if not providers:
        return line(texts.none_here())
    blocks: list[Block] = [section(bold(texts.heading()))]
    for one in providers:
        offered = may_choose and not one.default
        choose = button(texts.choose_button(), CHOOSE, one.config.name) if offered else None
        blocks.append(section(_described(one), button=choose))
    if len(providers) > 1:
        blocks.append(context(texts.how_to_name_one(f"model={providers[-1].config.name}/MODEL")))
    return message(texts.heading(), blocks)


def provider_chosen(by: str, provider: str, *, taken_back: bool) -> Message:
    """For everybody in the channel."""
    said = texts.first_again if taken_back else texts.chosen
    return line(said(person(by), bold(escape(provider))))


def _described(one: ProviderHere) -> str:
    config = one.config
    name = bold(escape(config.name))
    facts = [quoted(config.vendor.name, 40)] if config.vendor and config.vendor.name != config.name else []
    if config.vendor and config.vendor.methods:
        facts.append(listed([job_inputs.method(method) for method in config.vendor.methods]))
    if config.max_running is not None:
        facts.append(texts.at_a_time(config.max_running))
    if config.channels is not None:
        facts.append(texts.only_some_channels())
    if config.models:
        shown = [code(model, 80) for model in config.models[:_MODELS]]
        more = len(config.models) - _MODELS
        facts.append(listed([*shown, texts.more_models(more)] if more > 0 else shown))
    title = texts.stands_first(name) if one.default else name
    return f"{title}\n{' · '.join(facts)}" if facts else title
