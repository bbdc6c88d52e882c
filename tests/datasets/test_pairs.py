"""Which of the files that were dropped together validates which."""

import pytest

from bot.datasets.dataset import Dataset
from bot.datasets.pairs import validation_of
from training_files.report import Finding, Report, Tokens


def _dataset(name: str, examples: int, errors: tuple[str, ...] = ()) -> Dataset:
    tokens = Tokens(0, 0, 0, 0, 0, exact=True, tokenizer="o200k_base")
    found = [Finding(code, None, message="Wrong.") for code in errors]
    report = Report(
        not errors, "chat", examples, found, [], {}, tokens, 3, {}, "m", 1, sha256=name, method="supervised"
    )
    return Dataset(
        id=name,
        sha256=name,
        name=name,
        bytes=1,
        owner="U1",
        team="T1",
        channel="C1",
        channel_private=False,
        thread_ts="1.0",
        created_at=1.0,
        report=report,
    )


@pytest.mark.parametrize(
    ("training", "others", "validation"),
    [
        (("train.jsonl", 30), [("valid.jsonl", 10), ("test.jsonl", 10)], "valid.jsonl"),
        (("house-train.jsonl", 30), [("house-val.jsonl", 10), ("support-val.jsonl", 10)], "house-val.jsonl"),
        (("train.jsonl", 30), [("eval.jsonl", 30)], "eval.jsonl"),
        (("train.jsonl", 30), [("val.jsonl", 5, ("too_few_examples",))], "val.jsonl"),
        (("train.jsonl", 30), [("val.jsonl", 20, ("invalid_json",))], None),
        (("train.jsonl", 30), [("more.jsonl", 10)], None),
        (("train.jsonl", 30), [("val-a.jsonl", 10), ("val-b.jsonl", 10)], None),
        (("val.jsonl", 30), [("train.jsonl", 10)], None),
        (("one.jsonl", 30), [("two.jsonl", 15)], "two.jsonl"),
        (("one.jsonl", 30), [("two.jsonl", 16)], None),
        (("one.jsonl", 30), [("two.jsonl", 10), ("three.jsonl", 10)], None),
    ],
)
def test_names_tell_else_sizes_and_where_nobody_can_tell_there_is_none(
    training: tuple[str, int], others: list[tuple[str, int]], validation: str | None
) -> None:
    first, *rest = [_dataset(*one) for one in (training, *others)]
    found = validation_of(first, [first, *rest])
    assert (found.name if found else None) == validation
