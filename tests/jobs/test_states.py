import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.jobs import states

any_state = st.sampled_from(sorted(states.STATES)) | st.just("a_word_of_the_future")
provider_state = st.sampled_from(sorted(states.STATES - states.OURS)) | st.just("a_word_of_the_future")


@given(st.sampled_from(sorted(states.ENDED)), any_state)
def test_an_ended_job_stays_as_it_ended(ended: str, other: str) -> None:
    assert states.may_become(ended, other) == (ended == other)


@given(provider_state.filter(lambda state: state not in states.ENDED), provider_state)
def test_between_the_providers_states_every_way_is_open(old: str, new: str) -> None:
    assert states.may_become(old, new)


@given(provider_state, st.sampled_from(sorted(states.OURS)))
def test_no_job_comes_back_to_a_state_that_is_ours_alone(old: str, ours: str) -> None:
    assert not states.may_become(old, ours)


@pytest.mark.parametrize(
    ("old", "new", "allowed"),
    [
        ("awaiting_approval", "submitting", False),
        ("awaiting_approval", "cancelled", True),
        ("awaiting_approval", "in_line", True),
        ("awaiting_approval", "running", False),
        ("in_line", "submitting", True),
        ("in_line", "cancelled", True),
        ("in_line", "running", False),
        ("submitting", "in_line", True),
        ("submitting", "uncertain", True),
        ("submitting", "queued", True),
        ("submitting", "awaiting_approval", False),
        ("uncertain", "submitting", True),
        ("uncertain", "running", True),
        ("uncertain", "cancelled", True),
        ("uncertain", "awaiting_approval", False),
    ],
)
def test_from_our_own_states_only_some_ways_lead_on(old: str, new: str, allowed: bool) -> None:
    assert states.may_become(old, new) is allowed
