import itertools

from hypothesis import given
from hypothesis import strategies as st

from training_files.lengths import Lengths

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


@given(values, st.none() | st.integers(1, 10_000))
def test_a_histogram_has_every_example_in_one_of_few_bars(numbers, limit):
    lengths = Lengths()
    lengths.add(numbers)
    bars = lengths.bars(limit)
    assert 1 <= len(bars) <= 24
    assert (bars[0].low, bars[-1].high) == (min(numbers), max(numbers))
    assert all(after.low == before.high + 1 for before, after in itertools.pairwise(bars))
    for bar in bars:
        assert bar.examples == sum(bar.low <= number <= bar.high for number in numbers)
    if limit is not None and min(numbers) <= limit < max(numbers):
        assert limit in {bar.high for bar in bars}


def test_one_very_long_example_does_not_make_all_others_one_bar():
    lengths = Lengths()
    lengths.add([*range(100, 300), 60_000])
    assert len(lengths.bars()) > 10
    assert Lengths().bars() == []
