"""How tokens are chosen from logits."""

from collections import Counter

import numpy as np
import pytest

from trainer.serving.messages import Sampling
from trainer.serving.sampling import Sampler, likeliest


@pytest.mark.parametrize("size", [3, 259, 49_152, 50_001])
@pytest.mark.parametrize("count", [0, 1, 5, 20])
def test_the_likeliest_tokens_are_those_that_sorting_finds(size: int, count: int) -> None:
    logits = np.random.default_rng(size).standard_normal(size).astype(np.float32)
    logits[size // 2 :] = -np.inf
    assert likeliest(logits, count).tolist() == np.argsort(-logits, kind="stable")[:count].tolist()


def test_tokens_come_as_often_as_they_are_likely() -> None:
    chances = np.array([0.5, 0.3, 0.15, 0.05])
    sampler = Sampler(Sampling(temperature=1, seed=4))
    drawn = Counter(sampler.choose(np.log(chances).astype(np.float32)) for _ in range(4000))
    for token, chance in enumerate(chances):
        assert drawn[token] / 4000 == pytest.approx(chance, abs=0.03)


@pytest.mark.parametrize(
    ("top_p", "possible"), [(0.00001, {0}), (0.4, {0}), (0.6, {0, 1}), (0.9, {0, 1, 2}), (1, set(range(4)))]
)
def test_top_p_keeps_the_fewest_likeliest_tokens_that_hold_so_much(top_p: float, possible: set[int]) -> None:
    logits = np.log(np.array([0.5, 0.3, 0.15, 0.05])).astype(np.float32)
    sampler = Sampler(Sampling(temperature=1, top_p=top_p, seed=1))
    assert {sampler.choose(logits) for _ in range(400)} == possible


def test_a_low_temperature_takes_the_likeliest_and_logits_are_left_as_they_are() -> None:
    logits = np.array([1.0, 1.1, 0.9], np.float32)
    before = logits.copy()
    sampler = Sampler(Sampling(temperature=1e-4, seed=1, logit_bias={"7": 5.0}))
    assert {sampler.choose(logits) for _ in range(50)} == {1}
    assert (logits == before).all()


def test_seeds_repeat_themselves_and_choices_differ() -> None:
    logits = np.zeros(1000, np.float32)

    def drawn(seed: int, choice: int) -> list[int]:
        sampler = Sampler(Sampling(temperature=1, seed=seed), choice)
        return [sampler.choose(logits) for _ in range(5)]

    assert drawn(1, 0) == drawn(1, 0)
    assert len({tuple(drawn(seed, choice)) for seed in (-1, 1, 2) for choice in (0, 1)}) == 6
