"""What is said to whoever has a channel go on with a new model: what still asks the old one, with buttons for that."""

from collections.abc import Sequence
from typing import Final

from slack_sdk.models.blocks import Block

from bot.moves.succession import StillUsed, Successor
from handlers.blocks.message import Message
from handlers.blocks.model_name import named
from handlers.blocks.parts import actions, button, confirm, line, message, section
from handlers.blocks.text import channel, code, quoted
from texts import succession as texts
from texts.formats import listed, sentences

SWITCH: Final = "successor_switch"
OFFER: Final = "successor_offer"
_MOST_NAMES: Final = 5


def adopted(successor: Successor, used: StillUsed) -> Message:
    """Both buttons carry which successor it is."""
    old, new = named(successor.old), named(successor.new)
    value = f"{successor.move.id}/{successor.job.id}"
    text = texts.adopted(old, new)
    blocks: list[Block] = [section(sentences(text, _still(used)))]
    if used.graders:
        names = [code(name, 60) for name in used.graders[:_MOST_NAMES]]
        blocks.append(section(texts.judged_by_the_old(len(used.graders), listed(names), old)))
    offer = button(texts.offer_button(), OFFER, value)
    if used.conversations or used.repeats:
        question = confirm(*texts.switch_question(), "primary")
        blocks.append(actions(button(texts.switch_button(), SWITCH, value, style="primary", confirm=question), offer))
    else:
        blocks.append(actions(offer))
    return message(text, blocks)


def switched(threads: int, repeats: int, refused: Sequence[str]) -> Message:
    """`refused`: why others were not, each a sentence."""
    done = texts.switched(threads, repeats) if threads or repeats else texts.nothing_to_switch()
    why = texts.not_switched(len(refused), quoted(refused[0], 500)) if refused else ""
    return line(sentences(done, why))


def offered(channels: Sequence[str]) -> Message:
    if not channels:
        return line(texts.offered_nowhere())
    return line(texts.offered_in(listed([channel(one) for one in channels])))


def _still(used: StillUsed) -> str:
    """ "" where nothing does."""
    threads, repeats = len(used.conversations), len(used.repeats)
    return texts.still_asked(threads, repeats) if threads or repeats else ""
