"""What `/finetune evaluate` asks before it spends anything."""

from typing import Final

from slack_sdk.models.blocks import Block

from bot.evaluations.evaluation import Plan
from handlers.blocks.message import Message
from handlers.blocks.parts import VALUE, actions, button, context, line, message, section
from handlers.blocks.text import bold, link, size
from handlers.evaluations.plan_words import models_on, plan_words
from texts.evaluations import answer_files
from texts.evaluations import question as texts

CONFIRMED: Final = "evaluation_confirmed"
CHANGE: Final = "evaluation_change"
NOT_NOW: Final = "evaluation_not_now"


def question(plan: Plan, value: str) -> Message:
    """`value`: what the buttons bring back."""
    text = models_on(plan)
    blocks: list[Block] = [section(f"{bold(text)}\n{plan_words(plan)}")]
    if size(value) <= VALUE:
        blocks.append(
            actions(
                button(texts.start_button(), CONFIRMED, value, style="primary"),
                button(texts.change_button(), CHANGE, value),
                button(texts.not_now_button(), NOT_NOW, "no"),
            )
        )
        blocks.append(context(texts.nothing_spent_yet(bold(texts.start_button()))))
    else:
        blocks.append(section(texts.too_long_for_button()))
    return message(text, blocks)


def begun(permalink: str | None) -> Message:
    return line(texts.begun(link(permalink, texts.its_card())))


def files_there(permalink: str) -> Message:
    return line(answer_files.files_there(link(permalink, answer_files.these_files())))


def not_started() -> Message:
    return line(texts.not_started())
