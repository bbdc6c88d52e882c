"""The windows of *Mend*: which column plays which part, what is to be repaired; and what mending did."""

from collections.abc import Mapping as Map
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, cast

import msgspec
from slack_sdk.models.blocks import Block, CheckboxesElement, InputBlock, Option, StaticSelectElement
from slack_sdk.models.views import View

from bot.datasets.dataset import Dataset
from bot.datasets.mend import Mended, Plan, Proposal
from bot.datasets.report import Mapping, Table
from handlers.blocks.parts import HINT, OPTIONS, PLACEHOLDER, actions, context, divider, option, plain, section
from handlers.blocks.report import reading_of
from handlers.blocks.text import clip, code, counted, joined, number, person, quoted
from handlers.blocks.windows import window

TITLE: Final = "Mend"
COLUMNS: Final = "mend_columns"
REPAIRS: Final = "mend_repairs"
FORMAT: Final = "mend_format"

_NONE: Final = "none"
_MOST_REPAIRS: Final = 30
_LOST: Final = 5

# What can be read out of a table, and the parts of each: id, label, hint.
FORMATS: Final[Map[str, str]] = {
    "chat": "Chat: questions and answers",
    "completion": "Completion: text that goes on",
    "preference": "Preference: a better and a worse answer",
}
_PARTS: Final[Map[str, tuple[tuple[str, str, str], ...]]] = {
    "chat": (
        ("user", "Question", "What the person says."),
        ("context", "Context", "More for the question, such as a text that it is about."),
        ("assistant", "Answer", "What the model should learn to say."),
        ("system", "System prompt", "Instructions that stand before each conversation."),
        ("conversation", "Whole conversation", "A column that holds all turns, in place of question and answer."),
        ("messages", "Messages", "A column that holds the list of messages already."),
    ),
    "completion": (
        ("prompt", "Prompt", "What comes first."),
        ("completion", "Completion", "What the model should go on with."),
    ),
    "preference": (
        ("user", "Question", "What the person says."),
        ("preferred", "Better answer", "The one that the model should learn to give."),
        ("non_preferred", "Worse answer", "The one that it should learn to avoid."),
        ("system", "System prompt", "Instructions that stand before each conversation."),
    ),
}
_NEEDED: Final[Map[str, tuple[str, ...]]] = {
    "chat": ("user", "assistant"),
    "completion": ("prompt", "completion"),
    "preference": ("user", "preferred", "non_preferred"),
}
_ALONE: Final = ("conversation", "messages")


@dataclass(frozen=True)
class Columns:
    """What was chosen: the format, and for each part the place of its column in the table, from 0."""

    format: str
    places: dict[str, int]

    def mapping(self, table: Table) -> Mapping:
        names = [column.name for column in table.columns]
        columns = {part: names[place] for part, place in self.places.items() if place < len(names)}
        return msgspec.convert({"format": self.format, "columns": columns}, Mapping)


def proposed(table: Table, kind: str) -> Columns:
    """What is filled in at first: the table's own proposal, or what of it fits another format."""
    names = [column.name for column in table.columns]
    mapping = table.mapping or Mapping("chat", {})
    kind = kind if kind in FORMATS else mapping.format
    places = {part: names.index(name) for part, name in mapping.columns.items() if name in names}
    if kind != mapping.format:
        asked = places.get("user", places.get("prompt"))
        answered = next((places[part] for part in ("assistant", "completion", "preferred") if part in places), None)
        other = {_NEEDED[kind][0]: asked, _NEEDED[kind][1]: answered, "system": places.get("system")}
        places = {part: place for part, place in other.items() if place is not None and part in _labels(kind)}
    return Columns(kind, places)


def columns_window(dataset: Dataset, table: Table, private_metadata: str, chosen: Columns | None = None) -> View:
    """Which column plays which part; the proposal is filled in."""
    chosen = chosen or proposed(table, "")
    formats = {name: option(label, name) for name, label in FORMATS.items()}
    blocks: list[Block] = [
        section(f"How shall I read {code(dataset.name)}? Each row becomes one example."),
        InputBlock(
            block_id=FORMAT,
            label=plain("Make examples of", HINT),
            element=StaticSelectElement(
                action_id=FORMAT, options=list(formats.values()), initial_option=formats[chosen.format]
            ),
            dispatch_action=True,
        ),
    ]
    columns = [_column(place, column.name, column.samples) for place, column in enumerate(table.columns[: OPTIONS - 1])]
    blocks += [_part(chosen.format, part, columns, chosen.places.get(part[0])) for part in _PARTS[chosen.format]]
    if len(table.columns) >= OPTIONS:
        blocks.append(context(f"The first {OPTIONS - 1} of {number(len(table.columns))} columns are offered."))
    return window(TITLE, blocks, callback_id=COLUMNS, submit="Next", close="Not now", private_metadata=private_metadata)


def read_columns(values: Map[str, Map[str, Map[str, object]]]) -> Columns | dict[str, str]:
    """What was chosen in the window, or a sentence for each field that is wrong, by block_id."""
    chosen: dict[str, str] = {}
    for block_id, inputs in values.items():
        for entered in inputs.values():
            picked = entered.get("selected_option")
            value = picked.get("value") if isinstance(picked, dict) else None
            chosen[block_id.rpartition("/")[2]] = value if isinstance(value, str) else _NONE
    kind = chosen.pop(FORMAT, "chat")
    kind = kind if kind in FORMATS else "chat"
    places = {part: int(value) for part, value in chosen.items() if value.isdecimal() and part in _labels(kind)}
    if kind == "chat" and any(part in places for part in _ALONE):
        whole = next(part for part in _ALONE if part in places)
        return Columns(kind, {whole: places[whole]})
    missing = {part: f"Choose a column: {_labels(kind)[part].lower()}." for part in _NEEDED[kind] if part not in places}
    if missing:
        return {f"{kind}/{part}": sentence for part, sentence in missing.items()}
    twice = [part for part in places if list(places.values()).count(places[part]) > 1]
    if twice:
        return {f"{kind}/{part}": "Each part needs a column of its own." for part in twice}
    return Columns(kind, places)


def repairs_window(dataset: Dataset, plan: Plan, private_metadata: str, mapping: Mapping | None = None) -> View:
    """What can be repaired, recommended repairs ticked, each with one place before and after."""
    blocks: list[Block] = [
        section(
            f"A mended copy of {code(dataset.name)} comes into the thread, with a report of its own. The file itself "
            "stays as it is."
        )
    ]
    if mapping is not None:
        blocks.append(context(f"{counted(plan.examples, 'row')}, read as {reading_of(mapping)}"))
    shown = plan.repairs[:_MOST_REPAIRS]
    if not shown and mapping is None:
        return window(TITLE, [section(f"I found nothing in {code(dataset.name)} that I could mend."), *_lost(plan)])
    for proposal in shown:
        blocks += [divider(), *_proposal(proposal)]
    blocks += _lost(plan)
    return window(TITLE, blocks, callback_id=REPAIRS, submit="Mend", close="Not now", private_metadata=private_metadata)


def read_repairs(view: Map[str, object]) -> dict[str, str]:
    """The ids of the repairs that were ticked, each with its title as shown."""
    state = cast("dict[str, dict[str, dict[str, dict[str, object]]]]", view.get("state") or {})
    chosen: dict[str, str] = {}
    for block_id, inputs in state.get("values", {}).items():
        name = block_id.removeprefix("repair/")
        if name == block_id:
            continue
        for entered in inputs.values():
            for picked in cast("list[dict[str, dict[str, str]]]", entered.get("selected_options") or []):
                chosen[name] = str(picked["text"]["text"])
    return chosen


def comes_by_itself(view: Map[str, object]) -> bool:
    """Whether the window showed a repair that is always made."""
    return any(
        str(block.get("block_id", "")).startswith("always/")
        for block in cast("list[dict[str, object]]", view.get("blocks") or [])
    )


def mended(user: str, dataset: Dataset, done: Mended, titles: Map[str, str]) -> str:
    """What mending did, as the words (mrkdwn) beside the new file."""
    did = [f"{titles.get(name) or name}: {number(count)}" for name, count in done.changed.items() if count]
    lines = [f"{person(user)} had {code(dataset.name)} mended: {counted(done.examples, 'example')}."]
    lines += [f"• {quoted(what, 200)}" for what in did[:_MOST_REPAIRS]]
    if done.dropped:
        lines.append(f"• Left out in all: {counted(done.dropped, 'example')}")
    if done.lost_lines:
        lost = [f"line {number(one.line)} ({quoted(one.why, 120).rstrip('.')})" for one in done.lost[:_LOST]]
        more = done.lost_lines - len(lost)
        if more > 0:
            lost.append(f"{number(more)} more")
        lines.append(f"• Could not be saved: {joined(lost)}")
    return clip("\n".join(lines), 3000)


def _column(place: int, name: str, samples: Sequence[str]) -> Option:
    sample = next((sample for sample in samples if sample.strip()), None)
    return option(name or f"Column {place + 1}", str(place), sample)


def _part(kind: str, part: tuple[str, str, str], columns: Sequence[Option], chosen: int | None) -> InputBlock:
    name, label, hint = part
    nothing = option("None", _NONE)
    initial = columns[chosen] if chosen is not None and chosen < len(columns) else nothing
    return InputBlock(
        # Another format has other fields of the same name: what was chosen there must not stay.
        block_id=f"{kind}/{name}",
        label=plain(label, HINT),
        element=StaticSelectElement(
            action_id=name,
            placeholder=plain("Choose a column", PLACEHOLDER),
            options=[nothing, *columns],
            initial_option=initial,
        ),
        hint=plain(hint, HINT),
        optional=True,
    )


def _labels(kind: str) -> dict[str, str]:
    return {name: label for name, label, _ in _PARTS[kind]}


def _proposal(proposal: Proposal) -> list[Block]:
    touched = counted(proposal.examples, "example")
    what = f"{touched} left out" if proposal.drops else touched
    blocks: list[Block]
    if proposal.always:
        said = section(f"*{quoted(proposal.title, 150)}* – {what}, always done when a file is written anew")
        said.block_id = f"always/{proposal.id}"
        blocks = [said]
    else:
        tick = option(proposal.title, proposal.id, what)
        blocks = [
            actions(
                CheckboxesElement(
                    action_id="repair", options=[tick], initial_options=[tick] if proposal.recommended else None
                ),
                block_id=f"repair/{proposal.id}",
            )
        ]
    place = f"Line {number(proposal.line)}: " if proposal.line is not None else ""
    if proposal.before or proposal.after:
        after = quoted(proposal.after, 300) if proposal.drops else code(proposal.after, 300)
        blocks.append(context(f"{place}{code(proposal.before, 300)} → {after}"))
    if proposal.note:
        blocks.append(context(quoted(proposal.note, 300)))
    return blocks


def _lost(plan: Plan) -> list[Block]:
    if not plan.lost_lines:
        return []
    named = [f"line {number(one.line)} ({quoted(one.why, 120).rstrip('.')})" for one in plan.lost[:_LOST]]
    more = plan.lost_lines - len(named)
    if more > 0:
        named.append(f"{number(more)} more")
    return [divider(), context(f"Cannot be saved, whatever you choose: {joined(named)}")]
