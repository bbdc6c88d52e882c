"""The modals of *Repair*: which column plays which part, what is to be repaired; and what repairing did."""

import re
from collections.abc import Mapping as Map
from collections.abc import Sequence
from typing import Final, cast

import msgspec
from slack_sdk.models.blocks import Block, CheckboxesElement, InputBlock, Option, SectionBlock, StaticSelectElement
from slack_sdk.models.views import View

from bot.datasets.columns import LAYOUTS, Columns
from bot.datasets.dataset import Dataset
from bot.datasets.repairing import ProposedRepairs
from bot.datasets.report import is_repairable
from handlers.blocks.dataset_options import dataset_options
from handlers.blocks.modals import looking, modal
from handlers.blocks.parts import HINT, OPTIONS, PLACEHOLDER, actions, context, divider, mrkdwn, option, plain, section
from handlers.blocks.text import bold, clip, code, person, quoted
from handlers.datasets.blocks.report import reading_of
from texts import repair as texts
from texts import repairs
from texts.formats import listed
from training_files.repair import LostLine, ProposedRepair, RepairPlan, RepairResult, Why
from training_files.report import Report, Table

COLUMNS: Final = "repair_columns"
REPAIRS: Final = "repair_choice"
LAYOUT: Final = "repair_layout"
VALIDATION: Final = "repair_validation"
CHOSEN: Final = "repair"

# Of modals that were shown before these names.
OLD_COLUMNS: Final = "mend_columns"
OLD_REPAIRS: Final = "mend_repairs"
OLD_LAYOUT: Final = "mend_layout"
OLD_VALIDATION: Final = "mend_validation"

_NONE: Final = "none"
_MOST_REPAIRS: Final = 30
_LOST: Final = 5
_CLAUSE_END: Final = re.compile(r"\.(?: |$)|。")


def title_of(report: Report | None) -> str:
    """What the modal does with such a file: a table is converted, one in order compared with another file."""
    if report is not None and report.table is not None:
        return texts.convert_button()
    return texts.compare_title() if _is_compared(report) else texts.repair_button()


def _is_compared(report: Report | None) -> bool:
    return report is not None and report.table is None and not is_repairable(report)


def waiting() -> View:
    """In place of the columns, until there is something to show."""
    return looking(texts.convert_button(), texts.the_examples())


class Selection(msgspec.Struct, frozen=True):
    """What was chosen so far, which a modal carries along. `layout` and `places` are those of `Columns`; `validation`
    is the data set whose examples are not to stand in this one."""

    channel: str
    dataset: str
    layout: str | None = None
    places: dict[str, int] = {}
    validation: str | None = None

    @property
    def columns(self) -> Columns | None:
        return Columns(self.layout, self.places) if self.layout is not None else None

    def encoded(self) -> str:
        return msgspec.json.encode(self).decode()


def columns_modal(dataset: Dataset, table: Table, selection: Selection, chosen: Columns) -> View:
    """Which column plays which part; what is `chosen` is filled in."""
    layout = LAYOUTS[chosen.layout]
    layouts = {name: option(texts.layout(name), name) for name in LAYOUTS}
    blocks: list[Block] = [
        section(texts.how_to_read(code(dataset.name))),
        InputBlock(
            block_id=LAYOUT,
            label=plain(texts.layout_label(), HINT),
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
        blocks.append(context(texts.columns_offered(OPTIONS - 1, count)))
    return modal(
        texts.convert_button(),
        blocks,
        callback_id=COLUMNS,
        submit=texts.next_button(),
        close=texts.not_now_button(),
        private_metadata=selection.encoded(),
    )


def read_columns(values: Map[str, Map[str, Map[str, object]]]) -> Columns | dict[str, str]:
    """What was chosen in the modal, or a sentence for each field that is wrong, by block_id."""
    chosen: dict[str, str] = {}
    for block_id, inputs in values.items():
        for entered in inputs.values():
            picked = entered.get("selected_option")
            value = picked.get("value") if isinstance(picked, dict) else None
            chosen[block_id.rpartition("/")[2]] = value if isinstance(value, str) else _NONE
    old = chosen.pop(OLD_LAYOUT, "")
    name = chosen.pop(LAYOUT, old)
    layout = LAYOUTS.get(name) or LAYOUTS["chat"]
    name = name if name in LAYOUTS else "chat"
    places = {part: int(value) for part, value in chosen.items() if value.isdecimal() and part in layout.parts}
    missing = [part for part in layout.needed if part not in places]
    if missing:
        return {f"{name}/{part}": texts.column_missing() for part in missing}
    twice = [part for part in places if list(places.values()).count(places[part]) > 1]
    if twice:
        return {f"{name}/{part}": texts.column_twice() for part in twice}
    return Columns(name, places)


def repairs_modal(dataset: Dataset, proposed: ProposedRepairs, selection: Selection) -> View:
    """What can be repaired, recommended repairs ticked, each with one place before and after."""
    plan, mapping = proposed.plan, proposed.mapping
    against = [_validation(proposed.others, proposed.validation)] if proposed.others else []
    shown = plan.repairs[:_MOST_REPAIRS]
    blocks: list[Block]
    if not shown and mapping is None:
        nothing = section(texts.nothing_to_repair(code(dataset.name)))
        blocks = [nothing, *against, *_lost(plan)]
        return modal(title_of(dataset.report), blocks, private_metadata=selection.encoded())
    blocks = [section(texts.what_comes(code(dataset.name), of_rows=mapping is not None))]
    if mapping is not None:
        blocks.append(context(texts.rows_read_as(plan.examples, reading_of(mapping))))
    blocks += against
    for proposal in shown:
        blocks += [divider(), *_proposal(proposal, plan)]
    blocks += _lost(plan)
    title = texts.convert_button() if mapping is not None else title_of(dataset.report)
    return modal(
        title,
        blocks,
        callback_id=REPAIRS,
        submit=texts.leave_out_button() if mapping is None and _is_compared(dataset.report) else title,
        close=texts.not_now_button(),
        private_metadata=selection.encoded(),
    )


def read_validation(words: str) -> str | None:
    """The id of the data set that was chosen to compare the file with."""
    return None if words in {"", _NONE} else words


def read_repairs(view: Map[str, object]) -> frozenset[str]:
    """The ids of the repairs that were ticked."""
    state = cast("dict[str, dict[str, dict[str, dict[str, object]]]]", view.get("state") or {})
    return frozenset(
        block_id.removeprefix("repair/")
        for block_id, inputs in state.get("values", {}).items()
        if block_id.startswith("repair/") and any(entered.get("selected_options") for entered in inputs.values())
    )


def comes_by_itself(view: Map[str, object]) -> bool:
    """Whether the modal showed a repair that is always made."""
    return any(
        str(block.get("block_id", "")).startswith("always/")
        for block in cast("list[dict[str, object]]", view.get("blocks") or [])
    )


def repaired(user: str, dataset: Dataset, done: RepairResult) -> str:
    """What repairing did, as the words (mrkdwn) beside the new file."""
    said = texts.repaired
    if done.of_rows or "convert" in done.changed:
        said = texts.converted if done.changed.keys() <= {"convert"} else texts.converted_and_repaired
    lines = [said(person(user), code(dataset.name), done.examples)]
    for repair, count in list(done.changed.items())[:_MOST_REPAIRS]:
        name = repairs.title(repair, mark=done.marks.get(repair, ""), format=done.format, of_rows=done.of_rows)
        lines.append(f"• {texts.did(quoted(name, 200), count)}")
    if done.dropped:
        lines.append(f"• {texts.left_out_in_all(done.dropped)}")
    if done.lost_lines:
        lines.append(f"• {texts.could_not_be_saved(_named(done.lost, done.lost_lines))}")
    return clip("\n".join(lines), 3000)


def _column(place: int, name: str, samples: Sequence[str]) -> Option:
    sample = next((sample for sample in samples if sample.strip()), None)
    return option(name or texts.unnamed_column(place + 1), str(place), sample)


def _part(chosen: Columns, name: str, columns: Sequence[Option], *, optional: bool) -> InputBlock:
    label, hint = texts.part(name)
    nothing = option(texts.no_column(), _NONE)
    place = chosen.places.get(name)
    initial = columns[place] if place is not None and place < len(columns) else None
    return InputBlock(
        # Another layout has other fields of the same name: what was chosen there must not stay.
        block_id=f"{chosen.layout}/{name}",
        label=plain(label, HINT),
        element=StaticSelectElement(
            action_id=name,
            placeholder=plain(texts.choose_column(), PLACEHOLDER),
            options=[nothing, *columns] if optional else list(columns) or [nothing],
            initial_option=initial or (nothing if optional else None),
        ),
        hint=plain(hint, HINT),
        optional=optional,
    )


def _validation(others: Sequence[Dataset], chosen: str | None) -> Block:
    options = [option(texts.no_file(), _NONE), *dataset_options(others[: OPTIONS - 1]).values()]
    return SectionBlock(
        block_id=VALIDATION,
        text=mrkdwn(f"{bold(texts.validation_label())}\n{texts.validation_hint()}"),
        accessory=StaticSelectElement(
            action_id=VALIDATION,
            placeholder=plain(texts.choose_file(), PLACEHOLDER),
            options=options,
            initial_option=next((one for one in options if one.value == chosen), options[0]),
        ),
    )


def _proposal(proposal: ProposedRepair, plan: RepairPlan) -> list[Block]:
    of_rows = plan.table is not None
    title = repairs.title(proposal.id, mark=proposal.mark, format=plan.format, of_rows=of_rows)
    many = texts.examples_left_out if proposal.drops else texts.examples_changed
    blocks: list[Block]
    if proposal.always:
        said = section(texts.comes_always(bold(quoted(title, 150)), proposal.examples, of_rows=of_rows))
        said.block_id = f"always/{proposal.id}"
        blocks = [said]
    else:
        tick = option(title, proposal.id, many(proposal.examples))
        blocks = [
            actions(
                CheckboxesElement(
                    action_id=CHOSEN, options=[tick], initial_options=[tick] if proposal.recommended else None
                ),
                block_id=f"repair/{proposal.id}",
            )
        ]
    if proposal.before or proposal.after:
        change = f"{_side(proposal.before)} → {_side(proposal.after)}"
        blocks.append(context(change if proposal.line is None else texts.at_line(proposal.line, change)))
    if not (of_rows and proposal.id == "convert"):
        blocks.append(context(quoted(repairs.does(proposal.id), 300)))
    return blocks


def _side(shown: str | Why) -> str:
    """Before or after a repair: an excerpt of the file, or what is said in its place."""
    if not isinstance(shown, str):
        return quoted(repairs.remark(shown), 300)
    return code(shown, 300) if shown.strip() else f"_{texts.nothing_there()}_"


def _lost(plan: RepairPlan) -> list[Block]:
    if not plan.lost_lines:
        return []
    return [divider(), context(texts.cannot_be_saved(_named(plan.lost, plan.lost_lines)))]


def _named(lost: Sequence[LostLine], total: int) -> str:
    """Where and why, the first sentence of it: "line 3 (it is cut off) and 12 more"."""
    named = []
    for one in lost[:_LOST]:
        why = _CLAUSE_END.split(repairs.remark(one.why), maxsplit=1)[0]
        named.append(texts.lost_line(one.line, quoted(why, 120)))
    if total > len(named):
        named.append(texts.more_lines(total - len(named)))
    return listed(named)
