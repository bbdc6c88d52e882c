"""Providers and Slack, where nobody answers."""

from collections.abc import Sequence

from texts.errors.table import ERRORS
from texts.formats import listed
from texts.language import _


@ERRORS.sentence
def unknown_provider(provider: str) -> str:
    return _("No provider named {provider} is set up here any more. Ask an administrator.", provider=provider)


@ERRORS.sentence
def no_such_provider(provider: str, offered: Sequence[str]) -> str:
    if not offered:
        return no_provider_here()
    return _(
        "No provider named {provider} may be used here. There are: {offered}.",
        provider=provider,
        offered=listed(list(offered)),
    )


@ERRORS.sentence
def no_provider_here() -> str:
    return _("No provider may be used in this channel. Ask an administrator, or go on in another channel.")


@ERRORS.sentence
def provider_not_here(provider: str) -> str:
    return _(
        "{provider} may be used in some channels only, and this is none of them. `/finetune provider` shows what there "
        "is here.",
        provider=provider,
    )


@ERRORS.sentence
def provider_of_direct_messages() -> str:
    return _("A default provider is chosen in a channel. Here the first one of the settings stands first.")


@ERRORS.sentence
def unreachable_through_proxy(address: str, variable: str) -> str:
    """`variable`: of the environment."""
    return _("{address} cannot be reached through the proxy that {variable} names.", address=address, variable=variable)


@ERRORS.sentence
def unknown_host(host: str) -> str:
    return _("The network does not know the name {host}: it is misspelt, or this machine is offline.", host=host)


@ERRORS.sentence
def untrusted_certificate(address: str, why: str) -> str:
    """`why`: in the words of OpenSSL."""
    return _(
        "The certificate of {address} cannot be trusted ({why}). If it is your own server's, let SSL_CERT_FILE name "
        "the file of its certificate authority.",
        address=address,
        why=why,
    )


@ERRORS.sentence
def no_tls(address: str) -> str:
    return _("{address} does not speak TLS: perhaps its address begins with http://.", address=address)


@ERRORS.sentence
def nobody_answers(address: str) -> str:
    return _("Nobody answers at {address}: is the server there running?", address=address)


@ERRORS.sentence
def unreachable(address: str) -> str:
    return _("{address} cannot be reached.", address=address)


@ERRORS.sentence
def no_answer_in_time() -> str:
    return _("The provider did not answer in time.")


@ERRORS.sentence
def connection_broke() -> str:
    return _("The connection broke before the answer was there.")


@ERRORS.sentence
def not_the_protocol() -> str:
    return _("The answer does not fit OpenAI's protocol.")


@ERRORS.sentence
def file_still_processed() -> str:
    return _("The provider is still working on the file.")


@ERRORS.sentence
def no_webhook(provider: str, why: object) -> str:
    return _("This is no webhook of {provider}: {why}", provider=provider, why=why)
