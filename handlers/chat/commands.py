"""`/finetune chat [MODEL]`: a thread that talks to a model; where several are meant, they are there to choose from."""

from bot.errors import Ambiguous, NotFound
from handlers.chat.conversing import open_conversation
from handlers.models import blocks
from handlers.turn import Turn


async def run(turn: Turn) -> None:
    await turn.actor()
    word = turn.words.strip("`")
    if word:
        try:
            await open_conversation(turn, await turn.services.model_lookup.named(await turn.caller(), word))
        except Ambiguous as several:
            await turn.answer(blocks.model_choice(word, several.choices))
        return
    models = [model.id for model in await turn.services.model_lookup.visible(await turn.caller(), turn.posts_in)]
    if not models:
        raise NotFound(
            "There is no fine-tuned model yet that can be talked to here. Drop a training file into a channel to make "
            "one. `/finetune models` lists the base models, which `/finetune chat MODEL` opens, too."
        )
    if len(models) > 1:
        await turn.answer(blocks.model_choice("", models))
        return
    await open_conversation(turn, models[0])
