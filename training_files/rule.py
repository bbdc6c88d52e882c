"""What a code of `findings` says: a value, so that the parts of the check can each bring their own."""

import msgspec

from training_files.report import Severity


class Rule(msgspec.Struct, frozen=True):
    """`says` is filled in with the finding's details; `remedy` follows it. `meaning` is for the documentation.
    `repair` is the id of the repair that mends it, empty where none does.
    """

    code: str
    severity: Severity
    meaning: str
    says: str
    remedy: str
    repair: str = ""
