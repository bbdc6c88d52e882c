"""Why an address could not be reached, in one sentence: from the error that lies at the bottom of an HTTP library's."""

import socket
import ssl
import urllib.request
from collections.abc import Iterator
from urllib.parse import urlsplit


def why_unreachable(error: BaseException, url: str) -> str:
    """A sentence about scheme, host and port of `url`; whatever else stands in it (a path, a password) is not repeated.

    Knows what the operating system and OpenSSL tell, whichever library raised it: a name that nobody knows, a refused
    connection, a certificate, an answer that is not TLS, a proxy, a time-out.
    """
    parts = urlsplit(url)
    host = parts.hostname or ""
    named = f"[{host}]" if ":" in host else host
    address = f"{parts.scheme}://{named}" + (f":{parts.port}" if parts.port else "")
    causes = list(_causes(error))[::-1]  # the innermost knows most
    if parts.scheme in urllib.request.getproxies() and not urllib.request.proxy_bypass(host):
        return f"{address} cannot be reached through the proxy that {parts.scheme.upper()}_PROXY names."
    if any(isinstance(cause, socket.gaierror) for cause in causes):
        return f"The network does not know the name {host}: it is misspelt, or this machine is offline."
    for cause in causes:
        if isinstance(cause, ssl.SSLCertVerificationError):
            return (
                f"The certificate of {address} cannot be trusted ({cause.verify_message}). If it is your own server's, "
                "let SSL_CERT_FILE name the file of its certificate authority."
            )
    if any(isinstance(cause, ssl.SSLError) for cause in causes):
        return f"{address} does not speak TLS: perhaps its address begins with http://."
    if any(isinstance(cause, ConnectionRefusedError) for cause in causes):
        return f"Nobody answers at {address}: is the server there running?"
    return f"{address} cannot be reached."


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__
