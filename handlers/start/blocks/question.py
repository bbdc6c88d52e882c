"""What `/finetune start` asks before it spends anything."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from slack_sdk.models.blocks import Block

from handlers.blocks.message import Message
from handlers.blocks.parts import VALUE, actions, button, context, message, section
from handlers.blocks.text import code, size
from handlers.start.blocks.modal import LOWER_RATE


@dataclass(frozen=True)
class Pairing:
    """What nobody typed about the validation: the name of the `validation` file that is taken because it belongs to the
    training file, or of the `training` file that the file validates which is trained on."""

    validation: str = ""
    training: str = ""


UNPAIRED: Final = Pairing()
_TOO_LONG = "These settings are too long for a button: add `confirm=yes` to the command to start the job at once."


def start_question(
    file: str,
    words: Mapping[str, str],
    estimate: str,
    value: str,
    *,
    outlook: str = "",
    pairing: Pairing = UNPAIRED,
) -> Message:
    """`words`: what was typed, by setting; `estimate` and `outlook` (what becomes of the job, where it would not simply
    begin): mrkdwn; `value`: what the button brings back."""
    model = words.get("model", "")
    told_below = {"model", *(["validation"] if pairing.validation else [])}
    chosen = [f"{name} {code(text, 80)}" for name, text in words.items() if name not in told_below]
    text = f"*Start this job?* {code(file)} → {code(model)}"
    lines = [text, " · ".join(chosen), pairing_words(pairing), f"*Estimate:* {estimate}", outlook]
    blocks: list[Block] = [section("\n".join(filter(None, lines)))]
    if model.startswith("ft:") and "lr" not in words:
        blocks.append(context(LOWER_RATE))
    if size(value) <= VALUE:
        blocks.append(actions(button("Start", "start_confirmed", value, style="primary")))
        blocks.append(context("Nothing is spent before you press *Start*. `confirm=yes` skips this question."))
    else:
        blocks.append(section(_TOO_LONG))
    return message(text, blocks)


def pairing_words(pairing: Pairing) -> str:
    """Mrkdwn; "" where there is nothing to say."""
    if pairing.validation:
        return f"Validation file: {code(pairing.validation)}, which belongs to it. `validation=none` leaves it out."
    if pairing.training:
        training = code(pairing.training)
        return f"This file is the validation file of {training}. To train on that one, name it after `start`."
    return ""
