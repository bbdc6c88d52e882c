"""What people type, out of Slack's markup."""

import pytest

from handlers.blocks.markup import addresses_others, channel_in, person_in, plain, typed


@pytest.mark.parametrize(
    ("sent", "meant"),
    [
        ("budget set <#C0ABC|general> 50", "budget set <#C0ABC> 50"),
        ("budget set <@U0ANA|ana> 20", "budget set <@U0ANA> 20"),
        ("notify <#C0ABC|>", "notify <#C0ABC>"),
        ("start <http://train.md|train.md> name=a&amp;b", "start train.md name=a&b"),
        ("start <https://example.com/a?b=1>", "start https://example.com/a?b=1"),
        ("grader={&quot;a&quot;: 1} x &lt;@U0ANA&gt;", 'grader={"a": 1} x <@U0ANA>'),
        ("  jobs ", "jobs"),
    ],
)
def test_a_command_is_read_as_it_was_typed_with_mentions_as_ids(sent: str, meant: str) -> None:
    assert typed(sent) == meant


def test_a_model_reads_channels_by_name() -> None:
    assert plain("Ask in <#C0ABC|general> &amp; see <https://a.b|a.b>") == "Ask in general & see a.b"


def test_mentions_are_told_from_words() -> None:
    assert person_in("<@U0ANA>") == "U0ANA"
    assert channel_in("<#C0ABC>") == "C0ABC"
    assert person_in("@ana") is None
    assert channel_in("#general") is None
    assert person_in("<#C0ABC>") is None


def test_who_speaks_to_somebody_else_is_known() -> None:
    assert addresses_others("<@U0BEN|ben> what do you think of this answer?", "U0BOT")
    assert addresses_others("what do you think, <@U0BEN>?", "U0BOT")
    assert addresses_others("<!here> look", "U0BOT")
    assert addresses_others("<!subteam^S0ABC|@support> look", "U0BOT")
    assert not addresses_others("<@U0BOT> what does <@U0BEN> do?", "U0BOT")
    assert not addresses_others("see <#C0ABC|general> and <https://a.b>", "U0BOT")
