"""`/finetune chat [MODEL]`: a thread that talks to a model; without a word, the newest one."""

from bot.errors import NotFound
from handlers.chat import open_conversation
from handlers.offers import visible_models
from handlers.turn import Turn


async def run(turn: Turn) -> None:
    await turn.actor()
    word = turn.words.strip("`")
    models = await visible_models(turn, turn.posts_in)
    if not word:
        if not models:
            raise NotFound("There is no fine-tuned model yet. Drop a training file into a channel to make one.")
        word = models[0].id
    else:
        # A job's id or the name that was given to the model is easier to type than the model's own.
        named = [model.id for model in models if word == model.job_id or f":{word}:" in model.id]
        word = (named or [word])[0]
    await open_conversation(turn, word)
