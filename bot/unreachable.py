"""Why an address could not be reached, by the cause at the bottom of an HTTP library's error."""

import socket
import ssl
import urllib.request
from collections.abc import Iterator
from urllib.parse import urlsplit

from bot.errors import BotError


def why_unreachable(error: BaseException, url: str) -> BotError:
    """Names scheme, host and port of `url`, and nothing else that is in it (a path, a password).

    Knows what the operating system and OpenSSL tell, whichever library raised it: a name that nobody knows, a refused
    connection, a certificate, an answer that is not TLS, a proxy, a time-out.
    """
    parts = urlsplit(url)
    host = parts.hostname or ""
    named = f"[{host}]" if ":" in host else host
    address = f"{parts.scheme}://{named}" + (f":{parts.port}" if parts.port else "")
    causes = list(_causes(error))[::-1]  # the innermost knows most
    if parts.scheme in urllib.request.getproxies() and not urllib.request.proxy_bypass(host):
        return BotError("unreachable_through_proxy", address=address, variable=f"{parts.scheme.upper()}_PROXY")
    if any(isinstance(cause, socket.gaierror) for cause in causes):
        return BotError("unknown_host", host=host)
    for cause in causes:
        if isinstance(cause, ssl.SSLCertVerificationError):
            return BotError("untrusted_certificate", address=address, why=cause.verify_message)
    if any(isinstance(cause, ssl.SSLError) for cause in causes):
        return BotError("no_tls", address=address)
    if any(isinstance(cause, ConnectionRefusedError) for cause in causes):
        return BotError("nobody_answers", address=address)
    return BotError("unreachable", address=address)


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__
