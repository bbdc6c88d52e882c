"""A training file that the bot has taken in: a value."""

import msgspec

from bot.datasets.report import Report


class Dataset(msgspec.Struct, frozen=True):
    """`sha256` is the hash of the bytes and names our copy; `file_id` is Slack's. `channel_private` decides who
    may see it. `report` is None until the check has run.
    """

    id: str
    sha256: str
    name: str
    bytes: int
    owner: str
    team: str
    channel: str
    channel_private: bool
    thread_ts: str
    created_at: float
    file_id: str | None = None
    report: Report | None = None
    deleted_at: float | None = None
