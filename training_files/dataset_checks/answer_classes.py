"""Answers that are classes: few, short, and often the same."""

from collections.abc import Sequence

from training_files.dataset_checks.occurrences import Occurrences, tally
from training_files.findings import Findings
from training_files.quoting import quoted

MOST = 64
"""More different answers than these are no classes."""

LONGEST = 60
"""Characters. A longer answer is no class."""


def tally_answers(numbers: Sequence[int], answers: Sequence[str]) -> dict[str, Occurrences] | None:
    """The different answers, given their lines; None where they are no classes."""
    return tally(numbers, answers, MOST) if max(map(len, answers)) <= LONGEST else None


class AnswerClasses:
    """The different answers of a file, as long as they are few and short."""

    def __init__(self) -> None:
        self.total = 0
        self.seen: dict[str, Occurrences] | None = {}

    def add(self, answers: int, different: dict[str, Occurrences] | None) -> None:
        """Takes what `tally_answers` found in a number of answers."""
        self.total += answers
        if self.seen is None:
            return
        if different is None or "" in different:
            self.seen = None
            return
        for answer, seen in different.items():
            self.seen.setdefault(answer, Occurrences()).again(seen.line, seen.count)
        if len(self.seen) > MOST:
            self.seen = None

    def are_classes(self, each: int = 5) -> bool:
        """Whether the answers are classes: few, with `each` examples or more on average."""
        return self.seen is not None and 0 < len(self.seen) * each <= self.total

    def finish(self, findings: Findings) -> None:
        if self.seen is None or self.total < 20 or not self.are_classes():
            return
        classes = sorted(self.seen.items(), key=lambda item: (item[1].count, item[1].line))
        (rare, least), (frequent, most) = classes[0], classes[-1]
        if len(classes) == 1:
            findings.add("class_imbalance", least.line, frequent=quoted(frequent), quote=rare)
        elif most.count >= 10 * least.count or most.count >= 0.8 * self.total:
            findings.add(
                "class_imbalance",
                least.line,
                frequent=quoted(frequent),
                most=most.count,
                rare=quoted(rare),
                least=least.count,
                quote=rare,
            )
