"""How deep JSON may be nested is the same in each Python."""

import json

import pytest

from training_files.chat import NotAnExample, parse, read_object
from training_files.json_depth import MOST_LEVELS, check_depth, decode
from training_files.repair import exact_json


def nested(levels: int, inner: str = "1") -> str:
    """Lists and objects in turn, around `inner`."""
    return (
        "".join('{"a":' if n % 2 else "[" for n in range(levels))
        + inner
        + "".join("}" if n % 2 else "]" for n in reversed(range(levels)))
    )


@pytest.mark.parametrize("read", [decode, exact_json.decode])
def test_as_many_levels_as_are_allowed_are_read_and_not_one_more(read):
    assert read(nested(MOST_LEVELS)) == json.loads(nested(MOST_LEVELS))
    for text in (nested(MOST_LEVELS + 1), nested(MOST_LEVELS + 1).encode()):
        with pytest.raises(RecursionError):
            read(text)


@pytest.mark.parametrize("levels", [MOST_LEVELS + 1, 5_000, 100_000])
def test_a_line_beyond_is_told_so_whatever_python_could_read(levels):
    line = f'{{"messages": {nested(levels)}}}'.encode()
    with pytest.raises(NotAnExample) as found:
        parse(line)
    assert (found.value.code, found.value.params) == ("invalid_json", {"problem": "nested"})
    assert read_object(line) is None


@pytest.mark.parametrize(
    "text",
    [
        json.dumps(["[" * 5_000, "{" * 5_000, '"[', "\\", "[]" * 5_000]),
        json.dumps([[], {}] * 5_000),
        json.dumps([{"q": 'a "quoted" [' * 50}] * 500, ensure_ascii=False),
    ],
    ids=["in texts", "side by side", "after quotes"],
)
def test_only_brackets_that_lie_in_one_another_count(text):
    assert decode(text) == decode(text.encode()) == json.loads(text)


def test_what_is_no_json_is_measured_all_the_same():
    check_depth('["' + "[" * 5_000)
    with pytest.raises(RecursionError):
        check_depth("x" + "[" * 5_000)
