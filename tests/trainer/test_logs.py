"""What the trainer and its libraries write to the log: lines with the time, and no secret."""

from __future__ import annotations

import logging
import re
import socket
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from tests.logs import written_log
from tests.trainer_process import KEY, Trainer
from trainer.logs import set_up_logging
from training_files.redact import MARK


def test_a_key_in_a_traceback_is_taken_out() -> None:
    with written_log(set_up_logging) as log:
        try:
            raise ValueError(f"refused: {KEY}-1234567890abcdef")
        except ValueError:
            logging.getLogger("trainer.tracking.tracker").exception("not told, hf_abcdefghijKLMNOP")
    assert f"not told, {MARK}\nTraceback" in log.getvalue()
    assert log.getvalue().endswith(f"ValueError: refused: {MARK}\n")


def test_what_the_server_says_stands_in_the_trainers_own_lines(
    tmp_path: Path, table: Path, cache: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    trainer = Trainer(tmp_path / "data", table, cache)
    try:
        at = urlsplit(trainer.url)
        with socket.create_connection((at.hostname, at.port)) as connection:
            connection.sendall(b"no request\r\n\r\n")
            assert b" 400 " in connection.recv(100)
    finally:
        trainer.stop()
    said = next(line for line in capfd.readouterr().err.splitlines() if "Invalid HTTP request" in line)
    assert re.match(r"\d{4}-\d\d-\d\d [\d:,]+ WARNING uvicorn\.error: ", said)
