"""`/finetune notify here | off | #channel`: where it is told how jobs end that were started in public channels.

Where a job was started, and the person who started it, hear of it anyway.
"""

from bot.access import Action
from bot.errors import Invalid
from handlers.administration import subscription_blocks as blocks
from handlers.blocks.markup import channel_in
from handlers.turn import Turn


async def run(turn: Turn) -> None:
    subscriptions = turn.services.subscriptions
    words = turn.words.lower().split()
    named = channel_in(turn.words.split()[-1]) if words else None
    match words:
        case []:
            await turn.actor()
            await turn.answer(blocks.subscribed(await _visible(turn), turn.channel))
        case ["here"] | [_] if words[0] == "here" or named:
            channel = await _allowed(turn, named or turn.channel)
            await turn.services.audit.add(turn.entry("subscribe a channel", channel))
            await subscriptions.add(channel, turn.user)
            await turn.answer(blocks.on(channel))
        case ["off", *rest] if not rest or named:
            channel = await _allowed(turn, named or turn.channel)
            await turn.services.audit.add(turn.entry("unsubscribe a channel", channel))
            await subscriptions.remove(channel)
            await turn.answer(blocks.off(channel))
        case _:
            raise Invalid("Write /finetune notify here, /finetune notify #channel, or off to stop it.")


async def _allowed(turn: Turn, channel: str) -> str:
    """The channel, if this person may decide what is said there. Raises Denied, Invalid."""
    await turn.actor(Action.FOLLOW)
    found = await turn.services.people.channel(channel)
    # Of a private channel nobody learns elsewhere whether I am in it.
    if not found.member or (found.private and channel != turn.channel):
        raise Invalid(
            "I cannot post there: I am not in that channel, or it is private. Type /invite and my name there, then "
            "/finetune notify here."
        )
    return channel


async def _visible(turn: Turn) -> list[str]:
    """The subscribed channels, private ones only where this person is."""
    people = turn.services.people
    channels = await turn.services.subscriptions.channels()
    return [one for one in channels if one == turn.channel or not (await people.channel(one)).private]
