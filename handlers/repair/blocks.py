"""The windows of *Mend*: which column plays which part, what is to be repaired; and what mending did."""

from collections.abc import Mapping as Map
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, cast

import msgspec
from slack_sdk.models.blocks import Block, CheckboxesElement, InputBlock, Option, SectionBlock, StaticSelectElement
from slack_sdk.models.views import View

from bot.datasets.dataset import Dataset
from handlers.blocks.modals import window
from handlers.blocks.parts import HINT, OPTIONS, PLACEHOLDER, actions, context, divider, mrkdwn, option, plain, section
from handlers.blocks.text import clip, code, counted, person, quoted
from handlers.datasets.blocks.report import mendable, reading_of
from texts.formats import listed, number
from training_files.repair import LostLine, ProposedRepair, RepairPlan, RepairResult
from training_files.repair.repairs import BY_ID
from training_files.report import ColumnMapping, Report, Table

CONVERT: Final = "Convert"
COLUMNS: Final = "mend_columns"
REPAIRS: Final = "mend_repairs"
LAYOUT: Final = "mend_layout"
VALIDATION: Final = "mend_validation"

_COMPARE: Final = "Compare"
_NONE: Final = "none"
_MOST_REPAIRS: Final = 30
_LOST: Final = 5
_ANSWERS: Final = ("assistant", "completion", "preferred")

_Part = tuple[str, str, str]
"""Its name in `ColumnMapping`, its label, a hint."""

_SYSTEM: Final[_Part] = ("system", "System prompt", "Instructions that stand before each conversation.")
_QUESTION: Final[_Part] = ("user", "Question", "What the person says.")
_CONTEXT: Final[_Part] = ("context", "Context", "More for the question, such as a text that it is about.")
_HISTORY: Final[_Part] = ("history", "Earlier turns", "Questions and answers before this one.")
_TOOLS: Final[_Part] = ("tools", "Tools", "Which tools the model may call.")


def title_of(report: Report | None) -> str:
    """What the window does with such a file: a table is converted, one in order compared with another file."""
    if report is not None and report.table is not None:
        return CONVERT
    return "Mend" if report is None or mendable(report) else _COMPARE


class Layout(msgspec.Struct, frozen=True):
    """One way of reading a table: the format of its examples, parts that it needs, and parts that it may have."""

    label: str
    format: str
    needed: tuple[_Part, ...]
    more: tuple[_Part, ...] = ()

    @property
    def labels(self) -> dict[str, str]:
        return {name: label for name, label, _ in (*self.needed, *self.more)}


LAYOUTS: Final[Map[str, Layout]] = {
    "chat": Layout(
        "Chat: a question and an answer",
        "chat",
        (_QUESTION, ("assistant", "Answer", "What the model should learn to say.")),
        (_CONTEXT, _SYSTEM, _HISTORY, _TOOLS),
    ),
    "conversation": Layout(
        "Chat: whole conversations",
        "chat",
        (("conversation", "Conversation", "The column that holds all turns."),),
        (_SYSTEM, _TOOLS),
    ),
    "completion": Layout(
        "Completion: text that goes on",
        "completion",
        (
            ("prompt", "Prompt", "What comes first."),
            ("completion", "Completion", "What the model should go on with."),
        ),
    ),
    "preference": Layout(
        "Preference: a better and a worse answer",
        "preference",
        (
            ("preferred", "Better answer", "The one that the model should learn to give."),
            ("non_preferred", "Worse answer", "The one that it should learn to avoid."),
        ),
        (_QUESTION, _CONTEXT, _SYSTEM, _HISTORY),
    ),
}


@dataclass(frozen=True)
class Columns:
    """What was chosen: the layout, and for each part the place of its column in the table, from 0."""

    layout: str
    places: dict[str, int]

    def mapping(self, table: Table) -> ColumnMapping:
        names = [column.name for column in table.columns]
        columns = {part: names[place] for part, place in self.places.items() if place < len(names)}
        return msgspec.convert({"format": LAYOUTS[self.layout].format, "columns": columns}, ColumnMapping)


def proposed(table: Table, wanted: str = "") -> Columns:
    """What is filled in at first: the table's own proposal, or what of it fits the layout that is wanted."""
    names = [column.name for column in table.columns]
    mapping = table.mapping or ColumnMapping("chat", {})
    # Both are read alike.
    columns = {"conversation" if part == "messages" else part: name for part, name in mapping.columns.items()}
    places = {part: names.index(name) for part, name in columns.items() if name in names}
    own = "conversation" if "conversation" in places else mapping.format
    layout = wanted if wanted in LAYOUTS else own
    if layout != own:
        for asked, answered in (("user", "assistant"), ("prompt", "completion"), ("user", "preferred")):
            places.setdefault(asked, places.get("user", places.get("prompt", -1)))
            places.setdefault(answered, next((places[p] for p in _ANSWERS if places.get(p, -1) >= 0), -1))
    labels = LAYOUTS[layout].labels
    return Columns(layout, {part: place for part, place in places.items() if place >= 0 and part in labels})


def columns_window(dataset: Dataset, table: Table, private_metadata: str, chosen: Columns | None = None) -> View:
    """Which column plays which part; the proposal is filled in."""
    chosen = chosen or proposed(table, "")
    layout = LAYOUTS[chosen.layout]
    layouts = {name: option(each.label, name) for name, each in LAYOUTS.items()}
    blocks: list[Block] = [
        section(f"How shall I read {code(dataset.name)}? Each row becomes one example."),
        InputBlock(
            block_id=LAYOUT,
            label=plain("Make of it", HINT),
            element=StaticSelectElement(
                action_id=LAYOUT, options=list(layouts.values()), initial_option=layouts[chosen.layout]
            ),
            dispatch_action=True,
        ),
    ]
    columns = [_column(place, column.name, column.samples) for place, column in enumerate(table.columns[: OPTIONS - 1])]
    for parts, optional in ((layout.needed, False), (layout.more, True)):
        blocks += [_part(chosen, part, columns, optional=optional) for part in parts]
    if len(table.columns) >= OPTIONS:
        count = len(table.columns) + table.unlisted
        blocks.append(context(f"The first {OPTIONS - 1} of {number(count)} columns are offered."))
    return window(
        CONVERT, blocks, callback_id=COLUMNS, submit="Next", close="Not now", private_metadata=private_metadata
    )


def read_columns(values: Map[str, Map[str, Map[str, object]]]) -> Columns | dict[str, str]:
    """What was chosen in the window, or a sentence for each field that is wrong, by block_id."""
    chosen: dict[str, str] = {}
    for block_id, inputs in values.items():
        for entered in inputs.values():
            picked = entered.get("selected_option")
            value = picked.get("value") if isinstance(picked, dict) else None
            chosen[block_id.rpartition("/")[2]] = value if isinstance(value, str) else _NONE
    name = chosen.pop(LAYOUT, "")
    layout = LAYOUTS.get(name) or LAYOUTS["chat"]
    name = name if name in LAYOUTS else "chat"
    places = {part: int(value) for part, value in chosen.items() if value.isdecimal() and part in layout.labels}
    missing = [part for part, _, _ in layout.needed if part not in places]
    if missing:
        return {f"{name}/{part}": "Choose a column." for part in missing}
    twice = [part for part in places if list(places.values()).count(places[part]) > 1]
    if twice:
        return {f"{name}/{part}": "Each part needs a column of its own." for part in twice}
    return Columns(name, places)


def repairs_window(
    dataset: Dataset,
    plan: RepairPlan,
    private_metadata: str,
    mapping: ColumnMapping | None = None,
    others: Sequence[Dataset] = (),
    validation: str | None = None,
) -> View:
    """What can be repaired, recommended repairs ticked, each with one place before and after. `validation` is the id of
    that one of the `others` that the file is held against.
    """
    blocks: list[Block] = [
        section(
            f"A mended copy of {code(dataset.name)} comes into the thread, with a report of its own. The file itself "
            "stays as it is."
        )
    ]
    if mapping is not None:
        blocks.append(context(f"{counted(plan.examples, 'row')}, read as {reading_of(mapping)}"))
    against = [_validation(others, validation)] if others else []
    shown = plan.repairs[:_MOST_REPAIRS]
    if not shown and mapping is None:
        nothing = section(f"I found nothing in {code(dataset.name)} that I could mend.")
        return window(title_of(dataset.report), [nothing, *against, *_lost(plan)], private_metadata=private_metadata)
    blocks += against
    for proposal in shown:
        blocks += [divider(), *_proposal(proposal)]
    blocks += _lost(plan)
    title = CONVERT if mapping is not None else title_of(dataset.report)
    return window(
        title,
        blocks,
        callback_id=REPAIRS,
        submit="Leave out" if title == _COMPARE else title,
        close="Not now",
        private_metadata=private_metadata,
    )


def read_validation(words: str) -> str | None:
    """The id of the data set that was chosen to hold the file against."""
    return None if words in {"", _NONE} else words


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


def mended(user: str, dataset: Dataset, done: RepairResult, titles: Map[str, str]) -> str:
    """What mending did, as the words (mrkdwn) beside the new file."""
    titles = {"convert": f"Make every row a {done.format} example", **titles}  # of rows it is never ticked
    did = [f"{_title(name, titles)}: {number(count)}" for name, count in done.changed.items() if count]
    lines = [f"{person(user)} had {code(dataset.name)} mended: {counted(done.examples, 'example')}."]
    lines += [f"• {quoted(what, 200)}" for what in did[:_MOST_REPAIRS]]
    if done.dropped:
        lines.append(f"• Left out in all: {counted(done.dropped, 'example')}")
    if done.lost_lines:
        lines.append(f"• Could not be saved: {_named(done.lost, done.lost_lines)}")
    return clip("\n".join(lines), 3000)


def _column(place: int, name: str, samples: Sequence[str]) -> Option:
    sample = next((sample for sample in samples if sample.strip()), None)
    return option(name or f"Column {place + 1}", str(place), sample)


def _part(chosen: Columns, part: _Part, columns: Sequence[Option], *, optional: bool) -> InputBlock:
    name, label, hint = part
    nothing = option("None", _NONE)
    place = chosen.places.get(name)
    initial = columns[place] if place is not None and place < len(columns) else None
    return InputBlock(
        # Another layout has other fields of the same name: what was chosen there must not stay.
        block_id=f"{chosen.layout}/{name}",
        label=plain(label, HINT),
        element=StaticSelectElement(
            action_id=name,
            placeholder=plain("Choose a column", PLACEHOLDER),
            options=[nothing, *columns] if optional else list(columns) or [nothing],
            initial_option=initial or (nothing if optional else None),
        ),
        hint=plain(hint, HINT),
        optional=optional,
    )


def _validation(others: Sequence[Dataset], chosen: str | None) -> Block:
    options = [option("None", _NONE), *(option(other.name, other.id) for other in others[: OPTIONS - 1])]
    return SectionBlock(
        block_id=VALIDATION,
        text=mrkdwn("*Validation file*\nExamples that stand in it too can be left out here."),
        accessory=StaticSelectElement(
            action_id=VALIDATION,
            placeholder=plain("Choose a file", PLACEHOLDER),
            options=options,
            initial_option=next((one for one in options if one.value == chosen), options[0]),
        ),
    )


def _proposal(proposal: ProposedRepair) -> list[Block]:
    touched = counted(proposal.examples, "example")
    what = f"{touched} left out" if proposal.drops else f"{touched} changed"
    blocks: list[Block]
    if proposal.always:
        said = section(f"*{quoted(proposal.title, 150)}:* {number(proposal.examples)}. Comes with every mended file.")
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
        after = quoted(proposal.after, 300) if proposal.drops else _excerpt(proposal.after)
        blocks.append(context(f"{place}{_excerpt(proposal.before)} → {after or '_nothing_'}"))
    if proposal.note:
        blocks.append(context(quoted(proposal.note, 300)))
    return blocks


def _excerpt(text: str) -> str:
    return code(text, 300) if text.strip() else "_nothing_"


def _lost(plan: RepairPlan) -> list[Block]:
    if not plan.lost_lines:
        return []
    return [divider(), context(f"Cannot be saved, whatever you choose: {_named(plan.lost, plan.lost_lines)}")]


def _named(lost: Sequence[LostLine], total: int) -> str:
    """Where and why, the first sentence of it: "line 3 (it is cut off) and 12 more"."""
    named = [f"line {number(one.line)} ({quoted(one.why.partition('. ')[0], 120).rstrip('.')})" for one in lost[:_LOST]]
    if total > len(named):
        named.append(f"{number(total - len(named))} more")
    return listed(named)


def _title(repair: str, titles: Map[str, str]) -> str:
    if titles.get(repair):
        return titles[repair]
    known = BY_ID.get(repair)
    return known.title if known else repair
