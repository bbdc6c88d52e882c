"""What was advised for completion files: a separator, a space, a stop sequence, enough examples of each class.

The advice is that of OpenAI's guide and `prepare_data` command for its older fine-tunes. Separator, space and stop
sequence are learned from the first examples; the others are held to them.
"""

from collections import Counter
from collections.abc import Callable, Sequence

from training_files.dataset_checks.answer_classes import AnswerClasses, tally_answers
from training_files.findings import Findings
from training_files.quoting import ending, quoted

LEARNED_FROM = 100
"""Examples, the first ones, from which separator, space and stop sequence are learned."""

FEWEST = 5
"""Fewer examples than these show no habit."""

HELD_TEXT = 10_000
"""Characters of each text that are held until then."""

ENDING = 40
"""Characters at the end of a text among which a separator or stop sequence is looked for."""

FEW_OF_A_CLASS = 100  # about, as are the 500
FEW_TO_GENERATE = 500

MOST_NAMED = 10
"""AnswerClasses that are named for one reason."""


class Completions:
    """What was advised for completion files: a separator, a space, a stop sequence, enough examples."""

    def __init__(self, count_tokens: Callable[[list[str]], list[int]] | None) -> None:
        self.count_tokens = count_tokens
        self.classes = AnswerClasses()
        self.held: list[tuple[int, str, str]] | None = []  # until enough are seen to learn from
        self.separator = ""
        self.stop = ""
        self.spaced = False
        self.unspaced = 0

    def are_classes(self) -> bool:
        return self.classes.are_classes(3)

    def add(self, line: int, prompt: str, completion: str, findings: Findings) -> None:
        self.classes.add(1, tally_answers([line], [completion]))
        if self.held is None:
            self._validate(line, prompt, completion, findings)
            return
        self.held.append((line, prompt[-HELD_TEXT:], completion[:HELD_TEXT]))
        if len(self.held) == LEARNED_FROM:
            self._learn(findings)

    def finish(self, findings: Findings) -> None:
        total = self.classes.total
        if self.held is not None:
            if total < FEWEST:
                return
            self._learn(findings)
        if self.unspaced and not self.spaced:
            findings.add("missing_leading_space", None, "completion", completions=self.unspaced, total=total)
        if self.are_classes():
            self._validate_classes(findings)
        elif total < FEW_TO_GENERATE:
            findings.add("few_examples_to_generate", None, examples=total)

    def _learn(self, findings: Findings) -> None:
        held, self.held = self.held or [], None
        prompts, completions = [prompt for _, prompt, _ in held], [completion for _, _, completion in held]
        self.separator, self.stop = common_ending(prompts), common_ending(completions)
        self.spaced = sum(map(_is_spaced, completions)) > len(completions) / 2
        if not self.separator and sum(map(bool, prompts)) > len(prompts) / 2:  # without prompts there is nothing to end
            findings.add("missing_separator", None, "prompt")
        if self.are_classes():
            self.stop = ""  # a class of one token needs none
        elif not self.stop:
            findings.add("missing_stop_sequence", None, "completion")
        for line, prompt, completion in held:
            self._validate(line, prompt, completion, findings)

    def _validate(self, line: int, prompt: str, completion: str, findings: Findings) -> None:
        if self.separator and not prompt.endswith(self.separator):
            separator = quoted(self.separator)
            findings.add("missing_separator", line, "prompt", separator=separator, quote=ending(prompt, 60))
        elif self.separator and self.separator in prompt[: -len(self.separator)]:
            findings.add("separator_in_prompt", line, "prompt", separator=quoted(self.separator), quote=prompt)
        if not _is_spaced(completion):
            self.unspaced += 1
            if self.spaced:
                findings.add("missing_leading_space", line, "completion", quote=completion)
        if self.stop and not completion.endswith(self.stop):
            stop = quoted(self.stop)
            findings.add("missing_stop_sequence", line, "completion", stop=stop, quote=ending(completion, 60))

    def _validate_classes(self, findings: Findings) -> None:
        seen = self.classes.seen or {}
        few = [name for name, one in seen.items() if one.count < FEW_OF_A_CLASS]
        for name in few[:MOST_NAMED]:
            count = seen[name].count
            findings.add(
                "few_examples_of_a_class", seen[name].line, "completion", name=quoted(name), examples=count, quote=name
            )
        if self.count_tokens is not None:
            names = [" " + name.strip() for name in seen]
            for name, tokens in list(zip(seen, self.count_tokens(names), strict=True))[:MOST_NAMED]:
                if tokens > 1:
                    line = seen[name].line
                    findings.add(
                        "class_of_many_tokens", line, "completion", name=quoted(name), tokens=tokens, quote=name
                    )
        self.classes.finish(findings)


def common_ending(texts: Sequence[str], share: float = 0.8) -> str:
    """The separator or stop sequence that at least `share` of the texts end with: the longest ending that they have in
    common, from its last marks or else from its last words on; empty where there is none. A full stop is none.
    """
    best = ""
    for length in range(1, ENDING + 1):
        endings = Counter(text[-length:] for text in texts if len(text) >= length).most_common(1)
        if not endings or endings[0][1] < share * len(texts):
            break
        best = endings[0][0]
    words = [place for place, letter in enumerate(best) if letter.isalnum()]
    marks = _without_punctuation(best[words[-1] + 1 :] if words else best)
    if marks.strip(" :"):
        return marks
    start = next((place for place, letter in enumerate(best) if not letter.isalnum()), len(best))
    ending = _without_punctuation(best[start:])  # a word and its mark, such as `\nAnswer:` or ` END`
    return ending if ending.strip(" :") else ""


def _without_punctuation(text: str) -> str:
    """Without the marks that end the text itself, before the ones that end it for the model."""
    return text.lstrip(".?!,;)\"'。？！")


def _is_spaced(completion: str) -> bool:
    """Whether it begins with a space, or with a letter that needs none before it, as in Chinese."""
    return completion[0].isspace() or not completion[0].isascii()
