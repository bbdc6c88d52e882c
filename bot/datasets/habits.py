"""What shows only over many examples: habits of whoever made the file.

Words that open many answers, a system prompt that varies by accident, classes out of balance, the separator and
stop sequence of completions, keys that nobody knows, formats that are mixed. It is fed while the file is read, costs
next to nothing on a chat example, and its memory is bounded: what is counted has caps, and beyond `ALL` answers one
in `STRIDE` is looked at. So it finds habits, not single cases: a share is a share of what was looked at.
"""

import re
from collections.abc import Callable, Sequence

import msgspec

from bot.datasets.findings import Findings

ALL = 20_000
STRIDE = 16

MOST_CLASSES = 64
"""More different answers than these are no classes."""

LONGEST_CLASS = 60
"""Characters. A longer answer is no class."""

ENDING = 40
"""Characters at the end of a prompt or completion among which a separator or stop sequence is looked for."""

LEARNED_FROM = 100
"""Completion examples from whose first the separator, space and stop sequence are learned."""

FEW_OF_A_CLASS = 100  # about, as are the 500: OpenAI's guide to the older fine-tunes
FEW_TO_GENERATE = 500

_OPENINGS = (
    *("sure", "sure thing", "of course", "certainly", "absolutely", "definitely", "no problem", "great question"),
    *("good question", "excellent question", "that's a great question", "that is a great question", "happy to help"),
    *("i'd be happy to help", "i would be happy to help", "i'm happy to help", "glad to help", "as an ai"),
    *("thank you for your question", "thanks for your question", "thank you for asking", "as an ai language model"),
    *(
        "好的",
        "好的呀",
        "当然",
        "当然可以",
        "没问题",
        "没有问题",
        "可以的",
        "好问题",
        "这是一个好问题",
        "很高兴为您解答",
    ),
    *("當然", "當然可以", "沒問題", "好問題", "這是一個好問題", "作为一个人工智能", "作为一个ai语言模型"),
    *("もちろん", "もちろんです", "はい、もちろんです", "承知しました", "かしこまりました"),
    *("물론", "물론입니다", "물론이죠", "좋은 질문입니다", "네, 알겠습니다"),
    *("claro", "claro que sí", "por supuesto", "con gusto", "con mucho gusto", "claro que sim", "com certeza"),
    *("bien sûr", "certainement", "avec plaisir", "certo", "certamente", "naturalmente"),
    *("natürlich", "selbstverständlich", "gerne", "sehr gerne", "gute frage"),
    *("конечно", "разумеется", "с удовольствием", "хороший вопрос", "kesinlikle", "tabii ki"),
)
_KNOWN = "|".join(re.escape(one) for one in sorted(_OPENINGS, key=len, reverse=True))
_FILLER = re.compile(rf"\s*({_KNOWN})\s*[!.,;:！。，；：~—–-]+\s*", re.IGNORECASE)
_MARK = r"\s!.,;:?！。，；：？"
_OPENING = re.compile(rf"\s*([^\W\d_][^{_MARK}]*(?: [^{_MARK}]+){{0,4}})([!.,！。，])(?=\s|[^\x00-\x7f])")


def filler(answer: str) -> str:
    """The filler that an answer begins with ("Sure! "), with its mark and the space after it; empty where there is
    none, or nothing else. An answer is well without it.
    """
    found = _FILLER.match(answer[:200].replace("’", "'"))
    return answer[: found.end()] if found and answer[found.end() :].strip() else ""


class _Seen(msgspec.Struct):
    """How often something was seen, and on which line first."""

    count: int = 0
    line: int = 0

    def again(self, line: int, count: int = 1) -> None:
        self.line = min(self.line or line, line)
        self.count += count


class Habits:
    """The habits of one file. Feed it examples in any order, then ask `finish` once."""

    def __init__(self, count_tokens: Callable[[list[str]], list[int]] | None = None) -> None:
        """`count_tokens` measures the names of classes; where there is none their lengths are not judged."""
        self.formats: dict[str, _Seen] = {}
        self._count_tokens = count_tokens
        self._answers = 0
        self._looked = 0
        self._openings: dict[str, _Seen] | None = {}
        self._classes: dict[str, _Seen] | None = {}
        self._systems: dict[str | None, _Seen] | None = {}

    @property
    def format(self) -> str:
        """The format that most of the examples have: chat, completion, preference, reinforcement or rows; empty where
        there were none.
        """
        return max(self.formats, key=lambda name: self.formats[name].count, default="")

    def chat(self, numbers: Sequence[int], answers: Sequence[str], systems: Sequence[str | None]) -> None:
        """Chat examples: their lines, last answers and system prompts."""

    def pair(self, line: int, prompt: str, completion: str) -> None:
        """A completion example."""

    def completion(self, line: int) -> None:
        self._note("completion", line)

    def preference(self, line: int) -> None:
        self._note("preference", line)

    def reinforcement(self, line: int, fields: list[str], findings: Findings, *, answered: bool, last: int) -> None:
        """A chat that ends with the user's message and has the named fields beside."""

    def row(self, line: int, keys: list[str]) -> None:
        """An object of a layout that has to be converted."""
        self._note("rows", line)

    def keys(self, line: int, unknown: list[str]) -> None:
        """Keys that the format does not know."""

    def calls_without_tools(self, line: int) -> None:
        """An example calls tools and declares none."""

    def images(self, line: int) -> None:
        """An example has images."""

    def finish(self, findings: Findings) -> None:
        """Notes what showed over the whole file."""

    def _note(self, name: str, line: int) -> None:
        self.formats.setdefault(name, _Seen()).again(line)
