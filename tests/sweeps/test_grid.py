"""The configurations that several values of settings make."""

import pytest

from bot.errors import Invalid
from bot.sweeps.grid import configurations

BASE = {"model": "gpt-4.1-mini"}


def words(**typed: str) -> list[dict[str, str]]:
    return [one.words for one in configurations({**BASE, **typed}, "command/1")]


def test_every_value_meets_every_other_and_what_is_the_same_for_all_is_not_told_of_each() -> None:
    found = configurations({**BASE, "epochs": "1, 3", "lr": "0.5，1", "batch": "4"}, "command/1")
    assert [one.words for one in found] == [
        {"epochs": "1", "lr": "0.5"},
        {"epochs": "1", "lr": "1"},
        {"epochs": "3", "lr": "0.5"},
        {"epochs": "3", "lr": "1"},
    ]
    asked = found[2].settings.hyperparameters
    assert (asked.n_epochs, asked.learning_rate_multiplier, asked.batch_size) == (3, 0.5, 4)


def test_a_comma_that_is_part_of_a_value_makes_no_second_one() -> None:
    found = configurations({**BASE, "epochs": "1,2", "metadata": "a=1, b=2"}, "command/1")
    assert [one.settings.metadata for one in found] == [{"a": "1", "b": "2"}] * 2


def test_two_ways_to_write_a_value_are_one_job() -> None:
    assert words(lr="1,1.0,2") == [{"lr": "1"}, {"lr": "2"}]


def test_random_draws_some_of_a_grid_of_any_size_and_the_same_request_draws_the_same() -> None:
    typed = {"epochs": ",".join(map(str, range(1, 51))), "lr": ",".join(map(str, range(1, 41))), "random": "8"}
    drawn = words(**typed)
    assert len(drawn) == len({tuple(one.items()) for one in drawn}) == 8
    assert drawn == words(**typed)
    assert drawn != [one.words for one in configurations({**BASE, **typed}, "command/2")]


def test_random_of_more_than_there_are_is_all_of_them() -> None:
    assert len(words(epochs="1,2,3", random="8")) == 3


@pytest.mark.parametrize(
    ("typed", "kind"),
    [
        ({"epochs": "1,2,3,4,5", "lr": "1,2,3,4,5"}, "sweep_too_large"),
        ({"epochs": "3"}, "sweep_of_one"),
        ({"lr": "1,1.0"}, "sweep_of_one"),
        ({"epochs": "1,many"}, "settings_refused"),
        ({"epochs": "1,2", "random": "1"}, "invalid_random"),
        ({"epochs": "1,2", "random": "many"}, "invalid_random"),
    ],
)
def test_what_makes_no_sweep_is_refused(typed: dict[str, str], kind: str) -> None:
    with pytest.raises(Invalid, match=kind):
        words(**typed)


def test_a_grid_that_is_too_large_is_refused_with_its_number() -> None:
    with pytest.raises(Invalid) as refused:
        words(epochs="1,2,3,4,5", lr="1,2,3,4,5")
    assert refused.value.values == {"count": 25, "most": 24}
