"""The providers of a channel. `provider` and `person` come as they are shown."""

from texts.language import _, plural


def heading() -> str:
    return _("Providers in this channel")


def none_here() -> str:
    return _("No provider may be used in this channel. An administrator says where in `providers.toml`.")


def stands_first(provider: str) -> str:
    return _("{provider} – used here unless you name another", provider=provider)


def choose_button() -> str:
    return _("Put first here")


def at_a_time(count: int) -> str:
    return plural("{count} job at a time", "{count} jobs at a time", count)


def only_some_channels() -> str:
    return _("only in some channels")


def more_models(count: int) -> str:
    return plural("{count} more model", "{count} more models", count)


def how_to_name_one(word: str) -> str:
    """`word`: what is typed."""
    return _("To train at one of them, choose its model in the window, or type `{word}`.", word=word)


def chosen(person: str, provider: str) -> str:
    return _(
        "{person} has put {provider} first in this channel: jobs go there unless another provider is named.",
        person=person,
        provider=provider,
    )


def first_again(person: str, provider: str) -> str:
    return _(
        "{person} has taken back the choice of a provider: {provider} stands first again.",
        person=person,
        provider=provider,
    )
