"""What a hostile workbook or Parquet file can do: nothing, within bounded memory and time."""

import os
import subprocess
import sys
import time

import psutil
import pytest

from tests.refusal import refused
from training_files.errors import TrainingFileError
from training_files.tables import describe, subprocess_reader

STOPPED = r"is damaged, or needs more than 400 MB of memory when unpacked, so reading it was stopped\. Save"
MEGABYTE = 1 << 20
linux = pytest.mark.skipif(sys.platform != "linux", reason="only Linux holds a process to its address space")


@pytest.fixture(autouse=True)
def little_memory(monkeypatch):
    monkeypatch.setattr(subprocess_reader, "MEMORY", 400 * MEGABYTE)


@linux
def test_a_sheet_that_claims_all_its_cells_is_given_up(workbook):
    corners = ['<row r="1"><c r="A1"><v>1</v></c></row>', '<row r="1048576"><c r="XFD1048576"><v>2</v></c></row>']
    with refused(STOPPED):
        describe(workbook({"S": corners}))


@linux
def test_a_zip_bomb_is_given_up(workbook):
    cell = '<c t="inlineStr"><is><t>' + "A" * MEGABYTE + "</t></is></c>"
    path = workbook({"S": ("<row>" + cell * 4 + "</row>" for _ in range(120))})
    assert path.stat().st_size < 8 * MEGABYTE
    with refused(STOPPED):
        describe(path)


@linux
def test_a_parquet_bomb_is_given_up(parquet):
    path = parquet([{"question": "x" * 2 * MEGABYTE, "answer": "y"}] * 12)
    grown = _repeat_rows(path, 40)
    assert grown.stat().st_size < 2 * MEGABYTE
    with refused(r"needs more than 400 MB|is damaged"):
        describe(grown)


def _repeat_rows(path, times):
    """The same rows many times in one dictionary-encoded file: each costs a few bytes in it."""
    import arro3.core
    import arro3.io

    batches = list(arro3.io.read_parquet(path))
    grown = path.with_name("grown.parquet")
    table = arro3.core.Table.from_batches(batches * times)
    arro3.io.write_parquet(table, grown, compression="zstd(1)")
    return grown


def test_a_billion_laughs_are_not_laughed(workbook):
    entities = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 10))
    doctype = f'<!DOCTYPE l [<!ENTITY l0 "ha">{entities}]>'
    rows = ['<row r="1"><c r="A1" t="inlineStr"><is><t>&l9;</t></is></c></row>']
    with refused(r"book\.xlsx"):
        describe(workbook({"S": rows}, doctype=doctype))


def test_an_entity_that_names_a_file_brings_nothing_in(workbook, tmp_path):
    secret = tmp_path / "secret.txt"
    secret.write_text("the secret")
    doctype = f'<!DOCTYPE x [<!ENTITY x SYSTEM "{secret.as_uri()}">]>'
    rows = [
        '<row r="1"><c r="A1" t="inlineStr"><is><t>&x;</t></is></c></row>',
        '<row r="2"><c r="A2" t="inlineStr"><is><t>some text</t></is></c></row>',
    ]
    try:
        answer = str(describe(workbook({"S": rows}, doctype=doctype)))
    except TrainingFileError as error:
        answer = str(error)
    assert "the secret" not in answer


def test_the_child_knows_none_of_our_secrets(workbook, monkeypatch):
    monkeypatch.setenv("SLACK_BOT_TOKEN", "xoxb-secret")
    path = workbook({"S": [["question", "answer"], *[["What is it?", "word " * 200]] * 2000]})
    with subprocess_reader.read(path, "xlsx") as child:
        environment = psutil.Process(child.pid).environ()  # it waits for us to read its rows
    assert "SLACK_BOT_TOKEN" not in environment
    assert "PATH" in environment


def test_the_child_is_gone_when_nobody_reads_on(workbook):
    path = workbook({"S": [["question", "answer"], *[["What is it?", "word " * 200]] * 2000]})
    with subprocess_reader.read(path, "xlsx") as child:
        process = psutil.Process(child.pid)
    assert not process.is_running() or process.status() == psutil.STATUS_ZOMBIE


def test_where_the_system_holds_no_limit_the_parent_ends_a_child_that_takes_too_much(monkeypatch):
    monkeypatch.setattr(subprocess_reader, "MEMORY", 100 * MEGABYTE)
    greedy = [sys.executable, "-c", "held = bytearray(b'x') * (300 << 20); input()"]
    with subprocess.Popen(greedy, stdin=subprocess.PIPE) as process:
        watch = subprocess_reader.Watch(process)
        watch.start()
        process.wait(timeout=30)
        watch.join()
    assert watch.ended == "memory"


def test_a_child_that_gives_no_row_for_too_long_is_ended(monkeypatch):
    monkeypatch.setattr(subprocess_reader, "SECONDS", 0)
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as process:
        watch = subprocess_reader.Watch(process)
        watch.waiting_since = time.monotonic()
        watch.start()
        process.wait(timeout=30)
        watch.join()
    assert watch.ended == "time"


@pytest.mark.skipif(os.name != "posix", reason="Windows limits no processor time")
def test_a_workbook_that_takes_too_long_is_told_so(workbook, monkeypatch):
    monkeypatch.setattr(subprocess_reader, "SECONDS", 1)
    monkeypatch.setattr(subprocess_reader, "MEMORY", 2000 * MEGABYTE)
    cell = '<c t="inlineStr"><is><t>' + "a&amp;" * 5 + "</t></is></c>"
    path = workbook({f"S{n}": ["<row>" + cell * 1000 + "</row>"] * 400 for n in range(8)})
    with refused(r"took longer than 1 seconds to unpack, so reading it was stopped\."):
        describe(path)
