"""`/finetune language [en | zh | default]`: what the bot speaks in a channel. A person alone is answered in theirs."""

from bot.access import Action
from bot.errors import Invalid
from handlers.blocks.parts import message, section
from handlers.blocks.text import person
from handlers.turn import Turn, is_direct
from texts import languages as texts
from texts.language import Language, speaking


async def run(turn: Turn) -> None:
    languages = turn.services.languages
    word = turn.words.strip().lower()
    if word and word != "default" and word not in set(Language):
        raise Invalid(texts.unknown(word))
    if is_direct(turn.channel):
        await turn.actor()
        await _say(turn, texts.direct())
    elif not word:
        await turn.actor()
        chosen = await languages.chosen(turn.channel)
        await _say(turn, texts.chosen(chosen) if chosen else texts.by_default(languages.default))
    else:
        await turn.actor(Action.SET_LANGUAGE)
        await turn.origin()  # what is told to all in the channel can be told there
        await turn.services.audit.add(turn.entry(Action.SET_LANGUAGE, turn.channel, details=word))
        await languages.choose(turn.channel, None if word == "default" else Language(word), turn.user)
        with speaking(await languages.place(turn.channel, turn.user)):
            said = texts.set_here(person(turn.user), await languages.place(turn.channel, turn.user))
            await turn.services.poster.post_once(
                turn.channel,
                message(said, [section(said)]),
                mark=turn.key,
                maybe_posted=turn.again,
                since=turn.received_at,
            )


async def _say(turn: Turn, text: str) -> None:
    await turn.answer(message(text, [section(text)]))
