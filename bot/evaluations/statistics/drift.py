"""The same model and the same items at two times."""

from collections.abc import Hashable, Mapping

from bot.evaluations.statistics.paired import Compared, compare


def drifted(
    earlier: Mapping[str, float | None],
    now: Mapping[str, float | None],
    groups: Mapping[str, Hashable] | None = None,
    *,
    alpha: float = 0.05,
) -> Compared:
    """Scores by item, of which those are compared that were asked both times. A drift is a verdict."""
    shared = [item for item in earlier if item in now]
    kept = None if groups is None else [groups[item] for item in shared]
    return compare([earlier[item] for item in shared], [now[item] for item in shared], kept, alpha=alpha)
