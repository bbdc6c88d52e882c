"""*Chat*: opens a thread bound to a model. *Model id*: what its name stands for."""

from bot.access import Action
from bot.errors import BotError, NotFound
from handlers.blocks.model_name import model_id
from handlers.chat.conversing import open_conversation
from handlers.turn import Turn
from texts import jobs


async def show_id(turn: Turn) -> None:
    await turn.actor()
    await turn.answer(model_id(turn.words))


async def job_chat(turn: Turn) -> None:
    job = await turn.job(turn.words, Action.CHAT)
    if not job.fine_tuned_model:
        raise BotError("This job has made no model yet. I say so in its thread when it has.")
    if job.model_lost:
        raise NotFound(
            f"{jobs.lost(job.model_lost)}: nobody can talk to it any more. *Start again* on its card trains it anew."
        )
    await open_conversation(turn, job.fine_tuned_model)


async def model_chat(turn: Turn) -> None:
    await open_conversation(turn, turn.words)


async def chat_anew(turn: Turn) -> None:
    await open_conversation(turn, turn.words, anew=True)
