"""A system prompt that nearly all examples share and a few have slightly different, by accident."""

from collections.abc import Sequence

from training_files.dataset_checks.occurrences import Occurrences, tally
from training_files.findings import Findings

MOST = 256
"""Different system prompts that are counted. In a file with more, none is taken for the usual one."""

MOST_ACCIDENTS = 10
"""More variants than these are meant."""


def tally_prompts(numbers: Sequence[int], prompts: Sequence[str | None]) -> dict[str | None, Occurrences] | None:
    """The different system prompts, given their lines; None where there are too many."""
    return tally(numbers, prompts, MOST)


class SystemPrompts:
    """The system prompts of a file, as long as one may be the usual one."""

    def __init__(self) -> None:
        self.seen: dict[str | None, Occurrences] | None = {}

    def add(self, different: dict[str | None, Occurrences] | None) -> None:
        """Takes what `tally_prompts` found."""
        if self.seen is None:
            return
        for system, seen in (different or {}).items():
            self.seen.setdefault(system, Occurrences()).again(seen.line, seen.count)
        if different is None or len(self.seen) > MOST:
            self.seen = None

    def finish(self, findings: Findings) -> None:
        if self.seen is None:
            return
        usual, shared = max(self.seen.items(), key=lambda item: item[1].rank, default=(None, Occurrences()))
        total = sum(seen.count for seen in self.seen.values())
        if usual is None or total < 10 or shared.count < total / 2:
            return
        share = shared.count
        variants = [
            (system, seen, difference)
            for system, seen in self.seen.items()
            if system != usual and seen.count <= max(1, share / 20) and (difference := _difference(system, usual))
        ]
        if len(variants) > MOST_ACCIDENTS:  # so many are no accident
            return
        for system, seen, difference in variants:
            findings.add(
                "varying_system_prompt",
                seen.line,
                "messages[0].content",
                quote=system or "",
                difference=difference,
                examples=seen.count,
                share=share,
            )


def _difference(system: str | None, usual: str) -> str | None:
    """How it differs from the usual one: "missing", in "style", by a "word"; None where by more than an accident."""
    if system is None:
        return "missing"
    words, usual_words = system.split(), usual.split()
    if [_bare(word) for word in words] == [_bare(word) for word in usual_words]:
        return "style"
    alike = 0
    while alike < min(len(words), len(usual_words)) and words[alike] == usual_words[alike]:
        alike += 1
    while words and usual_words[alike:] and words[alike:] and words[-1] == usual_words[-1]:
        words.pop()
        usual_words.pop()
    if len(usual.split()) >= 4 and max(len(words), len(usual_words)) - alike <= 1:
        return "word"
    return None


def _bare(word: str) -> str:
    return word.casefold().strip(".,;:!?\"'()。，；：！？")
