"""What the check would say of an example: those with errors are left out last of all."""

import msgspec

from training_files.chat import NotAnExample, decode_plain, is_sound, parse
from training_files.findings import Findings
from training_files.habits import Habits
from training_files.mend import canonical
from training_files.mend.file import File
from training_files.mend.repair import Dropped, Example, Outcome
from training_files.rules import judge


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
