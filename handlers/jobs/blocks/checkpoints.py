"""The checkpoints of a job: what each measured, to talk to or to go on from."""

from collections.abc import Sequence
from typing import Final

from slack_sdk.models.blocks import Block

from bot.jobs.assessment import RankedCheckpoint
from bot.jobs.job import Job
from handlers.blocks.card import title
from handlers.blocks.figures import in_line
from handlers.blocks.message import Message
from handlers.blocks.model_name import chat_button, id_button, named
from handlers.blocks.parts import VALUE, actions, button, context, message, section
from handlers.blocks.text import code, counted, size
from texts import jobs
from texts.formats import number

CONTINUE: Final = "checkpoint_continue"
_SHOWN: Final = 10


def checkpoint_list(job: Job, ranked: Sequence[RankedCheckpoint]) -> Message:
    """In the order given, ten at most."""
    name = code(title(job), 150)
    if not ranked:
        text = f"{name} has no checkpoints that I know of. Not every provider keeps them."
        return message(text, [section(text)])
    text = f"Checkpoints of {name}"
    blocks: list[Block] = [section(f"*{text}*, {_order(ranked)}")]
    for one in ranked[:_SHOWN]:
        checkpoint = one.checkpoint
        measured = in_line(one.figures)
        line = f"*Step {number(checkpoint.step)}*{f': {measured}' if measured else ''}"
        if one.best:
            line = f"★ {line} (*best*: the lowest validation loss)"
        lost = job.lost_models.get(checkpoint.model)
        gone = f" · {jobs.lost(lost)}" if lost else ""
        blocks.append(section(f"{line}\n{named(checkpoint.model)}{gone}", button=id_button(checkpoint.model)))
        further = f"{job.id} {checkpoint.model}"
        chat = chat_button(checkpoint.model)
        if chat and not lost and size(further) <= VALUE:
            blocks.append(actions(chat, button("Continue training", CONTINUE, further)))
    if len(ranked) > _SHOWN:
        blocks.append(context(f"And {counted(len(ranked) - _SHOWN, 'more', 'more')}."))
    return message(text, blocks)


def _order(ranked: Sequence[RankedCheckpoint]) -> str:
    if ranked[0].best:
        return "the best first: the lower the validation loss, the better it does on what it has not seen"
    return "the latest first; without a validation file nothing measures which is best"
