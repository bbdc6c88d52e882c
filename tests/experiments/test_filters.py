"""The words after `/finetune jobs`: what is looked for, and in which order."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.errors import Invalid
from bot.experiments.filters import SORTS, Filters, JobNames, Wanted, matches, read_wanted, words_of
from bot.jobs import states
from handlers.blocks.markup import half_width, parts_of
from texts.errors import sentence
from texts.jobs import shown_states

NOW = datetime(2026, 11, 29, 12, 30, tzinfo=UTC).timestamp()
NOVEMBER = datetime(2026, 11, 1, tzinfo=UTC).timestamp()


def read(text: str) -> Wanted:
    return read_wanted(parts_of(half_width(text)), user="U0ANA", at=NOW, shown=shown_states())


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("", Filters()),
        ("mine", Filters(requester="U0ANA")),
        ("<@U0BEN> <#C0TRAINING>", Filters(requester="U0BEN", channel="C0TRAINING")),
        ("model=gpt-4.1 file=`train.jsonl`", Filters(model="gpt-4.1", data="train.jsonl")),
        ('data="my file.jsonl"', Filters(data="my file.jsonl")),
        ("since=2026-11-01", Filters(since=NOVEMBER)),
        ("since=2026/11/01", Filters(since=NOVEMBER)),
        ("since=2026-11", Filters(since=NOVEMBER)),
        ("last=7d", Filters(since=NOW - 7 * 86_400)),
        ("last=24h", Filters(since=NOW - 86_400)),
        ("last=2", Filters(since=NOW - 2 * 86_400)),
        ("state=failed,cancelled", Filters(states=("failed", "cancelled"))),
        ("state=ended", Filters(states=tuple(sorted(states.ENDED)))),
        ("sort=loss", Filters(sort="loss")),
        ("sort=-cost", Filters(sort="cost", backwards=True)),
        ("mine, state=failed, sort=time", Filters(requester="U0ANA", states=("failed",), sort="time")),
        (
            "ｍｉｎｅ，ｓｔａｔｅ＝ｆａｉｌｅｄ、ｃａｎｃｅｌｌｅｄ，ｓｏｒｔ＝ｔｉｍｅ",
            Filters(requester="U0ANA", states=("failed", "cancelled"), sort="time"),
        ),
        ("job-1a2b ftjob-9Z", Filters(jobs=("job-1a2b", "ftjob-9z"))),
    ],
)
def test_each_filter_is_read_as_it_is_typed(typed: str, meant: Filters) -> None:
    assert read(typed) == Wanted(meant)


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("state=training", ("running",)),
        ("state=Ready,failed", ("succeeded", "failed")),
        ('"state=waiting for approval"', ("awaiting_approval",)),
        ("state=训练中，已就绪", ("running", "succeeded")),
    ],
)
def test_states_may_be_called_what_cards_call_them_in_any_language(typed: str, meant: tuple[str, ...]) -> None:
    assert read(typed).filters.states == meant


def test_whoever_names_no_state_is_told_what_states_are_called() -> None:
    with pytest.raises(Invalid) as raised:
        read("state=flying")
    told = sentence(raised.value)
    assert "There is no state flying. Known are: active, ended, awaiting_approval, cancelled, failed," in told
    assert "running" not in told
    assert "training" in told


def test_a_page_a_comparison_and_a_file_are_asked_for_beside_them() -> None:
    assert read("mine page=3") == Wanted(Filters(requester="U0ANA"), page=3)
    assert read("sort=loss compare=yes") == Wanted(Filters(sort="loss"), compare=True)
    assert read("csv last=7d") == Wanted(Filters(since=NOW - 7 * 86_400), csv=True)


@pytest.mark.parametrize(
    ("typed", "why"),
    [
        ("ours", "unknown_job_filter"),
        ("colour=red", "unknown_job_filter"),
        ("model=", "unknown_job_filter"),
        ("page=0", "unknown_job_filter"),
        ("compare=perhaps", "unknown_job_filter"),
        ("since=yesterday", "invalid_since"),
        ("since=2026-13-01", "invalid_since"),
        ("last=soon", "invalid_since"),
        ("state=flying", "unknown_state"),
        ("sort=beauty", "unknown_sort"),
    ],
)
def test_what_is_not_understood_is_said_with_what_there_is(typed: str, why: str) -> None:
    with pytest.raises(Invalid, match=why):
        read(typed)


typed = st.text("abc. -_'\"ü训，", min_size=1, max_size=12).map(half_width)
names = typed.map(lambda name: name.strip(" ,")).filter(bool)


@given(
    st.builds(
        Filters,
        jobs=st.lists(st.from_regex(r"job-[0-9a-f]{1,12}", fullmatch=True), max_size=3).map(tuple),
        requester=st.none() | st.just("U0BEN"),
        channel=st.none() | st.just("C0TRAINING"),
        model=st.just("") | names,
        data=st.just("") | names,
        since=st.none() | st.integers(0, 10_000_000).map(lambda minute: minute * 60.0),
        states=st.lists(st.sampled_from(sorted(states.STATES)), unique=True, max_size=3).map(tuple),
        sort=st.sampled_from(SORTS),
        backwards=st.booleans(),
    )
)
def test_the_words_of_filters_read_as_the_same_filters(filters: Filters) -> None:
    assert read(words_of(filters)) == Wanted(filters)


JOB = JobNames(
    "job-1",
    "gpt-4.1-mini-2025-04-14",
    "support",
    "客服（第二版）.jsonl",
    "file-abc",
    "ds-1",
    "ftjob-9",
    "ft:gpt-4.1-mini-2025-04-14:acme:support:xyz",
)


@pytest.mark.parametrize(
    ("filters", "fits"),
    [
        (Filters(model="GPT-4.1"), True),
        (Filters(model="support"), True),
        (Filters(model="gpt-4o"), False),
        (Filters(data="第二版"), True),
        (Filters(data="(第二版)"), True),
        (Filters(data="ds-1"), True),
        (Filters(data="ab12cd"), True),
        (Filters(data="ab12c"), False),
        (Filters(data="ffffff"), False),
        (Filters(jobs=("job-2", "ftjob-9")), True),
        (Filters(jobs=("job-2",)), False),
    ],
)
def test_a_job_is_meant_by_any_of_its_names(filters: Filters, fits: bool) -> None:
    assert matches(filters, JOB, "ab12cdef") is fits
