"""The letter that an answer chooses, in the ways in which models say it."""

import re
import unicodedata
from functools import cache
from typing import Final

import re2

# What announces a letter: "the answer is", "option", "答案是", "应选". The last one in the text counts.
_ANNOUNCED: Final = (
    r"(?i:answer|choice|option|choose|pick|select)(?:\s+(?i:is|would\s+be|should\s+be))?\s*[:=]?\s*(?:(?i:option|choice)\s+)?"
    r"|(?:正确)?(?:答案|选项|选择|应该选|应选|故选|我选|选)\s*(?:应该|应)?(?:是|为)?\s*[:：]?\s*(?:选项)?"
    r"|\\boxed\s*"
)
_OPENING: Final = r"[\s(\[{*_\"'“「]*"
_CLOSING: Final = r"[\s)\]}*_\"'”」]*"


def choice(text: str, letters: str) -> str | None:
    """None where no letter is chosen, or more than one. Small letters count where nothing else is said."""
    plain = unicodedata.normalize("NFKC", text).strip()
    whole, announced, begins, alone = _patterns("".join(dict.fromkeys(letters.upper())))
    if found := whole.fullmatch(plain):
        return str(found[1]).upper()
    said = list(announced.finditer(plain))
    if said:
        return None if said[-1][2] else str(said[-1][1])
    if found := begins.match(plain):
        return str(found[1])
    names = {found[1] or found[2] for found in alone.finditer(plain)}
    return str(names.pop()) if len(names) == 1 else None


@cache
def _patterns(letters: str) -> tuple[re.Pattern[str], ...]:
    """The whole text is the letter; a letter is announced; the text begins with one; it stands somewhere by itself."""
    of = "[" + re.escape(letters) + "]"
    not_article = "[" + re.escape(letters.replace("A", "").replace("I", "") or letters) + "]"
    other = rf"(?:\s*(?:,|/|or|and|或|和|、|与)\s*{_OPENING}{of}(?:$|[^\w]))"
    return (
        re2.compile(rf"(?i){_OPENING}(?:(?:option|choice|选项|选)\s*)?{_OPENING}({of}){_CLOSING}[.。:：!]?{_CLOSING}"),
        re2.compile(rf"(?:{_ANNOUNCED}){_OPENING}({of})(?:$|[^A-Za-z0-9'’]){_CLOSING}({other})?"),
        re2.compile(rf"{_OPENING}({of})[)\]}}.:：、]"),
        re2.compile(rf"\(({of})\)|(?:^|[^\w'’])({not_article})(?:$|[^\w'’])"),
    )
