"""Whatever is written to the bot's log, by the bot or by a library: a JSON object a line, and no secret."""

import json
import logging
from functools import partial

import pytest
import structlog

from app.logs import set_up_logging
from tests.logs import written_log
from training_files.redact import MARK

TOKEN = "xoxb-1234567890-1234567890-AbCdEfGhIjKlMnOpQrStUvWx"
bots_log = partial(written_log, partial(set_up_logging, "info"))


def test_what_a_library_says_is_a_json_object_without_secrets() -> None:
    with bots_log() as log:
        logging.getLogger("asyncio").error("Unclosed session\ntoken: %s", TOKEN)
    line = json.loads(log.getvalue())
    assert line.pop("timestamp").endswith("Z")
    assert line == {"event": f"Unclosed session\ntoken: {MARK}", "level": "error", "logger": "asyncio"}


def test_a_librarys_traceback_stands_in_its_line_without_secrets() -> None:
    with bots_log() as log:
        try:
            raise ValueError(TOKEN)
        except ValueError:
            logging.getLogger("aiohttp.server").exception("Error handling request")
    line = json.loads(log.getvalue())
    assert line["event"] == "Error handling request"
    assert line["exception"].startswith("Traceback")
    assert line["exception"].endswith(f"ValueError: {MARK}")


def test_libraries_say_what_goes_wrong_and_the_bot_what_its_level_allows() -> None:
    with bots_log() as log:
        logging.getLogger("aiohttp").info("a request")
        logging.getLogger("apscheduler.scheduler").warning("a long tick")
        logging.getLogger("slack_bolt.AsyncApp").warning({"a": "payload"})
        structlog.get_logger().debug("looked")
        structlog.get_logger().info("done", why=TOKEN)
        logging.getLogger("aiohttp").warning("slow")
    lines = [json.loads(line) for line in log.getvalue().splitlines()]
    assert [line["event"] for line in lines] == ["done", "slow"]
    assert lines[0]["why"] == MARK


def test_of_many_workspaces_each_line_says_which_it_is_about() -> None:
    with bots_log() as log, structlog.contextvars.bound_contextvars(workspace="T0ACME"):
        structlog.get_logger().warning("provider failed")
        logging.getLogger("asyncio").error("Unclosed session")
    assert [json.loads(line)["workspace"] for line in log.getvalue().splitlines()] == ["T0ACME", "T0ACME"]


def test_to_set_it_up_again_writes_no_line_twice() -> None:
    with bots_log() as log:
        set_up_logging("info")
        logging.getLogger("asyncio").error("once")
    assert len(log.getvalue().splitlines()) == 1


@pytest.mark.parametrize("logger", ["asyncio", "slack_bolt.AsyncApp"])
def test_on_a_terminal_there_are_readable_lines_without_secrets(logger: str) -> None:
    with bots_log(terminal=True) as log:
        logging.getLogger(logger).error("no %s", TOKEN)
        structlog.get_logger().error("nor %s", why=TOKEN)
    assert "no [secret removed]" in log.getvalue()
    assert TOKEN not in log.getvalue()
