"""Whether the statistics of evaluations hold what they say: how often their intervals hold the truth, and how often
they call a difference that is none.

    python benchmarks/coverage.py [--runs 10000] [--only NAME] [--seed 0]

Prints a table of shares in percent. Of 95 % intervals, 95 % should hold the truth; of comparisons without a
difference, at most 5 % should end in a verdict. Ends with exit code 1 where an interval of at least 50 items holds the
truth in less than 93 %, or more than 6 % of verdicts are false alarms. Rows named "naive" show what would be said
without the care that the others take; they are not judged. There is no peer.
"""

import argparse
import sys
from collections import defaultdict
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import numpy as np

from benchmarks.check import say
from bot.evaluations.statistics import (
    Compared,
    Estimate,
    Verdict,
    adjusted,
    agreement,
    choose,
    classify,
    compare,
    corrected,
    mean_interval,
    needed,
)

Generator = np.random.Generator
Outcome = dict[str, float]

LEAST_COVERAGE = 0.93
MOST_FALSE_ALARMS = 0.06


class Row(NamedTuple):
    """One line of the table. `run` makes data with the generator and says what came of them: "holds" (the truth lies in
    the interval), "alarm" (a verdict where there is none), "power" (a verdict where there is one), or a bias in points.
    """

    name: str
    n: int
    run: Callable[[Generator], Outcome]


def rows() -> Iterator[Row]:
    yield from means()
    yield from pairs()
    yield from scores()
    yield from clusters()
    yield from several()
    yield from judges()
    yield from labels()


def means() -> Iterator[Row]:
    for n in (20, 50, 200, 1_000):
        for p in (0.5, 0.7, 0.95):

            def rates(random: Generator, n: int = n, p: float = p) -> Outcome:
                return holds(mean_interval((random.uniform(size=n) < p).astype(float).tolist()), p)

            yield Row(f"mean of 0/1, n={n}, truth {p:.0%}", n, rates)
    for n in (20, 50, 200):
        for name, a, b in (("even", 2.0, 2.0), ("skewed", 4.0, 0.5)):

            def scores(random: Generator, n: int = n, a: float = a, b: float = b) -> Outcome:
                return holds(mean_interval(random.beta(a, b, size=n).tolist()), a / (a + b))

            yield Row(f"mean of scores, {name}, n={n}", n, scores)


def pairs() -> Iterator[Row]:
    for n in (50, 200, 1_000):
        for better, worse in ((0.02, 0.02), (0.1, 0.1), (0.1, 0.05), (0.2, 0.1)):
            yield Row(f"pairs of 0/1, n={n}, better {better:.0%}, worse {worse:.0%}", n, paired(n, better, worse))
    for better, worse in ((0.12, 0.02), (0.2, 0.1), (0.1, 0.05), (0.15, 0.1)):
        n = needed(better, worse)
        yield Row(f"pairs of 0/1, n={n} as needed for {better:.0%}/{worse:.0%}", n, paired(n, better, worse))


def paired(n: int, better: float, worse: float) -> Callable[[Generator], Outcome]:
    def run(random: Generator) -> Outcome:
        drawn = random.choice([1.0, -1.0, 0.0], size=n, p=[better, worse, 1 - better - worse])
        base, model = as_pairs(drawn)
        return judged(compare(base, model), better - worse)

    return run


def scores() -> Iterator[Row]:
    kinds: dict[str, tuple[float, Callable[[Generator, int], tuple[Any, Any]]]] = {
        "no gain, even": (0.0, lambda random, n: (np.full(n, 0.5), random.uniform(size=n))),
        "no gain, skewed": (0.0, lambda random, n: (np.full(n, 0.05), 0.5 * (random.uniform(size=n) < 0.1))),
        "gain on every tenth": (
            0.05,
            lambda random, n: (np.zeros(n), np.where(random.uniform(size=n) < 0.1, random.uniform(size=n), 0.0)),
        ),
        "gain, five samples each": (
            0.06,
            lambda random, n: (random.binomial(5, 0.66, size=n) / 5, random.binomial(5, 0.72, size=n) / 5),
        ),
    }
    for n in (20, 50, 200):
        for name, (truth, make) in kinds.items():

            def run(random: Generator, n: int = n, truth: float = truth, make: Any = make) -> Outcome:
                base, model = make(random, n)
                return judged(compare(base.tolist(), model.tolist(), seed=seed(random)), truth)

            yield Row(f"pairs of scores, {name}, n={n}", n, run)


def clusters() -> Iterator[Row]:
    for many in (10, 20, 50, 200):
        for rho in (0.1, 0.5):

            def mean(random: Generator, many: int = many, rho: float = rho) -> Outcome:
                groups = in_groups(random, many)
                chances = random.beta(0.7 * (1 - rho) / rho, 0.3 * (1 - rho) / rho, size=many)
                right = (random.uniform(size=len(groups)) < chances[groups]).astype(float).tolist()
                return holds(mean_interval(right, groups.tolist(), seed=seed(random)), 0.7)

            yield Row(f"mean of 0/1, {many} clusters, correlation {rho}", many, mean)
            for better, worse in ((0.1, 0.1), (0.2, 0.1)):
                named = f"{many} clusters, correlation {rho}, better {better:.0%}, worse {worse:.0%}"
                yield Row(f"pairs of 0/1, {named}", many, clustered(many, rho, better, worse, with_groups=True))
    yield Row("naive: 50 clusters, correlation 0.5, as if independent", 50, clustered(50, 0.5, 0.1, 0.1))


def clustered(
    many: int, rho: float, better: float, worse: float, *, with_groups: bool = False
) -> Callable[[Generator], Outcome]:
    """Clusters of 1 to 9 items, within which outcomes are alike: a Dirichlet distribution whose intraclass correlation
    is `rho`."""

    def run(random: Generator) -> Outcome:
        groups = in_groups(random, many)
        each = random.dirichlet(np.array([better, worse, 1 - better - worse]) * (1 - rho) / rho, size=many)[groups]
        drawn = random.uniform(size=len(groups))
        gains = np.where(drawn < each[:, 0], 1.0, np.where(drawn < each[:, 0] + each[:, 1], -1.0, 0.0))
        base, model = as_pairs(gains)
        compared = compare(base, model, groups.tolist() if with_groups else None, seed=seed(random))
        return judged(compared, better - worse)

    return run


def several() -> Iterator[Row]:
    def family(random: Generator, n: int = 200, many: int = 10) -> Outcome:
        """Ten checkpoints that are as good as the base, compared with the same answers of it."""
        base = random.uniform(size=n) < 0.7
        compared = []
        for _ in range(many):
            changed = random.uniform(size=n) < 0.2
            model = np.where(changed, random.uniform(size=n) < 0.7, base)
            compared.append(compare(base.astype(float).tolist(), model.astype(float).tolist()))
        return {
            "alarm": any(one.verdict is not Verdict.CANNOT_TELL for one in adjusted(compared)),
            "naive alarm": any(one.verdict is not Verdict.CANNOT_TELL for one in compared),
        }

    yield Row("ten checkpoints, none better, Holm, n=200", 200, family)

    def selection(random: Generator, n: int = 200, many: int = 8) -> Outcome:
        """Eight checkpoints that are as good as the base: the best of them, by all items and by halves."""
        base = (random.uniform(size=n) < 0.7).astype(float).tolist()
        models = {str(one): (random.uniform(size=n) < 0.7).astype(float).tolist() for one in range(many)}
        chosen = choose(models, range(n), seed(random), base=base)
        assert chosen is not None
        assert chosen.compared is not None
        best = max(models, key=lambda model: sum(models[model]))
        naive = compare(base, models[best])
        return {
            **holds(chosen.estimate, 0.7),
            "alarm": chosen.compared.verdict is not Verdict.CANNOT_TELL,
            "bias": 100 * ((chosen.estimate.value or 0) - 0.7),
            "naive alarm": naive.verdict is not Verdict.CANNOT_TELL,
            "naive bias": 100 * (float(np.mean(models[best])) - 0.7),
        }

    yield Row("best of eight checkpoints, chosen on one half, n=200", 200, selection)


def judges() -> Iterator[Row]:
    for m in (20, 50, 200):

        def powered(random: Generator, m: int = m, n: int = 1_000) -> Outcome:
            """A judge that passes all that people pass (60 %) and a quarter of the rest."""
            people = (random.uniform(size=n) < 0.6).astype(float)
            judge = np.maximum(people, random.uniform(size=n) < 0.25)
            estimate = corrected(judge.tolist(), judge[:m].tolist(), people[:m].tolist())
            return {
                **holds(estimate, 0.6),
                "bias": 100 * ((estimate.value or 0) - 0.6),
                "naive bias": 100 * (judge.mean() - 0.6),
            }

        yield Row(f"judge on 1,000, people on {m}: prediction-powered", m, powered)

        def others(random: Generator, m: int = m, n: int = 200) -> Outcome:
            """The same judge; people labelled other answers, on which it errs alike."""
            people = (random.uniform(size=n + m) < 0.6).astype(float)
            judge = np.maximum(people, random.uniform(size=n + m) < 0.25)
            estimate = corrected(judge[m:].tolist(), judge[:m].tolist(), people[:m].tolist(), among=False)
            return {
                **holds(estimate, 0.6),
                "bias": 100 * ((estimate.value or 0) - 0.6),
                "naive bias": 100 * (judge[m:].mean() - 0.6),
            }

        yield Row(f"judge on 200, people on {m} others: prediction-powered", m, others)
    for n in (50, 200):
        for kappa in (0.4, 0.8):

            def agreed(random: Generator, n: int = n, kappa: float = kappa) -> Outcome:
                """Both take the same label in a share `kappa` of items, else each its own, 3 of 10 "bad"."""
                people, other = (np.where(random.uniform(size=n) < 0.3, "bad", "good") for _ in range(2))
                judge = np.where(random.uniform(size=n) < kappa, people, other)
                found = agreement(judge.tolist(), people.tolist())
                return {} if found.low is None or found.high is None else {"holds": found.low <= kappa <= found.high}

            yield Row(f"kappa, n={n}, truth {kappa}", n, agreed)


def labels() -> Iterator[Row]:
    for support in ([0.6, 0.3, 0.1], [0.1] * 10):
        many = len(support)
        names = [chr(ord("a") + one) for one in range(many)]
        for n in (100, 300):
            for right in (0.7, 0.95):
                share = np.where(np.eye(many) > 0, right, (1 - right) / (many - 1)) * np.array(support)[:, None]
                truth = float(np.mean(2 * np.diag(share) / (share.sum(axis=0) + share.sum(axis=1))))

                def run(
                    random: Generator, n: int = n, names: Any = names, share: Any = share, truth: float = truth
                ) -> Outcome:
                    drawn = random.choice(share.size, size=n, p=share.ravel())
                    true, said = ([names[one] for one in column] for column in np.divmod(drawn, len(share)))
                    return holds(classify(true, said, seed=seed(random)).macro_f1, truth)

                yield Row(f"macro F1, {many} labels, n={n}, right {right:.0%}", n, run)


def as_pairs(gains: Any) -> tuple[list[float], list[float]]:
    """0/1 scores of which the second is so much better; where they do not differ both are right."""
    return np.where(gains > 0, 0.0, 1.0).tolist(), np.where(gains < 0, 0.0, 1.0).tolist()


def in_groups(random: Generator, many: int) -> Any:
    return np.repeat(np.arange(many), random.integers(1, 10, size=many))


def seed(random: Generator) -> int:
    return int(random.integers(2**31))


def holds(estimate: Estimate, truth: float) -> Outcome:
    if estimate.low is None or estimate.high is None:
        return {}
    return {"holds": estimate.low <= truth <= estimate.high}


def judged(compared: Compared, truth: float) -> Outcome:
    outcome = {} if compared.low is None or compared.high is None else {"holds": compared.low <= truth <= compared.high}
    clear = compared.verdict is not Verdict.CANNOT_TELL
    return {**outcome, "power" if truth else "alarm": clear}


def measured(row: Row, runs: int, first: int = 0) -> dict[str, float]:
    """Means over the runs, each of which has a generator of its own."""
    found: defaultdict[str, list[float]] = defaultdict(list)
    for run in range(runs):
        for kind, value in row.run(np.random.default_rng([first, run])).items():
            found[kind].append(float(value))
    return {kind: float(np.mean(values)) for kind, values in found.items()}


def fault(row: Row, found: dict[str, float], runs: int) -> str | None:
    """What is not held, beyond two and a half standard errors of so many runs; of at least 50 items."""
    if row.n < 50 or row.name.startswith("naive"):
        return None
    slack = 2.5 * (0.95 * 0.05 / runs) ** 0.5 if runs < 5_000 else 0.0
    if found.get("holds", 1) < LEAST_COVERAGE - slack:
        return f"holds the truth in {found['holds']:.1%}"
    if found.get("alarm", 0) > MOST_FALSE_ALARMS + slack:
        return f"false alarms in {found['alarm']:.1%}"
    return None


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("--runs", type=int, default=10_000)
    arguments.add_argument("--only", default="", help="rows whose name holds this")
    arguments.add_argument("--seed", type=int, default=0)
    asked = arguments.parse_args()
    columns = ["holds", "alarm", "power", "bias", "naive alarm", "naive bias"]
    say("| what | " + " | ".join(columns) + " |")
    say("|---|" + "---|" * len(columns))
    faults = []
    for row in rows():
        if asked.only not in row.name:
            continue
        found = measured(row, asked.runs, asked.seed)
        cells = [
            "–" if kind not in found else f"{found[kind]:+.1f}" if "bias" in kind else f"{100 * found[kind]:.1f}"
            for kind in columns
        ]
        say(f"| {row.name} | " + " | ".join(cells) + " |")
        if wrong := fault(row, found, asked.runs):
            faults.append(f"{row.name}: {wrong}")
    if faults:
        sys.exit("\n".join(faults))


if __name__ == "__main__":
    main()
