import numpy as np

from bot.evaluations.statistics import choose, split_halves


def test_halves_share_no_item_and_hold_all() -> None:
    ids = [f"line {n}" for n in range(101)]
    choosing, reporting = split_halves(ids, seed=7)
    assert sorted(choosing + reporting) == list(range(101))
    assert len(choosing) == 50


def test_halves_do_not_depend_on_the_order_but_on_the_seed() -> None:
    ids = [f"line {n}" for n in range(40)]
    chosen = {ids[place] for place in split_halves(ids, seed=7)[0]}
    backwards = ids[::-1]
    assert {backwards[place] for place in split_halves(backwards, seed=7)[0]} == chosen
    assert {ids[place] for place in split_halves(ids, seed=8)[0]} != chosen


def test_a_conversation_is_not_torn() -> None:
    groups = [n // 4 for n in range(80)]
    choosing, reporting = split_halves(range(80), seed=1, groups=groups)
    assert not {groups[place] for place in choosing} & {groups[place] for place in reporting}
    assert len(choosing) == 40


def test_what_was_chosen_is_reported_on_items_it_was_not_chosen_by() -> None:
    """Twenty models that guess: the best of them seems better than it is where it was chosen."""
    apparent, told = [], []
    for seed in range(40):
        generator = np.random.default_rng(seed)
        scores = {f"m{n}": generator.integers(0, 2, size=100).tolist() for n in range(20)}
        chosen = choose(scores, range(100), seed, base=[0.5] * 100)
        assert chosen is not None
        assert chosen.estimate.n == 50
        assert chosen.compared is not None
        assert chosen.estimate.value is not None
        apparent.append(chosen.apparent)
        told.append(chosen.estimate.value)
    assert np.mean(apparent) > 0.6
    assert abs(np.mean(told) - 0.5) < 0.03


def test_without_scores_nothing_is_chosen() -> None:
    assert choose({"a": [None, None]}, range(2), 0) is None
    assert choose({}, [], 0) is None
