"""Whatever is wrong with a request, the answer is 4xx in the protocol's shape, and has an id: clients repeat a 5xx."""

import functools
import gzip
import itertools
import json
import re
import socket
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote, urlsplit

import httpx
import pytest

from tests.trainer_process import KEY, Trainer

JSON = "application/json"
FORM = "application/x-www-form-urlencoded"
PARTS = "multipart/form-data; boundary=b"
SMALL = b'{"model": "tiny-random"}'
PART = b'--b\r\nContent-Disposition: form-data; name="%s"%s\r\n\r\n%s\r\n--b--\r\n'

BODIES: dict[str, tuple[str | None, bytes]] = {
    # Not said to be JSON, as curl's -d does without a header, or said to be something else.
    "form": (FORM, SMALL),
    "no type": (None, SMALL),
    "text": ("text/plain;charset=UTF-8", SMALL),
    "bytes": ("application/octet-stream", SMALL),
    "no media type": ("json", SMALL),
    "empty type": ("", SMALL),
    "odd type": ("é;;=/", SMALL),
    "parts": (PARTS, PART % (b"model", b"", b"tiny-random")),
    # Said to be JSON, and no JSON, or none that anybody could use.
    "empty": (JSON, b""),
    "cut": (JSON, b'{"model": "tiny'),
    "number": (JSON, b"7"),
    "null": (JSON, b"null"),
    "list": (JSON, b"[[]]"),
    "text in JSON": (JSON, b'"model"'),
    "no number": (JSON, b'{"model": NaN, "seed": Infinity, "n": -Infinity}'),
    "long number": (JSON, b'{"model": ' + b"9" * 5000 + b"}"),
    "large number": (JSON, b'{"seed": 1e999, "n": ' + b"9" * 4000 + b"}"),
    "half a character": (JSON, b'{"model": "\\ud800", "\\udfff": 1}'),
    "zero": (
        JSON,
        b'{"model": "\\u0000", "training_file": "\\u0000", "messages": [{"role": "user", "content": "\\u0000"}]}',
    ),
    "deep list": (JSON, b"[" * 100_000 + b"]" * 100_000),
    **{
        f"{depth} deep": (
            JSON,
            b'{"model": "tiny-random", "metadata": ' + b'{"a":' * depth + b"1" + b"}" * depth + b"}",
        )
        for depth in (99, 100, 300, *range(900, 990, 5), 100_000)
    },
    "many names": (JSON, json.dumps(dict.fromkeys(map(str, range(5_000)))).encode()),
    "long name": (JSON, b'{"' + b"n" * 100_000 + b'": 1, "part_ids": ["' + b"p" * 100_000 + b'"]}'),
    "long part": (JSON, b'{"part_ids": ["' + b"p" * 5000 + b'"]}'),
    "way out": (JSON, b'{"part_ids": ["../../trainer.db"]}'),
    "bad UTF-8": (JSON, b'{"model": "\xff\xfe\xe9"}'),
    "other letters": ("application/json; charset=utf-16", '{"model": "é"}'.encode("latin-1")),
    "UTF-16": (JSON, '{"model": "no such"}'.encode("utf-16")),
    "UTF-32": (JSON, '{"model": "no such"}'.encode("utf-32")),
    "BOM": (JSON, b"\xef\xbb\xbf" + SMALL),
    # Parts that are none.
    "no boundary": ("multipart/form-data", PART % (b"file", b'; filename="a"', b"{}")),
    "other boundary": ("multipart/form-data; boundary=other", PART % (b"file", b'; filename="a"', b"{}")),
    "empty boundary": ("multipart/form-data; boundary=", PART % (b"file", b'; filename="a"', b"{}")),
    "odd boundary": ("multipart/form-data; boundary=é", PART % (b"file", b'; filename="a"', b"{}")),
    "empty parts": (PARTS, b""),
    "cut parts": (PARTS, b'--b\r\nContent-Disposition: form-data; name="file"; filename="a"\r\n\r\n{'),
    "part without name": (PARTS, b"--b\r\n\r\nx\r\n--b--\r\n"),
    "part without a file": (PARTS, PART % (b"file", b"", b"text")),
    "parts with odd letters": ("multipart/form-data; boundary=b; charset=nosuch", PART % (b"purpose", b"", b"\xff")),
    "part of odd name": (PARTS, PART % (b"\xff\x00", b'; filename="\xff\x00/../a"', b"\x00")),
    "many parts": (PARTS, b"".join(PART[:-6] % (b"purpose", b"", b"x") + b"\r\n" for _ in range(1100)) + b"--b--\r\n"),
}
HEADERS: dict[str, dict[str, str]] = {
    "gzip": {"Content-Encoding": "gzip"},
    "odd encoding": {"Content-Encoding": "nosuch"},
    "origin": {"Origin": "http://["},
    "host": {"Host": "["},
    "key": {"Authorization": "Bearer é"},
    "accept": {"Accept": "image/png"},
    "range": {"Range": "bytes=9-3"},
}


@functools.cache
def operations(trainer: Trainer) -> list[tuple[str, str]]:
    """All that the server has, as it says itself."""
    described = httpx.get(trainer.url.removesuffix("/v1") + "/openapi.json").json()["paths"]
    return [(method.upper(), path) for path, methods in described.items() for method in methods]


def require_refused(answer: httpx.Response, what: Any) -> None:
    assert 400 <= answer.status_code < 500, (what, answer.status_code, answer.text)
    assert set(answer.json()["error"]) == {"message", "type", "param", "code"}, what
    assert answer.json()["error"]["message"], what
    assert re.fullmatch("req_[0-9a-f]{32}", answer.headers["x-request-id"]), what


@pytest.fixture
def upload(trainer: Trainer) -> str:
    """An upload that waits for its parts."""
    made = trainer.client.uploads.create(filename="a.jsonl", purpose="fine-tune", bytes=10, mime_type="text/jsonl")
    return made.id


@pytest.fixture(scope="module")
def client(trainer: Trainer) -> Iterator[httpx.Client]:
    root = trainer.url.removesuffix("/v1")
    with httpx.Client(base_url=root, headers={"Authorization": f"Bearer {KEY}"}, timeout=60) as client:
        yield client


@pytest.fixture
def places(trainer: Trainer, finished: Any, upload: str) -> list[tuple[str, str]]:
    """Each operation on something that is there."""
    there = {
        "file_id": finished.training_file,
        "job_id": finished.id,
        "model_id": finished.fine_tuned_model,
        "checkpoint": finished.fine_tuned_model,
        "upload_id": upload,
    }
    return [
        (method, re.sub(r"\{(\w+)\}", lambda name: quote(there.get(name[1], "nothing")), path))
        for method, path in operations(trainer)
    ]


@pytest.mark.parametrize("body", BODIES)
def test_no_body_is_the_servers_mistake(body: str, client: httpx.Client, places: list[tuple[str, str]]) -> None:
    kind, content = BODIES[body]
    headers = {} if kind is None else {"Content-Type": kind.encode()}
    for method, path in places:
        if method != "POST" or path.endswith(("/cancel", "/pause", "/resume")):
            continue
        answer = client.post(path, content=content, headers=headers)  # type: ignore[arg-type]
        require_refused(answer, (body, path))


def test_what_is_not_said_to_be_json_is_told_the_header_to_send(client: httpx.Client) -> None:
    for path in ("/v1/chat/completions", "/v1/completions", "/v1/fine_tuning/jobs", "/v1/uploads"):
        answer = client.post(path, content=SMALL, headers={"Content-Type": FORM})
        assert (answer.status_code, answer.json()["error"]["code"]) == (415, "unsupported_content_type")
        assert "Content-Type: application/json" in answer.json()["error"]["message"]
    for kind in ("application/json; charset=utf-8", "APPLICATION/JSON"):
        answer = client.post("/v1/completions", content=SMALL, headers={"Content-Type": kind})
        assert "'prompt'" in answer.json()["error"]["message"]


@pytest.mark.parametrize("header", HEADERS)
def test_no_header_is_the_servers_mistake(header: str, client: httpx.Client, places: list[tuple[str, str]]) -> None:
    headers = [(name.encode(), value.encode()) for name, value in {"Content-Type": JSON, **HEADERS[header]}.items()]
    for method, path in places:
        if path.endswith(("/cancel", "/pause", "/resume")) or method == "DELETE":
            continue
        content = gzip.compress(SMALL) if method == "POST" else None
        answer = client.request(method, path, content=content, headers=headers)
        assert answer.status_code < 500, (path, answer.text)
        if method == "POST":
            require_refused(answer, (header, path))


def test_no_path_is_the_servers_mistake(trainer: Trainer, client: httpx.Client) -> None:
    odd = [
        "%00",
        "%ff",
        "%ed%a0%80",
        "..%2f..%2ftrainer.db",
        "%2e%2e",
        "a" * 5000,
        "%F0%9F%98%80",
        "'",
        "%25",
        "ft:::",
        "*",
    ]
    for (method, path), name in itertools.product(operations(trainer), odd):
        if "{" in path:
            answer = client.request(method, re.sub(r"\{\w+\}", name, path))
            require_refused(answer, (method, path, name))


def test_no_question_in_the_address_is_the_servers_mistake(client: httpx.Client, places: list[tuple[str, str]]) -> None:
    odd = [
        *("limit=0", "limit=-1", "limit=x", "limit=1e3", "limit=" + "9" * 5000, "limit=%00", "limit=%ff", "limit="),
        *("after=%00", "after=%ff", "after=" + "a" * 5000, "order=sideways", "purpose=%ff", "merged=maybe"),
        *("metadata[%ff]=%ff", "metadata[a", "metadata[]=", "metadata=null"),
        "&".join(f"metadata[{n}]=1" for n in range(2000)),
    ]  # fmt: skip
    for (method, path), query in itertools.product(places, odd):
        if method == "GET":
            answer = client.get(f"{path}?{query}")
            assert answer.status_code < 500, (path, query, answer.text)
            assert answer.status_code == 200 or set(answer.json()) == {"error"}, (path, query)


def test_a_method_that_is_not_here_is_answered_with_those_that_are(
    client: httpx.Client, places: list[tuple[str, str]]
) -> None:
    paths = {path: {method for method, other in places if other == path} for _, path in places}
    for path, method in itertools.product(
        paths, ("GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "PROPFIND")
    ):
        if method in paths[path]:
            continue
        answer = client.request(method, path)
        require_refused(answer, (method, path))
        assert answer.status_code == 405, (method, path)
        assert set(answer.headers["allow"].split(", ")) == paths[path], (method, path)
    assert client.head("/v1/models").status_code == 405


def test_a_body_too_large_is_refused_whether_its_length_was_said_or_not(client: httpx.Client) -> None:
    large = b'{"model": "' + b"m" * (16 << 20) + b'"}'

    def pieces() -> Iterator[bytes]:
        for at in range(0, len(large), 1 << 20):
            yield large[at : at + (1 << 20)]

    for content in (large, pieces()):
        answer = client.post("/v1/completions", content=content, headers={"Content-Type": JSON})
        require_refused(answer, "large")
        assert answer.status_code == 413


@pytest.mark.parametrize(
    "sent",
    [
        b"POST /v1/completions HTTP/1.1\r\nHost: localhost\r\nContent-Length: x\r\n\r\n",
        b"POST /v1/completions HTTP/1.1\r\nHost: localhost\r\nContent-Length: -5\r\n\r\n",
        b"POST /v1/completions HTTP/1.1\r\nHost: localhost\r\nContent-Length: \xb2\r\n\r\n",
        b"POST /v1/completions HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
        b"GET /v1/models HTTP/1.1\r\n\r\n",
        b"GET /v1/models HTTP/1.0\r\n\r\n",
        b"GET /\xff HTTP/1.1\r\nHost: localhost\r\n\r\n",
        b"GET /v1/models HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
        b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n",
        b"nonsense\r\n\r\n",
        b"\x16\x03\x01\x02\x00",
    ],
)
def test_what_is_hardly_http_is_the_clients_mistake(sent: bytes, trainer: Trainer) -> None:
    address = urlsplit(trainer.url)
    with socket.create_connection((address.hostname, address.port), timeout=30) as connection:
        connection.sendall(sent)
        connection.shutdown(socket.SHUT_WR)
        answer = connection.makefile("rb").read()
    assert re.match(rb"HTTP/1\.1 4\d\d ", answer), answer
    assert httpx.get(trainer.url.removesuffix("/v1") + "/healthz").status_code == 200


def test_each_answer_has_an_id_of_its_own(trainer: Trainer, client: httpx.Client) -> None:
    def ids(*answers: httpx.Response) -> set[str]:
        found = {answer.headers["x-request-id"] for answer in answers}
        assert all(re.fullmatch("req_[0-9a-f]{32}", one) for one in found)
        assert len(found) == len(answers)
        return found

    body = {"model": "tiny-random", "messages": [{"role": "user", "content": "Hi"}], "max_tokens": 2}
    ids(
        client.get("/v1/models"),
        client.get("/healthz"),
        client.get("/docs"),
        client.get("/v1/nowhere"),
        client.get("/v1/models/", follow_redirects=False),
        client.delete("/v1/files"),
        client.get("/v1/models", headers={"Authorization": ""}),
        client.get("/v1/models", headers={"Host": "evil.example"}),
        client.post("/v1/chat/completions", json=body),
        client.post("/v1/chat/completions", json=body | {"stream": True}),
    )
    assert trainer.client.models.list()._request_id
    assert trainer.client.chat.completions.with_raw_response.create(**body).request_id  # type: ignore[call-overload]
