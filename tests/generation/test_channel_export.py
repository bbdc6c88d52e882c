"""A channel that was exported becomes topics, without the names of those who speak."""

import json
from typing import Any

import pytest

from bot.generation.channel_export import read_export, threads_of
from bot.generation.support import pairs_in

ANA = {"real_name": "Ana Torres", "display_name": "ana"}


def message(ts: str, user: str, text: str, **more: Any) -> dict[str, Any]:
    return {"type": "message", "ts": ts, "user": user, "text": text, **more}


SAID = [
    message("2.0", "U0ANA", "Ana Torres here: open a ticket, and say which parcel.", thread_ts="1.0", user_profile=ANA),
    message("1.0", "U0BEN", "My parcel did not arrive. What shall I do about it?", thread_ts="1.0"),
    message("3.0", "U0EVE", "Good morning everybody, and have a nice day in the office."),
    {"type": "message", "ts": "4.0", "subtype": "channel_join", "user": "U0EVE", "text": "joined"},
]


@pytest.mark.parametrize("shape", [SAID, {"messages": SAID, "ok": True}])
def test_a_thread_is_a_topic_and_names_nobody(shape: Any) -> None:
    export = read_export(json.dumps(shape).encode())
    assert export is not None
    [topic] = threads_of(export)
    assert topic.name == "My parcel did not arrive. What shall I do about it?"
    assert topic.people == ("U0BEN", "U0ANA")
    assert topic.passage.endswith("[NAME_1] here: open a ticket, and say which parcel.")


def test_reactions_are_read_so_that_accepted_answers_are_found() -> None:
    accepted = [{"name": "white_check_mark", "users": ["U0BEN"], "count": 1}]
    export = read_export(json.dumps([SAID[1], SAID[0] | {"reactions": accepted}]).encode())
    assert export is not None
    assert len(pairs_in(export.messages)) == 1


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"[]",
        b'{"a": 1}',
        b'[{"prompt": "x"}]',
        b'[{"ts": "1 May", "user": "U1", "text": "x"}]',
        b"# Rules",
        b"[" * 10_000,
    ],
)
def test_what_is_no_export_is_not_taken_for_one(content: bytes) -> None:
    assert read_export(content) is None
