"""What `/finetune start` asks before it spends anything."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from slack_sdk.models.blocks import Block

from handlers.blocks.message import Message
from handlers.blocks.parts import VALUE, actions, button, context, message, section
from handlers.blocks.text import bold, code, size
from texts import estimates
from texts import start as texts

CONFIRMED: Final = "start_confirmed"


@dataclass(frozen=True)
class Pairing:
    """What nobody typed about the validation: the name of the `validation` file that is taken because it belongs to the
    training file, or of the `training` file that the file validates which is trained on. `typed`: the name of the
    validation file that somebody named."""

    validation: str = ""
    training: str = ""
    typed: str = ""


UNPAIRED: Final = Pairing()


def start_question(
    file: str,
    words: Mapping[str, str],
    estimate: str,
    value: str,
    *,
    preview: str = "",
    pairing: Pairing = UNPAIRED,
) -> Message:
    """`words`: what was typed, by setting; `estimate` and `preview` (what becomes of the job, where it would not simply
    begin): mrkdwn; `value`: what the button brings back."""
    model = words.get("model", "")
    others = {name: word for name, word in words.items() if name != "model"}
    text = f"{bold(texts.question())} {code(file)} → {code(model)}"
    estimated = f"{bold(estimates.heading())} {estimate}"
    lines = [text, setting_words(others, pairing), pairing_words(pairing), estimated, preview]
    blocks: list[Block] = [section("\n".join(filter(None, lines)))]
    if "ft:" in model and "lr" not in words:
        blocks.append(context(texts.lower_rate()))
    if size(value) <= VALUE:
        blocks.append(actions(button(texts.start_button(), CONFIRMED, value, style="primary")))
        blocks.append(context(texts.nothing_spent_yet(bold(texts.start_button()))))
    else:
        blocks.append(section(texts.too_long_for_button()))
    return message(text, blocks)


def still_reading(file: str | None) -> Message:
    text = texts.still_reading(code(file)) if file else texts.still_reading_all()
    return message(text, [section(text)])


def setting_words(words: Mapping[str, str], pairing: Pairing) -> str:
    """Mrkdwn: the settings as they were typed, the validation file by its name. One that nobody typed is left out:
    `pairing_words` tells of it."""
    shown = dict(words)
    if pairing.validation:
        shown.pop("validation", None)
    elif pairing.typed:
        shown["validation"] = pairing.typed
    return " · ".join(f"{name} {code(word, 80)}" for name, word in shown.items())


def pairing_words(pairing: Pairing) -> str:
    """Mrkdwn; "" where there is nothing to say."""
    if pairing.validation:
        return texts.own_validation(code(pairing.validation))
    if pairing.training:
        return texts.is_validation_of(code(pairing.training))
    return ""
