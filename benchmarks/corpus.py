"""A made-up chat file of any size: the same bytes for the same size and seed, on every machine.

Words come with the long-tailed frequencies of language: a third of the examples Chinese, the rest English with some
code; 20 system prompts in each language are shared by all, as is usual. It is random text, so its Chinese takes more
tokens a character than prose does; the peer reads the same file.
"""

import json
import random
from itertools import accumulate
from pathlib import Path

COMMON = """
the of and to in a is that for it as was with be by on not he his but at are this have from or had
an they which one you were all her she there would their we him been has when who will no more if
out so up said what its about than into them can only other time new some could these two may first
then do any like my now over such our man me even most made after also did many off before must well
back through years much where your way down should because long each just state those people too how
little good world make very year still see own work men day get here old between both life being
under three never know same last another while us might great go come since against right take used
himself few house use during without again place around however home small found thought went say
part once general high upon school every does got united left number course war until always away
something fact though water less public put think almost hand enough far took head yet government
system better set told nothing night end why called find going look asked later knew point next
program city business give group toward young days let room word money order account customer
invoice delivery refund password please thanks question answer problem
"""
CODE = (
    "def total(items: list[float]) -> float:\n    return sum(items)  # in euros\n",
    "SELECT name, count(*) FROM orders WHERE placed_at > now() - interval '7 days' GROUP BY name;",
    "for (const row of rows) {\n  console.log(`${row.id}: ${row.state}`);\n}",
    '{"error": {"message": "not found", "type": "invalid_request_error", "code": 404}}',
)


def write(path: Path, size: int, seed: int = 1) -> None:
    """Writes about `size` bytes of chat examples in JSONL."""
    chance = random.Random(seed)
    english = COMMON.split() + ["".join(chance.choices(SYLLABLES, k=chance.randint(2, 4))) for _ in range(20_000)]
    chinese = [bytes((high, low)).decode("gb2312") for high in range(0xB0, 0xD7) for low in range(0xA1, 0xFF)]
    chance.shuffle(chinese)
    weights = {
        len(words): list(accumulate(rank**-1.15 for rank in range(3, len(words) + 3))) for words in (english, chinese)
    }

    def prose(words: list[str], between: str, stop: str, length: int) -> str:
        sentences = []
        while length > 0:
            count = min(length, chance.randint(4, 18))
            text = between.join(chance.choices(words, cum_weights=weights[len(words)], k=count))
            sentences.append(text[:1].upper() + text[1:] + stop)
            length -= count
        if chance.random() < 0.2:
            sentences.append(f"{chance.randint(1, 99_999):,} €, {chance.randint(1, 28)}/{chance.randint(1, 12)}/2026")
        return " ".join(sentences) if between else "".join(sentences)

    def text(in_chinese: bool, length: int) -> str:
        if in_chinese:
            return prose(chinese, "", "。", length * 2)
        written = prose(english, " ", chance.choice(".?!."), length)
        return f"{written}\n```\n{chance.choice(CODE)}\n```" if chance.random() < 0.1 else written

    prompts = {in_chinese: [text(in_chinese, 40) for _ in range(20)] for in_chinese in (False, True)}
    written = 0
    with path.open("wb") as file:
        while written < size:
            in_chinese = chance.random() < 1 / 3
            messages = [{"role": "system", "content": chance.choice(prompts[in_chinese])}]
            for _ in range(chance.choice((1, 1, 2))):
                messages.append({"role": "user", "content": text(in_chinese, chance.randint(5, 80))})
                messages.append({"role": "assistant", "content": text(in_chinese, chance.randint(10, 160))})
            line = json.dumps({"messages": messages}, ensure_ascii=False).encode() + b"\n"
            written += file.write(line)


SYLLABLES = [a + b + c for a in "bcdfgklmnprstv" for b in "aeiou" for c in ("", "n", "r", "s", "l")]
