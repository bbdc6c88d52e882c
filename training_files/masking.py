"""Names, secrets and personal data in the texts of one conversation, each replaced by a placeholder that stays the same
throughout: `[NAME_1]`, `[EMAIL_1]`. So the conversation can still be followed, and learned from.

Masked are what `pii_and_secrets` finds, links that open something to whoever has them, Slack's mentions, and the names
of people who are named to it. Names of others, street addresses and passwords in prose are not: no shape tells them.
It takes time linear in the texts.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Final

import msgspec

from training_files.pii_and_secrets import PERSONAL, SECRET, find, is_dense
from training_files.pii_numbers import PhoneLookup

NAME: Final = "name"
LINK: Final = "link"
SECRETS: Final = "secret"

LABELS: Final[Mapping[str, str]] = {
    NAME: "NAME",
    LINK: "LINK",
    SECRETS: SECRET.strip("[]"),
    **{kind: label.strip("[]") for kind, label in PERSONAL.items()},
}
"""What stands in the placeholder of each kind."""

MOST_NAMES: Final = 400
"""Of one conversation, to look for; each is looked for at every place of the text."""


class Mask(msgspec.Struct, frozen=True):
    """`placeholder` stands where `original` stood, `times` times. The original is as it was first written."""

    placeholder: str
    kind: str
    original: str
    times: int


class MaskedTexts(msgspec.Struct, frozen=True):
    texts: tuple[str, ...]
    masks: tuple[Mask, ...]

    @property
    def counts(self) -> dict[str, int]:
        """How often something of each kind was masked."""
        counts: dict[str, int] = {}
        for mask in self.masks:
            counts[mask.kind] = counts.get(mask.kind, 0) + mask.times
        return counts


def mask_texts(texts: Sequence[str], people: Mapping[str, Sequence[str]] | None = None) -> MaskedTexts:
    """The texts of one conversation, masked. `people`: the names of each, by their id in Slack.

    Placeholders that stand in the texts already stay, and their numbers are not given again: masking what was masked
    changes nothing.
    """
    masking = _Masking(texts, people or {})
    return MaskedTexts(tuple(map(masking.mask, texts)), masking.masks())


_PLACEHOLDER: Final = re.compile(rf"\[({'|'.join(sorted(set(LABELS.values())))})_([0-9]{{1,9}})\]")
_MENTION: Final = re.compile(r"<@([UW][A-Z0-9]{1,20})(?:\|[^<>\n]{0,200})?>")
_ADDRESS: Final = re.compile(r"(?<![A-Za-z0-9])https?://[^\s<>|\"'`）)\]，。；、]{1,4000}", re.IGNORECASE)
_OPENS: Final = re.compile(  # the name of a parameter whose value opens something
    r"(?:^|[_\-.])(?:token|key|apikey|sig|sign|signature|secret|auth|password|passwd|pwd|pass|code|otp|invite|ticket"
    r"|credential|session|sid|jwt|access)(?:$|[_\-.])",
    re.IGNORECASE,
)
_CAMEL: Final = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")

# Scripts in which words are not set apart, or in which particles follow at once: there a name is part of a run.
_RUN_ON: Final = (
    "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7af\uf900-\ufaff"
)
_RUNS_ON: Final = re.compile(rf"[{_RUN_ON}]")
_HAN: Final = re.compile(r"[\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff]+")
_SET_APART: Final = rf"[^\W_{_RUN_ON}]"
_COMPOUND = "欧阳 歐陽 司马 司馬 上官 诸葛 諸葛 司徒 东方 東方 皇甫 尉迟 公孙 公孫 令狐 慕容 长孙 夏侯 南宫 端木 轩辕"
_COMPOUND_SURNAMES: Final = frozenset(_COMPOUND.split())
_ALSO_WORDS = """amber angel april art august autumn bill bob brook buck carol chance charity chase chip christian chuck
clay cliff cloud dale dawn dean dick don drew earl eve faith forest frank gene glen grace grant guy hope hunter ivy jack
jade jean joy june king lane lily major mark mason max may melody miles miller nick norm olive page pat pearl penny
peter price ray reed rich rob robin rock rose ruby sage sandy sean skip smith son star sterling stone sue summer sunny
terry tom tony tray trip van victor violet wade will win wood young"""
_ORDINARY_WORDS: Final = frozenset(_ALSO_WORDS.split())
"""Names that are words, too: masked only with a capital letter."""
_WORD: Final = re.compile(r"[^\W_]+(?:['’\-][^\W_]+)*")
_REMARK: Final = re.compile(r"\s*(?:[(\[|/–—（【].*|\s-\s.*)$")  # "Ana (Support)", "Ben | Sales"
_LEAST: Final = 3  # letters of a part of a name in scripts that set words apart; Chinese names are shorter


class _Masking:
    def __init__(self, texts: Sequence[str], people: Mapping[str, Sequence[str]]) -> None:
        self._phones = PhoneLookup()
        self._finder = _names_finder(people)
        self._ids: dict[str, str] = {}
        for id, names in people.items():
            for form in _forms(names):
                self._ids.setdefault(_folded(form), id)
        self._firsts: dict[tuple[str, str], tuple[str, str]] = {}
        self._times: dict[tuple[str, str], int] = {}
        self._last: dict[str, int] = {}
        for text in texts:
            for label, number in _PLACEHOLDER.findall(text):
                self._last[label] = max(self._last.get(label, 0), int(number))

    def masks(self) -> tuple[Mask, ...]:
        return tuple(
            Mask(placeholder, kind, original, self._times[kind, which])
            for (kind, which), (placeholder, original) in self._firsts.items()
        )

    def mask(self, text: str) -> str:
        text = _MENTION.sub(lambda match: self._placeholder(NAME, match[1], match[0]), text)
        text = _ADDRESS.sub(self._without_link, text)
        # What comes to light beside a placeholder is masked at once.
        while spans := find(text, self._phones):
            parts, at = [], 0
            for span in spans:
                kind, original = (span.kind if span.kind in PERSONAL else SECRETS), text[span.start : span.end]
                parts += [text[at : span.start], self._placeholder(kind, _same(kind, original), original)]
                at = span.end
            text = "".join([*parts, text[at:]])
        return self._finder.sub(self._without_name, text) if self._finder is not None else text

    def _without_link(self, match: re.Match[str]) -> str:
        # What ends a sentence is no part of the link.
        link = match[0].rstrip(".,;:!?")
        if not _opens_something(link):
            return match[0]
        return self._placeholder(LINK, link, link) + match[0][len(link) :]

    def _without_name(self, match: re.Match[str]) -> str:
        if match.lastgroup == "placeholder":
            return match[0]
        folded = _folded(match[0])
        return self._placeholder(NAME, self._ids.get(folded, folded), match[0])

    def _placeholder(self, kind: str, which: str, original: str) -> str:
        known = self._firsts.get((kind, which))
        if known is None:
            label = LABELS[kind]
            number = self._last[label] = self._last.get(label, 0) + 1
            known = self._firsts[kind, which] = (f"[{label}_{number}]", original)
        self._times[kind, which] = self._times.get((kind, which), 0) + 1
        return known[0]


def _same(kind: str, original: str) -> str:
    """What a thing is, however it is written."""
    return original if kind == SECRETS else re.sub(r"[\s().\-]", "", original).casefold()


def _opens_something(link: str) -> bool:
    """Whether a link has a token in it: a parameter that says so, or a part that looks drawn by lot."""
    address, _, fragment = link.partition("#")
    path, _, query = address.partition("?")
    if "@" in path.partition("://")[2].partition("/")[0]:
        return True
    for parameter in re.split(r"[&;]", f"{query}&{fragment}"):
        name, _, value = parameter.partition("=")
        if len(value) >= 4 and _OPENS.search(_CAMEL.sub("_", name)):
            return True
    return is_dense(link.partition("://")[2].encode("utf-8", "replace"))


def _names_finder(people: Mapping[str, Sequence[str]]) -> re.Pattern[str] | None:
    """One pattern for all names, the longest first. They are literals: it never goes back over more than one name."""
    forms = sorted({form for names in people.values() for form in _forms(names)}, key=len, reverse=True)[:MOST_NAMES]
    if not forms:
        return None
    return re.compile("|".join((rf"(?P<placeholder>{_PLACEHOLDER.pattern})", *map(_pattern, forms))))


def _pattern(form: str) -> str:
    words = r"\s{1,4}".join(map(re.escape, form.split()))
    if " " in form or form.startswith("@"):
        words = f"(?i:{words})"
    before = r"(?<![\w.])" if form.startswith("@") else "" if _RUNS_ON.match(form[0]) else rf"(?<!{_SET_APART})"
    after = "" if _RUNS_ON.match(form[-1]) else rf"(?!{_SET_APART})"
    return f"{before}{words}{after}"


def _forms(names: Iterable[str]) -> Iterator[str]:
    """As what a person with these names may be spoken of: the whole name, each of its words, a Chinese given name."""
    for name in names:
        whole = " ".join(name.split())
        if not any(letter.isalpha() for letter in whole):
            continue
        yield f"@{whole}"
        if len(whole) > 1:
            yield from _spellings(whole)
        words = _WORD.findall(_REMARK.sub("", whole))
        for word in {*words[:1], *words[-1:]}:  # what stands between is often no name: "Ana from Berlin"
            if len(word) >= _LEAST and not word.isdigit():
                yield from _spellings(word)
        for han in _HAN.findall(whole):
            surname = 2 if han[:2] in _COMPOUND_SURNAMES else 1
            if len(han) >= 2:
                yield han
            if 3 <= len(han) <= 4 and len(han) - surname >= 2:
                yield han[surname:]


def _spellings(word: str) -> Iterator[str]:
    """With a capital letter, and small where it is no ordinary word. A name of several words is found in any case."""
    if " " in word or not word.islower():
        yield word
    if " " not in word:
        yield word[0].upper() + word[1:]
        if word.lower() not in _ORDINARY_WORDS:
            yield word.lower()


def _folded(form: str) -> str:
    return " ".join(form.split()).casefold()
