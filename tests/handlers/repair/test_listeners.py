"""*Repair* on a report, as a person goes through its modals."""

import json
from collections.abc import AsyncIterator, Callable, Collection, Sequence
from contextlib import asynccontextmanager
from typing import Any, cast

import msgspec
import pytest

from bot.access import Caller
from bot.datasets.columns import Columns
from bot.datasets.dataset import Dataset
from bot.datasets.derived import NewFile
from bot.datasets.repairing import DatasetRepairing, PlannedRepair, ProposedRepairs, RepairedFile
from bot.errors import Conflict
from handlers.callers import Callers
from handlers.datasets.derived_files import DerivedFiles
from handlers.modals import Modals
from handlers.repair import blocks
from handlers.repair.blocks import Selection
from handlers.repair.listeners import RepairListeners, wrong_columns
from handlers.request import Request
from handlers.web.people import People, Roles
from handlers.web.poster import Poster
from tests.scripted_slack import Slack
from tests.slack_requests import ANA, Answers, a_request
from texts.language import Language, speaking
from training_files.repair import LostLine, ProposedRepair, Remark, RepairPlan, RepairResult
from training_files.report import Column, ColumnMapping, Table

DATASET = Dataset("ds-1", "abc", "train.jsonl", 3, ANA.user, "T0ACME", "C0TRAINING", False, "1.0", 1.0)
HELD_OUT = Dataset("ds-2", "def", "held-out.jsonl", 3, ANA.user, "T0ACME", "C0TRAINING", False, "1.0", 1.0)
TABLE = Table("csv", 14, (Column("question", ("Why?",)), Column("answer", ("So.",)), Column("", ())))
ROLES = ProposedRepair("roles", 2, 7, 'messages[0].role: "human"', 'messages[0].role: "user"', True, False)
NEARLY = ProposedRepair("near_duplicates", 1, 9, "{}", Remark("nearly_same_as_line", {"line": 3}), False, True)
ENDS = ProposedRepair("line_endings", 12, None, "CR", "LF", True, False, always=True)
LOST = (LostLine(3, Remark("json_is_broken")),)
PLAN = RepairPlan((ENDS, ROLES, NEARLY), None, 12, "chat", LOST, 4)


class Repairing:
    """The use case, with a file in which two repairs can be chosen; and what was asked of it."""

    def __init__(self) -> None:
        self.first: Table | ProposedRepairs = ProposedRepairs(PLAN, None, (HELD_OUT,), None)
        self.trouble: Exception | None = None
        self.before: Dataset | None = None
        self.proposed: list[tuple[Columns | None, str | None]] = []
        self.planned: list[tuple[frozenset[str], Columns | None, str | None, bool]] = []
        self.made = 0

    async def check(self, caller: Caller, dataset_id: str) -> Dataset:
        assert dataset_id == DATASET.id
        return DATASET

    async def table(self, dataset: Dataset) -> Table:
        return TABLE

    async def begin(self, caller: Caller, dataset: Dataset) -> Table | ProposedRepairs:
        if self.trouble is not None:
            raise self.trouble
        return self.first

    async def propose(
        self, caller: Caller, dataset: Dataset, columns: Columns | None = None, validation: str | None = None
    ) -> ProposedRepairs:
        self.proposed.append((columns, validation))
        return ProposedRepairs(PLAN, columns.mapping(TABLE) if columns else None, (HELD_OUT,), validation)

    @asynccontextmanager
    async def plan(
        self,
        caller: Caller,
        dataset_id: str,
        chosen: Collection[str],
        columns: Columns | None = None,
        validation: str | None = None,
        *,
        always: bool = False,
    ) -> AsyncIterator[PlannedRepair]:
        self.planned.append((frozenset(chosen), columns, validation, always))
        new = NewFile("ds-9", "train-repaired.jsonl", self.before)
        held_out = HELD_OUT if validation else None
        yield PlannedRepair(DATASET, frozenset(chosen), None, held_out, new)

    async def repair(self, caller: Caller, planned: PlannedRepair) -> RepairedFile:
        self.made += 1
        result = RepairResult(11, 1, {"roles": 2, "near_duplicates": 1}, LOST, 4, "ff", 9, "chat")
        return RepairedFile(msgspec.structs.replace(DATASET, id=planned.new.id, name=planned.new.name), result)


class Derived:
    """What shows a new file in the thread."""

    def __init__(self) -> None:
        self.comments: list[str] = []
        self.reported: list[tuple[str, Dataset | None]] = []

    async def is_there(self, request: Request, new: NewFile) -> bool:
        return new.before is not None

    async def share(
        self, request: Request, source: Dataset, made: Sequence[Dataset], comment: Callable[[], str]
    ) -> list[Dataset]:
        self.comments.append(comment())
        return list(made)

    async def report_on(self, request: Request, dataset: Dataset, validation: Dataset | None = None) -> None:
        self.reported.append((dataset.id, validation))


@pytest.fixture
def repairing() -> Repairing:
    return Repairing()


@pytest.fixture
def derived() -> Derived:
    return Derived()


@pytest.fixture
def listeners(slack: Slack, repairing: Repairing, derived: Derived) -> RepairListeners:
    slack.replies["users.info"] = [{"ok": True, "user": {"id": ANA.user, "team_id": "T0ACME"}}]
    for method in ("views.open", "views.update"):
        slack.replies[method] = [{"ok": True, "view": {"id": "V1"}}]
    poster = Poster(slack.client)
    callers = Callers(People(poster, "T0ACME", Roles()), "T0ACME")
    return RepairListeners(callers, cast(DatasetRepairing, repairing), cast(DerivedFiles, derived), Modals(poster))


def shown(slack: Slack) -> dict[str, Any]:
    """The modal as it was filled last."""
    view = slack.called("views.update")[-1]["view"]
    return cast("dict[str, Any]", json.loads(view) if isinstance(view, str) else view)


def submitted(words: str = "", state: dict[str, Any] | None = None, **selection: Any) -> Request:
    """A request from a modal that carries this selection."""
    chosen = Selection("C0TRAINING", DATASET.id, **selection)
    view = {"id": "V1", "private_metadata": chosen.encoded(), "state": {"values": state or {}}, "blocks": []}
    return a_request(words, body={"view": view})


def ticked(*repairs: str) -> dict[str, Any]:
    return {
        f"repair/{one}": {"repair": {"type": "checkboxes", "selected_options": [{"value": one}]}} for one in repairs
    } | {"repair/mask": {"repair": {"type": "checkboxes", "selected_options": []}}}


def selected(**fields: str) -> dict[str, Any]:
    return {
        block_id: {"column": {"type": "static_select", "selected_option": {"value": value}}}
        for block_id, value in fields.items()
    }


async def test_the_repairs_that_a_file_needs_are_shown_and_the_recommended_ones_ticked(
    listeners: RepairListeners, slack: Slack
) -> None:
    await listeners.open(a_request("ds-1"))
    view = shown(slack)
    assert view["callback_id"] == blocks.REPAIRS
    boxes = {block["block_id"]: block["elements"][0] for block in view["blocks"] if block["type"] == "actions"}
    assert list(boxes) == ["repair/roles", "repair/near_duplicates"]
    assert [box.get("initial_options") is not None for box in boxes.values()] == [True, False]
    said = str(view["blocks"])
    assert "*End lines with LF*: 12. Comes with every repaired file." in said
    assert 'Line 7: `messages[0].role: "human"` → `messages[0].role: "user"`' in said.replace("\\'", "'")
    assert "Line 9: `{}` → It is nearly the same as line 3." in said
    assert "whatever you choose: line 3 (The JSON that begins here is broken) and 3 more" in said


async def test_it_is_shown_in_the_language_of_who_pressed(listeners: RepairListeners, slack: Slack) -> None:
    with speaking(Language.CHINESE):
        await listeners.open(a_request("ds-1"))
    view = shown(slack)
    assert view["submit"]["text"] == "修复"
    assert "更正角色名称" in str(view["blocks"])
    assert "与第 3 行近似重复。" in str(view["blocks"])


async def test_of_a_table_the_columns_are_asked_for_first(
    listeners: RepairListeners, slack: Slack, repairing: Repairing
) -> None:
    repairing.first = TABLE
    await listeners.open(a_request("ds-1"))
    assert [b["block_id"] for b in shown(slack)["blocks"][1:4]] == [blocks.LAYOUT, "chat/user", "chat/assistant"]
    await listeners.layout_chosen(submitted("preference"))
    view = shown(slack)
    assert [b["block_id"] for b in view["blocks"][2:4]] == ["preference/preferred", "preference/non_preferred"]
    columns = view["blocks"][2]["element"]["options"]
    assert [one["text"]["text"] for one in columns] == ["question", "answer", "Column 3"]


@pytest.mark.parametrize("layout", [blocks.LAYOUT, blocks.OLD_LAYOUT])
async def test_the_columns_that_were_named_are_carried_along(
    listeners: RepairListeners, slack: Slack, repairing: Repairing, layout: str
) -> None:
    state = selected(**{layout: "chat", "chat/user": "0", "chat/assistant": "1", "chat/system": "none"})
    await listeners.columns_chosen(submitted(state=state))
    columns = Columns("chat", {"user": 0, "assistant": 1})
    assert repairing.proposed == [(columns, None)]
    view = shown(slack)
    assert "12 rows, read as `question` → `answer`" in str(view["blocks"])
    assert "`train.jsonl` is converted: the new file comes" in str(view["blocks"])
    await listeners.repairs_chosen(a_request(body={"view": view | {"state": {"values": ticked("roles")}}}))
    assert repairing.planned == [(frozenset({"roles"}), columns, None, True)]


def test_a_column_that_is_missing_or_named_twice_is_said_under_its_field() -> None:
    assert wrong_columns(selected(**{blocks.LAYOUT: "chat", "chat/user": "0", "chat/assistant": "1"})) == {}
    assert wrong_columns(selected(**{blocks.LAYOUT: "chat", "chat/user": "0"})) == {
        "chat/assistant": "Choose a column."
    }
    twice = wrong_columns(selected(**{blocks.LAYOUT: "chat", "chat/user": "0", "chat/assistant": "0"}))
    assert list(twice) == ["chat/user", "chat/assistant"]
    with speaking(Language.CHINESE):
        assert wrong_columns({}) == {"chat/user": "请选择一列。", "chat/assistant": "请选择一列。"}


async def test_the_validation_file_that_was_chosen_is_compared_with_and_carried_along(
    listeners: RepairListeners, slack: Slack, repairing: Repairing
) -> None:
    await listeners.validation_chosen(submitted("ds-2"))
    view = shown(slack)
    select = next(block["accessory"] for block in view["blocks"] if block.get("block_id") == blocks.VALIDATION)
    assert select["initial_option"]["value"] == "ds-2"
    assert json.loads(view["private_metadata"])["validation"] == "ds-2"
    await listeners.validation_chosen(submitted("none", validation="ds-2"))
    assert repairing.proposed == [(None, "ds-2"), (None, None)]


async def test_what_was_ticked_is_repaired_and_the_new_file_reported_on(
    listeners: RepairListeners, repairing: Repairing, derived: Derived
) -> None:
    await listeners.repairs_chosen(submitted(state=ticked("roles", "near_duplicates"), validation="ds-2"))
    assert repairing.planned == [(frozenset({"roles", "near_duplicates"}), None, "ds-2", False)]
    assert derived.reported == [("ds-9", HELD_OUT)]
    assert derived.comments == [
        "<@U0ANA> had `train.jsonl` repaired: 11 examples.\n"
        "• Correct the names of roles: 2\n"
        "• Keep one of those that are nearly the same: 1\n"
        "• Left out in all: 1 example\n"
        "• Could not be saved: line 3 (The JSON that begins here is broken) and 3 more"
    ]


def test_a_table_is_converted_and_not_repaired() -> None:
    mapping = ColumnMapping("chat", {"user": "question", "assistant": "answer"})
    plan = msgspec.structs.replace(PLAN, table=TABLE)
    view = blocks.repairs_modal(DATASET, ProposedRepairs(plan, mapping, (), None), Selection("C1", "ds-1")).to_dict()
    assert "12. Comes with every converted file." in str(view["blocks"])
    assert "repaired" not in str(view["blocks"])
    result = RepairResult(11, 0, {}, (), 0, "ff", 9, "chat", of_rows=True)
    assert blocks.repaired(ANA.user, DATASET, result) == "<@U0ANA> had `train.jsonl` converted: 11 examples."


@pytest.mark.parametrize(
    ("changed", "of_rows", "said"),
    [
        ({"convert": 6}, False, "converted"),
        ({"convert": 11}, True, "converted"),
        ({"roles": 3}, False, "repaired"),
        ({"convert": 6, "roles": 3}, False, "converted and repaired"),
        ({"convert": 11, "duplicates": 1}, True, "converted and repaired"),
    ],
)
def test_what_was_converted_is_said_to_be_and_what_was_repaired(
    changed: dict[str, int], of_rows: bool, said: str
) -> None:
    result = RepairResult(11, 0, changed, (), 0, "ff", 9, "chat", of_rows=of_rows)
    first = blocks.repaired(ANA.user, DATASET, result).splitlines()[0]
    assert first == f"<@U0ANA> had `train.jsonl` {said}: 11 examples."


async def test_what_was_made_before_is_not_made_again(
    listeners: RepairListeners, repairing: Repairing, derived: Derived
) -> None:
    repairing.before = DATASET
    await listeners.repairs_chosen(submitted(state=ticked("roles")))
    assert (repairing.made, derived.comments, derived.reported) == (0, [], [])


async def test_what_goes_wrong_is_said_in_the_modal(
    listeners: RepairListeners, slack: Slack, repairing: Repairing
) -> None:
    repairing.trouble = Conflict("file_still_read", file="train.jsonl")
    answers = Answers()
    await listeners.open(a_request("ds-1", answers))
    assert "train.jsonl is still being read. Try again in a moment." in str(shown(slack)["blocks"])
    assert answers == []


def test_a_mapping_is_read_by_the_places_of_its_columns() -> None:
    assert Columns("chat", {"user": 1, "assistant": 9}).mapping(TABLE) == ColumnMapping("chat", {"user": "answer"})
