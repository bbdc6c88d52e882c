"""What a person is told when work on what they did failed for a reason that is not theirs. Plain text.

Where there are two sentences, they are what happened and what to do next.
"""

from texts.language import _


def given_up() -> tuple[str, str]:
    return _("I was stopped each time I worked on this, so I gave it up."), _("Please try again.")


def our_fault(key: str) -> tuple[str, str]:
    """`key`: by which it is found in the log."""
    return _("Something went wrong on my side."), _("Please try again. For the log: {key}.", key=key)


def provider_answered(provider: str, answer: str) -> str:
    """`answer`: the provider's own words."""
    return _("{provider} answered: {answer}", provider=provider, answer=answer)


def slack_trouble(code: str) -> tuple[str, str]:
    """`code`: Slack's error code; after `missing_scope: ` the scope."""
    if code.startswith("missing_scope"):
        return (
            _("Slack does not let me do that: my app lacks the scope {scope}.", scope=code.partition(": ")[2]),
            _(
                "An administrator can add it under {page} (manifest.yml lists all) and reinstall the app.",
                page="OAuth & Permissions",
            ),
        )
    if code in {"expired_trigger_id", "invalid_trigger_id", "exchanged_trigger_id"}:
        return (
            _("That took too long, and Slack no longer lets me open a window."),
            _("Please press it again."),
        )
    if code in {"not_in_channel", "channel_not_found"}:
        return _("I am not in this channel."), _("Type /invite followed by my name, then try again.")
    return (
        _("Slack refused what I wanted to do ({code}).", code=code),
        _("Please try again. If it happens again, ask an administrator."),
    )
