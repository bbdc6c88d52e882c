from collections.abc import Callable

from handlers.blocks.errors import failure, refusal
from handlers.blocks.message import Message

See = Callable[[Message], str]


def test_a_refusal_is_the_sentence_and_no_more(seen: See) -> None:
    assert seen(refusal("Guests may not start jobs.")) == "Guests may not start jobs."


def test_a_failure_says_what_happened_then_what_to_do(seen: See) -> None:
    assert seen(failure("Slack did not answer.", "Try again.")) == "Slack did not answer.\nTry again."
    assert seen(failure("Slack did not answer.")) == "Slack did not answer."


def test_names_in_an_error_ping_nobody_and_keys_in_it_are_gone(seen: See) -> None:
    shown = seen(failure("File <!channel> failed with Bearer abcdefghijk1", ""))
    assert shown == "File &lt;!channel&gt; failed with Bearer [secret removed]"
