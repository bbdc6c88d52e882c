"""What `/finetune start` asks back before it spends anything."""

from collections.abc import Mapping

from slack_sdk.models.blocks import Block

from handlers.blocks.message import Message
from handlers.blocks.parts import VALUE, actions, button, context, message, section
from handlers.blocks.start_modal import LOWER_RATE
from handlers.blocks.text import code, size

_TOO_LONG = "These settings are too long for a button: add `confirm=yes` to the command to start the job at once."


def start_question(file: str, words: Mapping[str, str], estimate: str, value: str, *, outlook: str = "") -> Message:
    """`words`: what was typed, by setting; `estimate` and `outlook` (what becomes of the job, where it would not simply
    begin): mrkdwn; `value`: what the button brings back."""
    model = words.get("model", "")
    chosen = [f"{name} {code(text, 80)}" for name, text in words.items() if name != "model"]
    text = f"*Start this job?* {code(file)} → {code(model)}"
    lines = [text, " · ".join(chosen), f"*Estimate:* {estimate}", outlook]
    blocks: list[Block] = [section("\n".join(filter(None, lines)))]
    if model.startswith("ft:") and "lr" not in words:
        blocks.append(context(LOWER_RATE))
    if size(value) <= VALUE:
        blocks.append(actions(button("Start", "start_confirmed", value, style="primary")))
        blocks.append(context("Nothing is spent before you press *Start*. `confirm=yes` skips this question."))
    else:
        blocks.append(section(_TOO_LONG))
    return message(text, blocks)
