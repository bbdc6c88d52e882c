"""A document in the window becomes topics beside those that were typed; what is none is refused where it stands."""

import json
from collections.abc import AsyncIterator
from typing import Any, cast

import pytest

from bot.errors import Invalid
from handlers.generation.documents import Documents
from handlers.web.download import Download
from tests.generation.conftest import a_request

LONG = "A parcel may be returned within thirty days, unopened, with the receipt and in its box."


class Dropped:
    def __init__(self, content: bytes) -> None:
        self._content = content

    async def details(self, file: dict[str, Any]) -> dict[str, Any]:
        return file

    async def chunks(self, _details: dict[str, Any]) -> AsyncIterator[bytes]:
        yield self._content


def documents(content: bytes) -> Documents:
    return Documents(cast(Download, Dropped(content)))


async def test_its_passages_are_topics_beside_those_that_were_typed() -> None:
    text = f"# Returns\n{LONG}\n# Prices\n{LONG}"
    wanted = await documents(text.encode()).with_passages(a_request(10, "refunds"), {"id": "F1", "name": "rules.md"})
    assert [one.name for one in wanted.topics] == ["refunds", "Returns", "Prices"]
    assert [one.passage for one in wanted.topics] == ["", LONG, LONG]
    assert (wanted.source_name, len(wanted.source)) == ("rules.md", 64)


async def test_of_an_exported_channel_words_are_read_as_they_were_typed() -> None:
    said = [
        {
            "ts": "1.0",
            "user": "U0BEN",
            "text": "Is the price &lt; 40 here: <https://acme.example/prices|prices>, or not?",
        },
        {"ts": "2.0", "user": "U0EVE", "text": "It is 39, for members &amp; friends.", "thread_ts": "1.0"},
    ]
    wanted = await documents(json.dumps(said).encode()).with_passages(a_request(), {"id": "F1", "name": "day.json"})
    passage = wanted.topics[-1].passage
    assert "price < 40" in passage
    assert "members & friends" in passage


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (b"\x89PNG\r\n\0\0", "document_is_no_text"),
        (b"# Empty", "no_passages"),
        (b"a" * 5_000_001, "document_too_large"),
    ],
)
async def test_what_nobody_can_ask_about_is_refused_at_its_field(content: bytes, kind: str) -> None:
    with pytest.raises(Invalid) as refused:
        await documents(content).with_passages(a_request(), {"id": "F1", "name": "rules.md"})
    assert (refused.value.kind, refused.value.field) == (kind, "document")
