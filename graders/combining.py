"""Several graders made into one."""

from collections.abc import Mapping

from graders.grader import LabelModel, Multi, Perplexity, Python, ScoreModel, Single, TextSimilarity, TokenAccuracy


def all_right(name: str, parts: Mapping[str, Single], negated: frozenset[str] = frozenset()) -> Multi:
    """1 where each of them counts the answer as right, else 0. Keys are names that a formula can have; of those that
    are `negated` each must count it as wrong."""
    passed = [f"1 - {_passed(key, one)}" if key in negated else _passed(key, one) for key, one in parts.items()]
    formula = passed[0] if len(passed) == 1 else f"min({', '.join(passed)})"
    return Multi(name=name, graders=dict(parts), calculate_output=formula, pass_threshold=1.0)


def weighted(
    name: str, parts: Mapping[str, tuple[Single, float]], threshold: float, negated: frozenset[str] = frozenset()
) -> Multi:
    """The weighted mean of their rewards, right from a threshold."""
    terms = [f"{weight:g} * {f'(1 - {key})' if key in negated else key}" for key, (_, weight) in parts.items()]
    total = sum(weight for _, weight in parts.values())
    graders = {key: one for key, (one, _) in parts.items()}
    return Multi(
        name=name,
        graders=graders,
        calculate_output=f"({' + '.join(terms)}) / {total:g}",
        pass_threshold=threshold,
    )


def _passed(key: str, grader: Single) -> str:
    """A formula that is 1 from the grader's threshold, and 0 below it."""
    low, threshold = 0.0, _threshold(grader)
    if isinstance(grader, ScoreModel) and grader.range:
        low = grader.range[0]
    if threshold is None or isinstance(grader, LabelModel):
        return key
    if threshold <= low:
        return f"1 + 0 * {key}"
    value = key if low == 0 else f"({key} - {low:g})"
    return f"floor(min({value}, {threshold - low:g}) / {threshold - low:g})"


def _threshold(grader: Single) -> float | None:
    """None for graders that give 1 or 0."""
    match grader:
        case ScoreModel(pass_threshold=None, range=(low, high)):
            return (low + high) / 2
        case ScoreModel(pass_threshold=None) | TextSimilarity(pass_threshold=None):
            return 0.5
        case ScoreModel() | TextSimilarity() | Python():
            return grader.pass_threshold
        case Perplexity() | TokenAccuracy():
            return 0.5
    return None
