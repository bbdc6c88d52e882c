"""Words that open many answers, as a generating model leaves them behind ("Sure!", "好的，").

Beyond the first `ALL` lines of a file one in `STRIDE` is looked at, so the figures are those of the answers looked at.
"""

import re
from collections.abc import Sequence

import msgspec

from training_files.dataset_checks.occurrences import Occurrences
from training_files.findings import Findings

ALL = 20_000
STRIDE = 16

MOST_OPENINGS = 5_000
"""FillerOpenings that are counted at a time; those seen once are forgotten for new ones."""

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
_OPENING = re.compile(rf"\s*([^\W\d_][^{_MARK}]*(?: [^{_MARK}]+){{0,4}})([!.！。])(?=\s|[^\x00-\x7f])")


def filler(answer: str) -> str:
    """The filler that an answer begins with ("Sure! "), with its mark and the space after it; empty where there is
    none, or nothing else. An answer is well without it.
    """
    found = _FILLER.match(answer[:200].replace("’", "'"))
    return answer[: found.end()] if found and answer[found.end() :].strip() else ""


class Opening(msgspec.Struct, frozen=True, gc=False):
    """The words that open the answer on `line`; `known`: they are a filler."""

    line: int
    words: str
    known: bool


class Looked(msgspec.Struct, frozen=True, gc=False):
    """How many answers were looked at, and the openings found."""

    answers: int
    openings: list[Opening]


def look(numbers: Sequence[int], answers: Sequence[str]) -> Looked:
    """The openings of answers, given their lines."""
    looked = 0
    found = []
    for line, answer in zip(numbers, answers, strict=True):
        if line > ALL and line % STRIDE:
            continue
        looked += 1
        if known := filler(answer):
            found.append(Opening(line, known.strip().casefold(), known=True))
        elif other := _OPENING.match(answer[:100]):
            found.append(Opening(line, other[0].strip(), known=False))
    return Looked(looked, found)


class FillerOpenings:
    """Words that open many answers."""

    def __init__(self) -> None:
        self.looked = 0
        self.fillers: dict[str, Occurrences] = {}
        self.others: dict[str, Occurrences] = {}

    def add(self, looked: Looked) -> None:
        self.looked += looked.answers
        for opening in looked.openings:
            if opening.known:
                seen = self.fillers
            else:
                if len(self.others) >= MOST_OPENINGS:
                    self.others = {words: seen for words, seen in self.others.items() if seen.count > 1}
                seen = self.others
            if opening.words in seen or len(seen) < MOST_OPENINGS:
                seen.setdefault(opening.words, Occurrences()).again(opening.line)

    def finish(self, findings: Findings, *, classes: bool) -> None:
        filled = sum(seen.count for seen in self.fillers.values())
        openings: dict[str, Occurrences] = {}
        if filled >= 5 and filled >= self.looked / 10:
            openings = {opening: seen for opening, seen in self.fillers.items() if seen.count >= max(3, filled / 20)}
        if self.looked >= 100 and not classes:  # that all answers begin alike is a style, or the format asked for
            few, all_ = self.looked / 5, self.looked * 0.95
            openings |= {opening: seen for opening, seen in self.others.items() if few <= seen.count <= all_}
        for opening, seen in sorted(openings.items(), key=lambda item: item[1].rank, reverse=True)[:5]:
            shown = opening[:1].upper() + opening[1:]
            answers, looked = seen.count, self.looked
            findings.add("filler_opening", seen.line, quote=shown, opening=shown, answers=answers, looked=looked)
