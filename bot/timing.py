"""How long the bot waits between two looks and before it tries again."""

from dataclasses import dataclass

from bot.backoff import Backoff


@dataclass(frozen=True)
class Timing:
    """In seconds. The composition root hands each part its own; a test makes a hurried one."""

    look_every: float = 0.5
    """At what has to be said, and at the cards that show something old."""
    between_edits: float = 3.0
    """Slack advises one edit of a message in three seconds at most (chat.update, read 2026-11-21)."""
    between_appends: float = 0.4
    """Words of an answer are gathered for this long: calm for Slack, fluent for the eye. Where several answers are
    streamed it is longer, since they take turns."""
    longest_stream: float = 240.0
    """Slack ends a stream about five minutes after its start, whatever comes (python-slack-sdk#1859)."""
    stop_button: float = 4.0
    """So long an answer grows before it has a stop button of ours, where Slack has none."""
    between_report_edits: float = 1.5
    """Of a report that grows while its file is read."""
    connection_look: float = 5.0
    modal: float = 1.0
    """For what is said in the modal that was sent off, as a multiple of what fits into Slack's three seconds."""
    drain: float = 2.5
    """At the end, for work on what Slack sent."""

    tracking: float = 60.0
    """Between two reports on a running job to a tracker of experiments."""

    pace: float = 1.0
    """Of calls to Slack, as a multiple of what it grants in a minute."""

    # Slack. The first delay leaves it the time to carry out what it had read already: looked for too early, a message
    # is not found, and is posted again.
    inbox: Backoff = Backoff(3, factor=2.5, longest=20, tries=3)
    """Slack's own trouble passes: the work on what it sent is done again."""
    notice: Backoff = Backoff(3, longest=60)
    """A notice in doubt."""
    answer: Backoff = Backoff(3, longest=60)
    """A model's answer that cannot be shown."""
    reply: Backoff = Backoff(3, tries=2)
    """An answer of the bot's own to a person."""
    download: Backoff = Backoff(0.5, factor=6, tries=2)
    """A file that Slack did not hand out to its end."""
    read_back: Backoff = Backoff(30, factor=4, longest=600)
    """Channels that could not be read back."""

    fault: Backoff = Backoff(5, longest=60)
    """Work that failed by a fault of ours, or of the store."""

    # The provider
    submit: Backoff = Backoff(2, factor=2.5, longest=60)
    """A job that the provider does not take."""
    warm_up: Backoff = Backoff(1, longest=30, tries=6)
    """A model may need a moment after training, or to be loaded (llama_index#8527: 404 right after success)."""
    evaluate: Backoff = Backoff(1, tries=4)
    """A model that did not answer an item of an evaluation."""
    look_up: Backoff = Backoff(1, tries=6)
    """A job that may have been created is looked up at once, then six times within 63 s."""
