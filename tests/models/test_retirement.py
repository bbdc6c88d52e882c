"""When a model ends, and who says so."""

from datetime import date

import pytest

from bot.models.retirement import Retirement, ToldDates, retirement
from tests.parts import followed_job

MINI = "gpt-4.1-mini-2025-04-14"
VOICE = f"ft:{MINI}:acme:voice:1"
ENDS, OF_TABLE = date(2027, 1, 6), date(2027, 1, 14)


def test_a_fine_tuned_model_ends_with_its_base_by_our_table() -> None:
    found = retirement(VOICE, "openai", ToldDates({}), {})
    assert (found.shutdown_date, found.training_ends) == (OF_TABLE, ENDS)
    assert "deprecations" in found.source


@pytest.mark.parametrize("model", [VOICE, MINI])
def test_what_the_provider_says_counts_more_than_our_table(model: str) -> None:
    found = retirement(VOICE, "openai", ToldDates({model: "2027-03-01"}), {})
    assert found == Retirement(date(2027, 3, 1), ENDS)


def test_a_model_that_goes_on_from_another_ends_with_the_base_of_that() -> None:
    made = {
        "second": followed_job("ftjob-2", fine_tuned_model="second", base_model="first"),
        "first": followed_job("ftjob-1", fine_tuned_model="first", base_model=MINI),
    }
    assert retirement("second", "openai", ToldDates({}), made).shutdown_date == OF_TABLE
    assert retirement("second", "openai", ToldDates({"first": "2027-02-01"}), made).shutdown_date == date(2027, 2, 1)


def test_another_vendor_that_serves_the_same_model_has_its_own_days() -> None:
    assert retirement(VOICE, "nebius", ToldDates({}), {}) == Retirement()
    assert retirement(VOICE, "our-proxy", ToldDates({}), {}).shutdown_date == OF_TABLE


@pytest.mark.parametrize("told", ["", "soon", "2027-13-45"])
def test_a_date_that_is_none_is_no_date(told: str) -> None:
    assert retirement("some-model", "acme", ToldDates({"some-model": told}), {}) == Retirement()


def test_it_answers_until_the_day_before_and_trains_no_longer_than_that() -> None:
    found = retirement(VOICE, "openai", ToldDates({}), {})
    assert found.trains(date(2027, 1, 5))
    assert not found.trains(ENDS)
    assert found.answers(date(2027, 1, 13))
    assert not found.answers(OF_TABLE)
    assert not Retirement(shutdown_date=OF_TABLE).trains(OF_TABLE)


def test_a_provider_that_says_what_it_trains_is_asked_alone() -> None:
    assert retirement(VOICE, "our-proxy", ToldDates({}, complete=True), {}) == Retirement()
    told = ToldDates({MINI: "2027-05-01"}, complete=True)
    assert retirement(VOICE, "our-proxy", told, {}) == Retirement(date(2027, 5, 1))
