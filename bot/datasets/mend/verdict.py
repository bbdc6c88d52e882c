"""What the check would say of an example: those with errors are left out last of all."""

import msgspec

from bot.datasets.chat import NotAnExample, decode_plain, is_sound, parse
from bot.datasets.findings import Findings
from bot.datasets.habits import Habits
from bot.datasets.mend import canonical
from bot.datasets.mend.file import File
from bot.datasets.mend.repair import Dropped, Example, Outcome
from bot.datasets.rules import judge


def unusable(example: Example, file: File) -> Outcome:
    line = canonical.encode(example)
    try:
        if is_sound(decode_plain(line).messages):
            return None
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        pass  # no plain chat: the rules look at it
    findings = Findings()
    try:
        with findings.of_one_example():
            judge(parse(line), 1, findings, Habits())
    except NotAnExample:
        return Dropped("It cannot be written as JSON.", lost=True)
    first = next(iter(findings.first("error")), None)
    return Dropped(first.message, lost=True) if first else None
