"""Files as Slack tells of them, and a download that breaks off."""

from collections.abc import AsyncIterator
from typing import Any, cast

import pytest

from bot.backoff import Backoff
from handlers.datasets.dropped_files import may_be_training_data, unbroken
from handlers.web.download import Download, Interrupted

CONTENT = bytes(range(256)) * 4


class BreakingOff:
    """Slack's file host, which hands a file out as it is told, each time up to where it breaks off."""

    def __init__(self, *tries: list[bytes]) -> None:
        self._tries = list(tries)

    async def chunks(self, _: dict[str, Any]) -> AsyncIterator[bytes]:
        for chunk in self._tries.pop(0):
            yield chunk
        if self._tries:
            raise Interrupted("The connection to Slack broke.")


HURRIED = Backoff(0.001, tries=2)


async def test_a_download_that_breaks_off_goes_on_where_it_was() -> None:
    tries = [CONTENT[:100], CONTENT[100:300]], [CONTENT[:250], CONTENT[250:700]], [CONTENT]
    download = cast(Download, BreakingOff(*tries))
    assert b"".join([chunk async for chunk in unbroken(download, {"id": "F1"}, HURRIED)]) == CONTENT


async def test_one_that_breaks_off_each_time_is_given_up() -> None:
    download = cast(Download, BreakingOff([b"1"], [b"12"], [b"123"], [b"1234"]))
    chunks = unbroken(download, {"id": "F1"}, HURRIED)
    assert [await anext(chunks) for _ in range(3)] == [b"1", b"2", b"3"]
    with pytest.raises(Interrupted):
        await anext(chunks)


@pytest.mark.parametrize(
    ("file", "may"),
    [
        ({"name": "a.jsonl"}, True),
        ({"name": "A.XLSX"}, True),
        ({"name": "a.jsonl.gz"}, True),
        ({"name": "cat.png"}, False),
        ({"name": "jsonl"}, False),
        ({"title": "cat.png"}, True),
        ({}, True),
    ],
)
def test_what_may_be_training_data(file: dict[str, Any], may: bool) -> None:
    assert may_be_training_data(file) is may
