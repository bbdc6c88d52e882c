"""The checkpoints of a job: what each measured, to talk to or to go on from."""

from collections.abc import Sequence

from slack_sdk.models.blocks import Block

from bot.jobs.job import Checkpoint, Job, Metrics
from handlers.blocks.card import title, validation
from handlers.blocks.message import Message
from handlers.blocks.parts import VALUE, actions, button, context, message, section
from handlers.blocks.text import code, counted, figure, number, percent, size

_SHOWN = 10


def checkpoint_list(job: Job, checkpoints: Sequence[Checkpoint]) -> Message:
    """`checkpoints` by step; the latest come first, ten at most."""
    name = code(title(job), 150)
    if not checkpoints:
        text = f"{name} has no checkpoints that I know of. Not every provider keeps them."
        return message(text, [section(text)])
    latest = list(reversed(checkpoints))[:_SHOWN]
    text = f"Checkpoints of {name}"
    blocks: list[Block] = [section(f"*{text}*, the latest first")]
    for checkpoint in latest:
        measured = measurements(checkpoint.metrics)
        line = f"*Step {number(checkpoint.step)}*{f': {measured}' if measured else ''}"
        blocks.append(section(f"{line}\n{code(checkpoint.model, 300)}"))
        further = f"{job.id} {checkpoint.model}"
        if checkpoint.model and size(further) <= VALUE:
            chat = button("Chat", "model_chat", checkpoint.model)
            blocks.append(actions(chat, button("Continue training", "checkpoint_continue", further)))
    if len(checkpoints) > len(latest):
        blocks.append(context(f"And {counted(len(checkpoints) - len(latest), 'older one')}."))
    return message(text, blocks)


def measurements(metrics: Metrics | None) -> str:
    """ "training loss 0.300, validation loss 0.410, validation token accuracy 81.0 %"; empty for nothing measured."""
    if metrics is None:
        return ""
    loss, accuracy = validation(metrics)
    known = (
        ("training loss", figure(metrics.train_loss), metrics.train_loss),
        ("validation loss", figure(loss), loss),
        ("validation token accuracy", percent(accuracy), accuracy),
    )
    return ", ".join(f"{name} {shown}" for name, shown, value in known if value is not None)
