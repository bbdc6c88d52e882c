"""Delays grow to the longest, and end where tries are counted."""

from itertools import islice

from bot.backoff import Backoff


def test_delays_grow_by_the_factor_up_to_the_longest() -> None:
    assert list(islice(Backoff(2, factor=3, longest=60), 6)) == [2, 6, 18, 54, 60, 60]


def test_there_are_as_many_delays_as_tries() -> None:
    assert list(Backoff(1, tries=4)) == [1, 2, 4, 8]
    assert list(Backoff(1, tries=0)) == []


def test_a_stored_number_of_failures_gives_the_same_delay_as_counting_them() -> None:
    backoff = Backoff(0.5, factor=2.5, longest=40)
    assert [backoff.delay(failures) for failures in range(1, 9)] == list(islice(backoff, 8))


def test_failures_without_number_overflow_nothing() -> None:
    assert Backoff(1, longest=300).delay(10**9) == 300
    assert Backoff(5, factor=1).delay(10**9) == 5
