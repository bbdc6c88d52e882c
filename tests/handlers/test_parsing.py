"""What Slack sent: known again when it comes again, and read into who, where and what."""

from typing import Any, cast

import pytest

from handlers.parsing import key_of, request_of
from handlers.web.poster import Poster
from tests.slack_requests import a_press, an_event


def test_each_edit_of_a_message_is_another_event_and_none_is_the_message() -> None:
    keys = {key_of(an_event())} | {
        key_of(an_event(subtype=subtype, event_ts=at))
        for subtype in ("message_changed", "message_deleted")
        for at in ("6.0", "7.0")
    }
    assert len(keys) == 5


def test_a_message_is_the_same_under_another_event_id() -> None:
    assert key_of(an_event()) == key_of({**an_event(), "event_id": "Ev2"})
    assert key_of(an_event()) != key_of(an_event(ts="5.000200"))
    assert key_of(an_event()) != key_of(an_event("app_mention")), "each is for another listener"


def test_events_without_a_message_go_by_their_event_id() -> None:
    deleted = {"type": "event_callback", "event_id": "Ev9", "event": {"type": "file_deleted", "file_id": "F1"}}
    assert key_of(deleted) == "event/Ev9"


def test_each_press_and_each_command_is_one_of_its_own() -> None:
    message = {"ts": "5.0"}
    again = a_press(message, actions=[{"action_id": "job_cancel", "action_ts": "7.0"}])
    assert key_of(a_press(message)) == key_of(a_press(message))
    assert key_of(a_press(message)) != key_of(again)
    assert key_of({"command": "/finetune", "trigger_id": "1.1"}) != key_of(
        {"command": "/finetune", "trigger_id": "1.2"}
    )
    shortcut = {"type": "message_action", "user": {"id": "U1"}, "callback_id": "add", "trigger_id": "1.1"}
    assert key_of(shortcut) == key_of(dict(shortcut))
    assert key_of(shortcut) != key_of({**shortcut, "trigger_id": "1.2"})


@pytest.mark.parametrize("body", [{"type": "view_closed", "view": {"id": "V1"}}, {"type": "shortcut"}, {}])
def test_what_nobody_waits_for_has_no_key(body: dict[str, Any]) -> None:
    assert key_of(body) is None


def _request(body: dict[str, Any], **fields: Any) -> Any:
    return request_of(cast(Poster, None), "key", body, is_retry=False, **fields)


def test_what_was_pressed_later_is_later_whichever_is_worked_on_first() -> None:
    later = a_press({"ts": "5.0"}, actions=[{"action_id": "arena_tie", "action_ts": "6.010000"}])
    assert _request(later).received_at > _request(a_press({"ts": "5.0"})).received_at
    assert _request(later, received_at=9.0).received_at == 6.01, "after a crash, too"


def test_a_message_begins_its_own_thread() -> None:
    assert _request(an_event()).thread_ts == "5.000100"
    assert _request(an_event(thread_ts="4.0")).thread_ts == "4.0"
    assert _request(an_event()).text == "hi"
    assert _request(an_event()).received_at == 5.0001


def test_a_button_on_a_message_with_replies_was_pressed_in_the_channel() -> None:
    assert _request(a_press({"ts": "5.0", "thread_ts": "5.0"})).thread_ts is None
    assert _request(a_press({"ts": "5.0"})).thread_ts is None
    assert _request(a_press({"ts": "5.0", "thread_ts": "4.0"})).thread_ts == "4.0"
    whispered = a_press({}, container={"type": "message", "message_ts": "5.0", "thread_ts": "4.0"})
    assert _request(whispered).thread_ts == "4.0"


def test_a_window_belongs_to_the_channel_it_was_opened_in() -> None:
    body = {
        "type": "view_submission",
        "user": {"id": "U1"},
        "view": {"id": "V1", "private_metadata": '{"channel":"C7"}'},
    }
    assert _request(body).channel == "C7"
    assert _request({**body, "view": {"private_metadata": "not JSON"}}).channel == "U1"


def test_after_a_crash_the_time_is_that_of_the_first_arrival() -> None:
    body = {"command": "/finetune", "channel_id": "C1", "user_id": "U1", "text": "jobs", "response_url": "https://x"}
    assert _request(body, received_at=123.0).received_at == 123.0
