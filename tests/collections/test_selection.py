"""Examples by what they have in common."""

import pytest

from bot.collections.collection import Collection, Example
from bot.collections.selection import Filter, Selection
from tests.collecting import chat_line

SET = Collection("col-1", "Support", "U0ANA", "T0ACME", "C0TRAINING", False, 1.0)
EXAMPLES = [
    Example("ex-1", "col-1", chat_line("Where is it?"), "thread", "C0", "1.0", False, ("U0ANA",), "U0ANA", 10.0),
    Example("ex-2", "col-1", chat_line("Why?"), "correction", "C0", "1.0", False, ("U0BEN",), "U0ANA", 20.0, "ft:a"),
    Example("ex-3", "col-1", chat_line("Where is it?"), "thread", "C0", "1.0", False, ("U0CAI",), "U0CAI", 30.0),
    Example("ex-4", "col-1", chat_line("退款到了吗？"), "correction", "C0", "1.0", False, (), "U0BEN", 40.0, "ft:b"),
]


@pytest.mark.parametrize(
    ("by", "chosen"),
    [
        (Filter(contributor="U0ANA"), ["ex-1", "ex-2"]),
        (Filter(contributor="U0BEN"), ["ex-2", "ex-4"]),
        (Filter(origin="correction"), ["ex-2", "ex-4"]),
        (Filter(model="ft:b"), ["ex-4"]),
        (Filter(text="WHERE"), ["ex-1", "ex-3"]),
        (Filter(text="退款"), ["ex-4"]),
        (Filter(text="nothing of the kind"), []),
        (Filter(since=20.0), ["ex-2", "ex-3", "ex-4"]),
        (Filter(since=20.0, until=40.0), ["ex-2", "ex-3"]),
        (Filter(repeated=True), ["ex-3"]),
        (Filter(repeated=True, contributor="U0ANA"), []),
        (Filter(origin="correction", contributor="U0ANA"), ["ex-2"]),
    ],
    ids=str,
)
def test_all_that_a_filter_names_has_to_be_true_of_an_example(by: Filter, chosen: list[str]) -> None:
    assert [example.id for example in by.chosen(EXAMPLES)] == chosen


def test_a_selection_of_other_examples_is_another_version() -> None:
    one, other = Selection(SET, tuple(EXAMPLES[:2]), 4), Selection(SET, tuple(EXAMPLES[:3]), 4)
    assert one.version != other.version
    assert one.version == Selection(SET, tuple(EXAMPLES[:2]), 9).version
