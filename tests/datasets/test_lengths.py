from hypothesis import given
from hypothesis import strategies as st

from bot.datasets.lengths import Lengths

values = st.lists(st.integers(0, 10_000), min_size=1)


@given(values, st.integers(1, 10_000))
def test_the_figures_are_those_of_the_list(numbers, limit):
    lengths = Lengths()
    lengths.add(numbers)
    assert lengths.examples == len(numbers)
    assert lengths.total == sum(numbers)
    assert lengths.max == max(numbers)
    assert lengths.capped(limit) == sum(min(number, limit) for number in numbers)


@given(values, st.sampled_from([0.5, 0.95, 1.0]))
def test_a_quantile_is_the_smallest_length_that_so_many_do_not_exceed(numbers, q):
    lengths = Lengths()
    lengths.add(numbers)
    value = lengths.quantile(q)
    assert value in numbers
    assert sum(number <= value for number in numbers) >= q * len(numbers)
    assert sum(number < value for number in numbers) < q * len(numbers)


def test_nothing_measured_is_all_zero():
    lengths = Lengths()
    assert (lengths.total, lengths.max, lengths.quantile(0.5), lengths.capped(5)) == (0, 0, 0, 0)
