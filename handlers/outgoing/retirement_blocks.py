"""The notices that models which a channel uses stop answering, or have stopped."""

from datetime import date
from typing import Final

from slack_sdk.models.blocks import Block

from bot.jobs.notice import ModelsRetire, RetirementBody, RetiringModel
from handlers.blocks import text
from handlers.blocks.message import Message
from handlers.blocks.model_name import named
from handlers.blocks.move import ALL, OPEN
from handlers.blocks.parts import VALUE, actions, button, context, message, section
from handlers.blocks.text import bold, code, person, size
from texts import models
from texts import retirement as texts
from texts.formats import enumerated, full_day
from texts.moves import move_button

_SHOWN: Final = 10
_BY_SECTION: Final = 5


def render(body: RetirementBody) -> Message:
    day, count = full_day(date.fromisoformat(body.shutdown_date)), len(body.models)
    ahead = isinstance(body, ModelsRetire)
    heading = (
        texts.will_stop(count, day, body.days) if isinstance(body, ModelsRetire) else texts.has_stopped(count, day)
    )
    lines = [_line(model) for model in body.models[:_SHOWN]]
    blocks: list[Block] = [section(f"{'⏳' if ahead else '📴'} {bold(heading)}")]
    blocks += [section("\n".join(lines[at : at + _BY_SECTION])) for at in range(0, len(lines), _BY_SECTION)]
    if count > _SHOWN:
        blocks.append(context(texts.more(count - _SHOWN)))
    blocks.append(section((texts.before if ahead else texts.after)(bold(move_button()))))
    value = "\n".join(model.model for model in body.models)
    blocks.append(actions(button(move_button(), OPEN, value if size(value) <= VALUE else ALL)))
    names = enumerated([named(model.model) for model in body.models[:_SHOWN]])
    return message(f"{heading} · {names}", blocks)


def _line(model: RetiringModel) -> str:
    facts = [named(model.model)]
    if model.base_model != model.model:
        facts.append(models.made_from(code(model.base_model, 80)))
    if model.current:
        facts.append(texts.current_here())
    if model.repeated:
        facts.append(texts.evaluated_again())
    if model.last_used_at is not None:
        facts.append(texts.last_used(text.date(model.last_used_at), [person(one) for one in model.people]))
    elif model.people and not model.current:
        facts.append(texts.made_by(person(model.people[0])))
    return f"• {' · '.join(facts)}"
