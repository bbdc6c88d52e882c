"""Why an address could not be reached: real connections that fail, through both libraries that the bot uses."""

import socket
import ssl
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path

import aiohttp
import openai
import pytest

from bot.providers.interface import Unreachable
from bot.providers.openai_protocol import OpenAIProtocol
from bot.unreachable import why_unreachable
from tests.ports import free_port
from texts.errors import sentence
from texts.provider_errors import message


@pytest.fixture(autouse=True)
def no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "https_proxy", "all_proxy", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)


async def said(url: str) -> str:
    """What both libraries' errors are turned into: the same sentence."""
    client = openai.AsyncOpenAI(api_key="sk-secret", base_url=url + "/v1", max_retries=0)
    provider = OpenAIProtocol("acme", client)
    with pytest.raises(Unreachable) as unreachable:
        await provider.models()
    await provider.close()
    assert not unreachable.value.is_answer
    async with aiohttp.ClientSession(trust_env=True) as session:
        with pytest.raises(aiohttp.ClientError) as error:
            await session.get(url + "/api/auth.test?token=secret")
    assert str(why_unreachable(error.value, url + "/api/")) == str(unreachable.value)
    assert "secret" not in str(unreachable.value)
    stored = message(unreachable.value.as_job_error())
    assert stored == sentence(unreachable.value)
    return stored


async def test_nobody_listens() -> None:
    url = f"http://127.0.0.1:{free_port()}"
    assert await said(url) == f"Nobody answers at {url}: is the server there running?"


async def test_the_name_is_unknown() -> None:
    told = await said("https://gpu.invalid")
    assert told == "The network does not know the name gpu.invalid: it is misspelt, or this machine is offline."


async def test_the_proxy_does_not_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTPS_PROXY", f"http://user:secret@127.0.0.1:{free_port()}")
    told = await said("https://gpu.invalid")
    assert told == "https://gpu.invalid cannot be reached through the proxy that HTTPS_PROXY names."


async def test_the_server_speaks_no_tls(plain: int) -> None:
    url = f"https://127.0.0.1:{plain}"
    assert await said(url) == f"{url} does not speak TLS: perhaps its address begins with http://."


async def test_the_certificate_is_of_nobody_known(encrypted: int) -> None:
    url = f"https://localhost:{encrypted}"
    told = await said(url)
    assert told.startswith(f"The certificate of {url} cannot be trusted (self-signed certificate).")
    assert "SSL_CERT_FILE" in told


async def test_with_the_certificate_named_it_is_trusted(
    encrypted: int, certificate: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The advice that the sentence gives is good: what answers then is the server, with something else."""
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    async with openai.AsyncOpenAI(
        api_key="sk-secret", base_url=f"https://localhost:{encrypted}/v1", max_retries=0
    ) as client:
        with pytest.raises(openai.APIStatusError, match="418"):
            await client.models.list()


@pytest.fixture
def plain() -> Iterator[int]:
    yield from _serving(None)


@pytest.fixture
def certificate(tmp_path: Path) -> Path:
    path = tmp_path / "certificate.pem"
    subprocess.run(
        [
            *("openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=localhost"),
            *("-addext", "subjectAltName=DNS:localhost", "-keyout", tmp_path / "key.pem", "-out", path),
        ],
        check=True,
        capture_output=True,
    )
    return path


@pytest.fixture
def encrypted(certificate: Path) -> Iterator[int]:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, certificate.with_name("key.pem"))
    yield from _serving(context)


def _serving(context: ssl.SSLContext | None) -> Iterator[int]:
    """The port of a server that answers everything with status 418."""
    with socket.create_server(("127.0.0.1", 0)) as server:

        def serve() -> None:
            while True:
                try:
                    peer, _ = server.accept()
                    with context.wrap_socket(peer, server_side=True) if context else peer as connection:
                        connection.recv(65536)
                        connection.sendall(b"HTTP/1.1 418 I am a teapot\r\nContent-Length: 0\r\n\r\n")
                except ssl.SSLError:
                    continue
                except OSError:
                    return

        threading.Thread(target=serve, daemon=True).start()
        yield server.getsockname()[1]
        server.shutdown(socket.SHUT_RDWR)
