"""Schemas and broken lines that nobody would write: always an answer, never a traceback."""

import json
import random
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from training_files import DEFAULT_MODEL, TrainingFileError
from training_files.chat import NotAnExample, parse
from training_files.dataset_checks import DatasetChecks
from training_files.findings import Findings
from training_files.repair import repair_file
from training_files.repair.repairs import REPAIRS
from training_files.validate_example import validate

STEPS = [
    "",
    "a",
    "0",
    "1",
    "01",
    "-1",
    "²",
    "١",
    "9" * 5000,
    "$defs",
    "properties",
    "items",
    "~1",
    "~2",
    "%",
    "%25",
    "%ff",
    "…",
]
NUMBERS = [0, -1, 1, 0.5, 1e308, -1e308, 10**400, -(10**400), 2**63, 2**64, 1e-320, True, None]
PATTERNS = [
    "a",
    "(a+)+$",
    "[",
    "(?<n>a)\\k<n>",
    "(?=a)",
    "\\d{1,100000}",
    "\\p{L}",
    "(" * 500,
    "a{99999}",
    "\udc00",
    "\\",
    "*",
]
KEYS = [
    *("$ref", "$defs", "$id", "$schema", "$anchor", "$dynamicRef", "type", "properties", "patternProperties", "items"),
    *("prefixItems", "anyOf", "oneOf", "allOf", "not", "if", "then", "enum", "const", "required", "pattern", "format"),
    *("minimum", "maximum", "multipleOf", "minLength", "maxItems", "additionalProperties", "default", "description"),
]


def reference(rng: random.Random) -> str:
    start = rng.choice(["#", "#/", "", "http://a/b#", "file:///etc/passwd", "#a"])
    return start + "/".join(rng.choices(STEPS, k=rng.randrange(4)))


def value(rng: random.Random, depth: int) -> Any:
    kind = rng.randrange(8)
    if depth == 0 or kind < 2:
        return rng.choice(
            [rng.choice(NUMBERS), rng.choice(PATTERNS), rng.choice(STEPS), reference(rng), "object", "string", {}, []]
        )
    if kind == 2:
        return [value(rng, depth - 1) for _ in range(rng.randrange(4))]
    return schema(rng, depth - 1)


def schema(rng: random.Random, depth: int) -> dict[str, Any]:
    made: dict[str, Any] = {}
    for key in rng.choices(KEYS, k=rng.randrange(1, 5)):
        if key == "$ref":
            made[key] = reference(rng)
        elif key == "pattern":
            made[key] = rng.choice(PATTERNS)
        elif key in ("properties", "$defs", "patternProperties"):
            names = rng.choices([*STEPS[:8], *PATTERNS], k=rng.randrange(3))
            made[key] = {name: value(rng, depth) if depth else {} for name in names}
        else:
            made[key] = value(rng, depth)
    return made


def judged(parameters: Any, arguments: str) -> Findings:
    findings = Findings()
    call = {"id": "1", "type": "function", "function": {"name": "f", "arguments": arguments}}
    tools = [{"type": "function", "function": {"name": "f", "parameters": parameters}}]
    messages = [{"role": "user", "content": "a"}, {"role": "assistant", "tool_calls": [call]}]
    with suppress(NotAnExample):
        validate(parse(json.dumps({"messages": messages, "tools": tools}).encode()), 1, findings, DatasetChecks())
    return findings


@pytest.mark.parametrize("step", ["²", "9" * 5000, "١", "-1", "01", "1"])
def test_a_reference_into_a_list_is_a_number_or_leads_nowhere(step: str) -> None:
    parameters = {"type": "object", "anyOf": [{"type": "object"}], "properties": {"a": {"$ref": f"#/anyOf/{step}"}}}
    counts = judged(parameters, '{"a": {}}').counts
    assert counts.get("invalid_tool_schema", 0) + counts.get("tool_schema_not_checked", 0) == 1


@pytest.mark.parametrize("tries", [300, pytest.param(10_000, marks=[pytest.mark.soak, pytest.mark.timeout(0)])])
def test_whatever_stands_in_a_schema_is_answered(tries: int) -> None:
    for seed in range(tries):
        rng = random.Random(f"schema {seed}")
        parameters = {"type": "object", **schema(rng, 4)} if rng.random() < 0.9 else value(rng, 3)
        arguments = rng.choice(
            ['{"a": 1}', "{}", '{"a": [[], "b", 1e400]}', '{"²": "aaaaaaaaaaaaaaaaaaaaaaaaaaaa!"}', "x"]
        )
        try:
            judged(parameters, arguments)
        except Exception as error:
            raise AssertionError(f"seed {seed}: {str(parameters)[:500]}") from error


GOOD = json.dumps({"messages": [{"role": "user", "content": 'a "b"\n'}, {"role": "assistant", "content": "c"}]})
PIECES = [
    '"',
    "\\",
    '\\"',
    ",",
    "[",
    "]",
    "{",
    "}",
    ":",
    "'",
    "\t",
    "\x01",
    "\n",
    "\r",
    "\u2028",
    "None",
    "NaN",
    "1e999",
    "\\u",
    "\\ud800",
]


def broken(rng: random.Random) -> bytes:
    """An example that was damaged in a few places, or nothing but what JSON is made of."""
    if rng.random() < 0.2:
        return "".join(rng.choices(PIECES, k=rng.randrange(60))).encode()
    text = rng.choice(
        [GOOD, str(json.loads(GOOD)), f"[{GOOD}]", GOOD[:-2] + ",]}", '{"prompt": "a", "completion": "b"}']
    )
    for _ in range(rng.randrange(1, 4)):
        at = rng.randrange(len(text) + 1)
        text = text[:at] + rng.choice(PIECES) + text[at + rng.randrange(3) :]
    line = text.encode()
    if rng.random() < 0.1:
        at = rng.randrange(len(line) + 1)
        line = line[:at] + rng.randbytes(2) + line[at:]
    return line


@pytest.mark.parametrize("tries", [40, pytest.param(2_500, marks=[pytest.mark.soak, pytest.mark.timeout(0)])])
def test_whatever_lines_are_repaired_is_answered(tmp_path: Path, tries: int) -> None:
    """Four damaged lines a try."""
    path, out = tmp_path / "in.jsonl", tmp_path / "out.jsonl"
    for seed in range(tries):
        rng = random.Random(f"lines {seed}")
        path.write_bytes(b"\n".join([GOOD.encode(), *(broken(rng) for _ in range(4))]))
        try:
            repair_file(path, out, chosen=[repair.id for repair in REPAIRS], model=DEFAULT_MODEL)
        except TrainingFileError:
            continue
        except Exception as error:
            raise AssertionError(f"seed {seed}: {path.read_bytes()!r}") from error
        for line in out.read_bytes().split(b"\n")[:-1]:
            json.loads(line)
