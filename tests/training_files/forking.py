"""What the tests of forked processes do, in a process of its own: one that has no other threads.

`python forking.py NAME FOLDER` calls the function of that name.
"""

import json
import os
import signal
import sys
import threading
from contextlib import contextmanager
from pathlib import Path
from unittest.mock import patch

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st

from training_files import check, check_file, dataset_checks, findings, forked, lookup
from training_files import lines as reading
from training_files.dataset_checks import (
    answer_classes,
    completions,
    filler_openings,
    reinforcement_checks,
    system_prompts,
)

USER = {"role": "user", "content": "Is it open?"}
ANSWER = {"role": "assistant", "content": "Yes."}
SYSTEM = {"role": "system", "content": "You sell fine bicycles here."}
TOOL = {"type": "function", "function": {"name": "clock", "parameters": {"type": "object"}}}
CALL = {"id": "c1", "type": "function", "function": {"name": "clock", "arguments": "{}"}}


def _chat(*messages: object, **more: object) -> dict[str, object]:
    return {"messages": list(messages), **more}


def _said(text: str) -> dict[str, str]:
    return {"role": "assistant", "content": text}


LINES = [
    *(_chat(USER, ANSWER) for _ in range(3)),
    *(_chat(USER, _said(text)) for text in ("Yes.", "No.", "Perhaps.", "Sure! At nine.", "Of course, at ten.")),
    *(
        _chat(USER, _said(text))
        for text in ("What a day! At nine.", "What a day! At ten.", "word " * 40, "好的，九点。")
    ),
    *(_chat(SYSTEM | {"content": text}, USER, ANSWER) for text in ("You sell.", "You sell!", "You buy.", "Speak.")),
    _chat(SYSTEM, USER, ANSWER),
    _chat(USER, {"role": "assistant", "content": " "}),
    _chat(USER),
    _chat({"role": "human", "content": "Hi"}, ANSWER),
    _chat({"content": "Hi"}, ANSWER | {"mood": "glad"}),
    _chat(USER, ANSWER, colour="red"),
    _chat(USER, ANSWER, size=1, weight=2, price=3),
    _chat(USER | {"name": "Ada"}, ANSWER),
    _chat(
        USER,
        {"role": "assistant", "tool_calls": [CALL]},
        {"role": "tool", "tool_call_id": "c1", "content": "9"},
        ANSWER,
    ),
    _chat(USER, {"role": "assistant", "tool_calls": [CALL]}, tools=[TOOL]),
    _chat(
        {"role": "user", "content": [{"type": "image_url", "image_url": {"url": "https://a.example/b.png"}}]}, ANSWER
    ),
    *(_chat(USER, reference=n, **{f"field{n}": n}) for n in range(3)),
    *({"prompt": f"{n} ->", "completion": f" {'yes' if n % 2 else 'no'} END"} for n in range(5)),
    {"prompt": "no separator", "completion": "maybe"},
    {"prompt": "a -> b ->", "completion": " yes END"},
    {"prompt": "a"},
    {"input": {"messages": [USER]}, "preferred_output": [ANSWER], "non_preferred_output": [_said("No.")]},
    {"input": {"messages": [USER], "mood": 1}, "preferred_output": [ANSWER], "non_preferred_output": [ANSWER]},
    {"instruction": "Say it.", "output": "It."},
    [1],
    5,
]
RAW = [b"", b"  \r", b"{", b"\xff\xfe", b'{"messages": NaN}', b'{"messages":[],"x":"\xc3"}', b"[" * 600, b"," * 300]
_LINE = st.sampled_from([json.dumps(line, ensure_ascii=False).encode() for line in LINES] + RAW)
FEW_KINDS = st.lists(_LINE, min_size=1, max_size=4).flatmap(
    lambda kinds: st.lists(st.sampled_from(kinds), min_size=25, max_size=70)
)
FILES = st.lists(_LINE, max_size=10) | st.lists(_LINE, min_size=40, max_size=90) | FEW_KINDS
MANY = 1 << 30


@contextmanager
def _limits(*, few: bool):
    """Bounds that small files reach: those that a file has, and, where `few`, those on findings."""
    # With framing of its own the model's lengths are not those by which the others are priced.
    known = lookup("gpt-4o-mini")
    assert known is not None
    facts = msgspec.structs.replace(known, example_tokens=30, message_tokens=9 if few else 4)
    with (
        patch.object(check, "lookup", lambda model: facts),
        patch.object(check, "SHARED", 0),
        patch.object(filler_openings, "ALL", 10),
        patch.object(filler_openings, "STRIDE", 3),
        patch.object(dataset_checks, "MOST_KEYS", 2),
        patch.object(answer_classes, "MOST", 4),
        patch.object(system_prompts, "MOST", 3),
        patch.object(completions, "LEARNED_FROM", 8),
        patch.object(reinforcement_checks, "KEPT", 3),
        patch.object(findings, "KEPT", 4 if few else MANY),
        patch.object(check, "errors_worth", lambda size: 2 + size // 200 if few else MANY),
        patch.object(reading, "MOST_VALUES", 250),
    ):
        yield


def _report(path: Path, *, processes: int, block: int = MANY, stretch: int = 1) -> bytes:
    with patch.object(check, "BLOCK", block), patch.object(check, "STRETCH", stretch):
        return msgspec.json.encode(check_file(path, validation=path.with_name("held.jsonl"), processes=processes))


def same_report(folder: Path) -> None:
    """One process or several, one part or many: the report is the same, byte for byte."""
    path, held = folder / "file.jsonl", folder / "held.jsonl"
    taken = []

    @settings(max_examples=int(os.environ.get("FORKED_FILES", "80")), deadline=None, database=None)
    @given(
        FILES, FILES, st.booleans(), st.booleans(), st.booleans(), st.integers(3, 500), st.integers(1, 900), st.data()
    )
    def compare(lines, validation, mark, ended, few, block, stretch, data):
        path.write_bytes(b"\xef\xbb\xbf" * mark + b"\n".join(lines) + b"\n" * ended)
        held.write_bytes(b"\n".join(validation[:5]))
        with _limits(few=few):
            alone = _report(path, processes=1, block=block)
            while not forked.can_fork():  # the other's threads are ending
                os.sched_yield()
            together = _report(path, processes=data.draw(st.integers(2, 4)), block=block, stretch=stretch)
            assert together == alone
            if not few:  # giving up and what is kept of very many go by the block
                assert _report(path, processes=1) == alone
        taken.append(len(lines))

    with patch.object(check, "forked_map", _counting(shared := [])):
        compare()
    assert len(shared) > len(taken) / 2  # the others are no JSONL
    print(len(shared))


def _counting(calls: list[int]):
    def counted(*arguments, **keywords):
        calls.append(keywords["processes"])
        return forked.forked_map(*arguments, **keywords)

    return counted


def lost_process(folder: Path) -> None:
    """What a process that is killed, or fails, had to do is done all the same; and in order."""
    me = os.getpid()

    def work(number: int) -> int:
        if os.getpid() != me and number in (7, 30, 41):
            os.kill(os.getpid(), signal.SIGKILL)
        if os.getpid() != me and number == 50:
            raise MemoryError
        return number * number

    results = forked.forked_map(work, range(100), request=lambda task: task, warm_up=lambda: None, processes=3)
    assert list(results) == [number * number for number in range(100)]


def hung_process(folder: Path) -> None:
    me = os.getpid()

    def work(number: int) -> int:
        if os.getpid() != me and number in (5, 6, 7, 8):
            os.kill(os.getpid(), signal.SIGSTOP)
        return number * number

    with patch.object(forked, "SILENCE", 1.0):
        results = forked.forked_map(work, range(20), request=lambda task: task, warm_up=lambda: None, processes=2)
        assert list(results) == [number * number for number in range(20)]


def failed_start(folder: Path) -> None:
    def fail() -> None:
        raise OSError("no memory")

    results = forked.forked_map(abs, range(-9, 0), request=lambda task: task, warm_up=fail, processes=2)
    assert list(results) == [*range(9, 0, -1)]


def given_up(folder: Path) -> None:
    """Nobody is left behind when the caller stops half-way; a task that fails here, too, says why."""

    def work(number: int) -> int:
        if number == 20:
            raise ValueError("twenty")
        return os.getpid()

    started = set()
    error = ""
    results = forked.forked_map(work, range(100), request=lambda task: task, warm_up=lambda: None, processes=2)
    started.add(next(results))
    results.close()
    try:
        for process in forked.forked_map(
            work, range(100), request=lambda task: task, warm_up=lambda: None, processes=2
        ):
            started.add(process)
    except ValueError as wrong:
        error = str(wrong)
    assert error == "twenty"
    print(json.dumps(sorted(started)))


def wait_for_end(folder: Path) -> None:
    """Says which processes work, and waits to be killed."""

    def work(number: int) -> int:
        return os.getpid()

    results = forked.forked_map(work, range(100), request=lambda task: task, warm_up=lambda: None, processes=3)
    started = {next(results) for _ in range(60)}
    print(json.dumps(sorted(started)), flush=True)
    threading.Event().wait()


if __name__ == "__main__":
    globals()[sys.argv[1]](Path(sys.argv[2]))
