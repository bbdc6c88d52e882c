"""A training file that the bot has taken in: a value."""

import msgspec

from bot.access import Resource
from training_files.report import Report


class Dataset(msgspec.Struct, frozen=True):
    """`sha256` is the hash of the bytes and names our copy; `file_id` is Slack's. `channel_private` decides who
    may see it. `report` is None until the check has run. `derived_from` is the data set that this one was repaired or
    split from, or whose examples it holds beside new ones; `validation` the one that was split off to validate it;
    `parent` the fine-tuned model after which it was made to train the next one. `lengths_file` and `findings_file` are
    Slack's ids of what was uploaded beside the report: the picture of lengths, and all findings. `reaction` is the
    name of the emoji for the report's verdict. What is not `listed` are examples of another one, made for a rehearsal:
    it is found by its id only, and goes with that.
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
    derived_from: str | None = None
    validation: str | None = None
    parent: str | None = None
    lengths_file: str | None = None
    findings_file: str | None = None
    reaction: str | None = None
    listed: bool = True

    @property
    def resource(self) -> Resource:
        """What it is to `authorize`."""
        return Resource(self.owner, self.channel, self.channel_private, "file", self.id)

    @property
    def format(self) -> str | None:
        """Of its examples; None until it has been checked."""
        return self.report.format if self.report else None
