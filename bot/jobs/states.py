"""A job's life as one explicit state machine.

The provider's states are the protocol's (read 2026-11-21); ours come before the provider knows of the job.
A provider's state that is not listed here is kept and shown as it is, and the job counts as active.
"""

from typing import Final

AWAITING_APPROVAL: Final = "awaiting_approval"
IN_LINE: Final = "in_line"
SUBMITTING: Final = "submitting"
UNCERTAIN: Final = "uncertain"
VALIDATING: Final = "validating_files"
QUEUED: Final = "queued"
RUNNING: Final = "running"
PAUSING: Final = "pausing"
PAUSED: Final = "paused"
SUCCEEDED: Final = "succeeded"
FAILED: Final = "failed"
CANCELLED: Final = "cancelled"

OURS: Final = frozenset({AWAITING_APPROVAL, IN_LINE, SUBMITTING, UNCERTAIN})
WITHOUT_ROOM: Final = frozenset({AWAITING_APPROVAL, IN_LINE, UNCERTAIN, PAUSED})
"""Neither ended nor, as far as we know, one of the jobs that the provider runs at the moment."""
ENDED: Final = frozenset({SUCCEEDED, FAILED, CANCELLED})
STATES: Final = OURS | ENDED | {VALIDATING, QUEUED, RUNNING, PAUSING, PAUSED}

# From our own states only these ways lead on. "*" is any state a provider reports.
_WAYS: Final[dict[str, frozenset[str]]] = {
    AWAITING_APPROVAL: frozenset({IN_LINE, CANCELLED}),
    IN_LINE: frozenset({SUBMITTING, CANCELLED}),
    SUBMITTING: frozenset({IN_LINE, UNCERTAIN, FAILED, CANCELLED, "*"}),
    UNCERTAIN: frozenset({SUBMITTING, FAILED, CANCELLED, "*"}),
}


def may_become(old: str, new: str) -> bool:
    """Whether a job in state `old` may be put into state `new`.

    An ended job stays as it is. Between a provider's states every way is open, because the provider is
    right about its own jobs, but no job comes back to a state that is ours alone.
    """
    if old == new:
        return True
    if old in ENDED:
        return False
    if old in _WAYS:
        return new in _WAYS[old] or ("*" in _WAYS[old] and new not in OURS)
    return new not in OURS
