"""What is typed after `/finetune metrics`."""

import pytest

from bot.errors import Invalid
from handlers.metrics.command_words import SMOOTH, Words, read_words


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("", Words()),
        ("`job-1`", Words(("job-1",))),
        ("job-1 support smooth=0.9", Words(("job-1", "support"), 0.9)),
        ("job-1,job-2, job-3", Words(("job-1", "job-2", "job-3"))),
        ("job-1、job-2，ｓｍｏｏｔｈ＝０．５", Words(("job-1", "job-2"), 0.5)),
        ("Smooth=0 job-1", Words(("job-1",), 0.0)),
    ],
)
def test_jobs_and_the_weight_of_smoothing(typed: str, meant: Words) -> None:
    assert read_words(typed) == meant
    assert Words().smooth == SMOOTH


@pytest.mark.parametrize("typed", ["smooth=1", "smooth=-1", "smooth=nan", "smooth=", "job-1 smoth=0.5", "x=1"])
def test_what_is_not_understood_is_named(typed: str) -> None:
    with pytest.raises(Invalid, match="metrics_usage") as raised:
        read_words(typed)
    assert raised.value.values["word"] == typed.split()[-1]
