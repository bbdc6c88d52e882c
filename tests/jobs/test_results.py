"""Results files are given to people as the CSV that they are."""

import base64

import pytest

from bot.jobs.results import readable

CSV = b"step,train_loss,train_accuracy,valid_loss,valid_mean_token_accuracy\n1,0.5,0.8,,\n"


@pytest.mark.parametrize(
    "content",
    [CSV, base64.b64encode(CSV), base64.encodebytes(CSV), base64.b64encode(b"\xef\xbb\xbf" + CSV)],
    ids=["plain", "base64", "base64 in lines", "with a byte order mark"],
)
def test_the_csv_comes_out_whichever_way_it_was_sent(content: bytes) -> None:
    assert readable(content).removeprefix(b"\xef\xbb\xbf") == CSV


@pytest.mark.parametrize("content", [b"", b"\xff\xfe\x00", b"abcd", b"step\n", b"no base64 = at all"])
def test_anything_else_stays_as_it_is(content: bytes) -> None:
    assert readable(content) == content
