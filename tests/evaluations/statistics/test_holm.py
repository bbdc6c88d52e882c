from bot.evaluations.statistics import Verdict, adjusted, compare


def of(better: int, worse: int, n: int = 200) -> tuple[list[float], list[float]]:
    same = n - better - worse
    return [0.0] * better + [1.0] * worse + [1.0] * same, [1.0] * better + [0.0] * worse + [1.0] * same


def test_what_was_clear_alone_is_not_among_many() -> None:
    alone = compare(*of(17, 5))
    assert alone.verdict is Verdict.BETTER
    first, *others = adjusted([alone, *(compare(*of(10, 10)) for _ in range(9))])
    assert first.verdict is Verdict.CANNOT_TELL
    assert first.p == alone.p
    assert first.p_adjusted == min(1, 10 * alone.p)
    assert all(one.p_adjusted == 1 for one in others)


def test_the_clearest_counts_against_all_and_the_next_against_the_rest() -> None:
    clear, less = compare(*of(30, 5)), compare(*of(20, 6))
    one, two = adjusted([less, clear])
    assert two.p_adjusted == 2 * clear.p
    assert one.p_adjusted == less.p
    assert (one.verdict, two.verdict) == (Verdict.BETTER, Verdict.BETTER)


def test_a_slice_without_items_does_not_count() -> None:
    clear = compare(*of(17, 5))
    one, none = adjusted([clear, compare([], [])])
    assert one.p_adjusted == clear.p
    assert none.verdict is Verdict.CANNOT_TELL
    assert adjusted([]) == []


def test_adjusted_values_equal_those_of_statsmodels() -> None:
    from statsmodels.stats.multitest import multipletests

    compared = [compare(*of(better, worse)) for better, worse in ((9, 9), (20, 4), (14, 5), (30, 6), (14, 5), (12, 7))]
    expected = multipletests([one.p for one in compared], method="holm")[1].tolist()
    assert [one.p_adjusted for one in adjusted(compared)] == expected
