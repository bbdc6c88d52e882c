"""Tools in an example: their declarations, and whether the calls fit them and are answered.

Arguments are held to the tool's own JSON schema (Draft 2020-12 unless it names another). A schema comes from outside:
nothing that it refers to is fetched, its patterns run in a linear-time engine, and one that would take unbounded work
is not applied, which is said. Limits: OpenAI's API description (names of 64 characters, 128 tools; read 2026-11-21).
"""

import re
from collections.abc import Iterator, Sequence
from functools import cached_property, lru_cache
from itertools import chain
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

import msgspec
from xxhash import xxh3_128_digest

from training_files.findings import Findings
from training_files.json_depth import decode
from training_files.quoting import MOST_NAMES, excerpt, kind, quoted
from training_files.report import Param

if TYPE_CHECKING:
    from jsonschema_rs import ValidationError, Validator

MOST_TOOLS = 128
LONGEST_NAME = 64

CACHED_TEXT = 1 << 17
"""Characters of declarations that are kept for the lines that repeat them. Longer ones are read anew each time."""

MOST_FLAWLESS = 1 << 16
"""Declarations without a flaw that are remembered, by a hash of 16 bytes: a file is read several times, and looking
for flaws takes more time than all else that is done with them.
"""

SCHEMA_NODES = 10_000
"""A schema whose references unfold to more objects than this is not applied."""

DEEPEST_SCHEMA = 100


class Problem(msgspec.Struct, frozen=True):
    """What `Findings.add` needs, but for the line."""

    code: str
    field: str
    params: dict[str, Param]
    quote: str = ""


class Toolbox:
    """The tools of an example. `problems` are those of the declarations themselves; their fields begin with `tools` or
    `functions`.
    """

    def __init__(self, declarations: Sequence["_Declarations"]) -> None:
        self._declarations = declarations

    @property
    def problems(self) -> Iterator[Problem]:
        return chain.from_iterable(one.problems for one in self._declarations)

    @cached_property
    def tools(self) -> dict[str, "Validator | None"]:
        """The tools by name, each with its schema ready to apply, None where it has none that can be. They are made
        when a call asks for them.
        """
        return {name: tool for one in self._declarations for name, tool in one.read[0].items()}


def declared(example: dict[str, Any], line: int, findings: Findings, prefix: str = "") -> Toolbox | None:
    """The tools that an example declares, after noting what is wrong with them; None where it declares none.

    `prefix` stands before the fields' names.
    """
    toolbox = Toolbox(
        [_Declarations(key, example[key]) for key in ("tools", "functions") if example.get(key) is not None]
    )
    for problem in toolbox.problems:
        findings.add(problem.code, line, prefix + problem.field, quote=problem.quote, **problem.params)
    return toolbox if any(example.get(key) for key in ("tools", "functions")) else None


def validate_calls(messages: list[Any], field: str, line: int, findings: Findings, toolbox: Toolbox | None) -> None:
    """Holds the calls among the messages to their form and schema, and to the tools' answers."""
    open_calls: dict[str, str] = {}  # ids of the calls that wait for an answer, with their fields
    functions: list[str] = []  # called the older way; a name that is looked up may be anything
    for place, message in enumerate(messages):
        if not isinstance(message, dict):
            continue
        where = f"{field}[{place}]"
        role = message.get("role")
        if role == "tool":
            _validate_answer(message, where, line, findings, open_calls)
            continue
        _refuse_unanswered(open_calls, line, findings)
        open_calls = {}
        if role == "function" and message.get("name") not in functions:
            quote = quoted(message.get("name"))
            findings.add("answer_without_call", line, where, problem="not_called", quote=quote)
        if role != "assistant":
            continue
        if message.get("tool_calls") is not None:
            open_calls = _validate_tool_calls(message["tool_calls"], f"{where}.tool_calls", line, findings, toolbox)
        if message.get("function_call") is not None:
            call = message["function_call"]
            name = _validate_function(call, f"{where}.function_call", line, findings, toolbox)
            if name is not None:
                functions.append(name)
    if messages and isinstance(messages[-1], dict) and messages[-1].get("role") == "tool":
        _refuse_unanswered(open_calls, line, findings)


def _validate_answer(
    message: dict[str, Any], where: str, line: int, findings: Findings, open_calls: dict[str, str]
) -> None:
    answered = message.get("tool_call_id")
    if not answered:
        findings.add("answer_without_call", line, where, problem="no_id")
    elif isinstance(answered, str) and open_calls.pop(answered, None) is None:
        shown = quoted(answered)
        findings.add("answer_without_call", line, where, problem="unknown_id", id=shown, quote=shown)


def _refuse_unanswered(open_calls: dict[str, str], line: int, findings: Findings) -> None:
    for call, where in open_calls.items():
        findings.add("call_without_answer", line, where, id=quoted(call), quote=call)


def _validate_tool_calls(
    calls: Any, field: str, line: int, findings: Findings, toolbox: Toolbox | None
) -> dict[str, str]:
    """Gives the calls' ids with their fields."""
    if not isinstance(calls, list) or not calls:
        findings.add("invalid_tool_call", line, field, problem="not_list", found=kind(calls), quote=quoted(calls))
        return {}
    ids: dict[str, str] = {}
    for place, call in enumerate(calls):
        where = f"{field}[{place}]"
        wrong = _wrong_call(call, ids)
        if wrong is not None:
            findings.add("invalid_tool_call", line, where, quote=quoted(call, 120), **wrong)
        if isinstance(call, dict):
            if isinstance(call.get("id"), str) and call["id"]:
                ids[call["id"]] = where
            if isinstance(call.get("function"), dict):
                _validate_function(call["function"], f"{where}.function", line, findings, toolbox)
    return ids


def _wrong_call(call: Any, ids: dict[str, str]) -> dict[str, Param] | None:
    if not isinstance(call, dict):
        return {"problem": "not_object", "found": kind(call)}
    if not isinstance(call.get("id"), str) or not call["id"]:
        return {"problem": "no_id"}
    if call["id"] in ids:
        return {"problem": "same_id", "value": quoted(call["id"])}
    if call.get("type") != "function":
        return {"problem": "type", "value": quoted(call["type"])} if "type" in call else {"problem": "no_type"}
    return None if isinstance(call.get("function"), dict) else {"problem": "no_function"}


def _validate_function(function: Any, field: str, line: int, findings: Findings, toolbox: Toolbox | None) -> str | None:
    """Gives the name of the function that is called."""
    if not isinstance(function, dict):
        found, quote = kind(function), quoted(function)
        findings.add("invalid_tool_call", line, field, problem="not_object", found=found, quote=quote)
        return None
    name = function.get("name")
    if not isinstance(name, str) or not name:
        findings.add("invalid_tool_call", line, field, problem="no_name", quote=quoted(function, 120))
        name = None
    elif toolbox is not None and toolbox.tools and name not in toolbox.tools:
        known = list(toolbox.tools)[:MOST_NAMES]
        more = len(toolbox.tools) - len(known)
        findings.add("undeclared_tool", line, f"{field}.name", name=quoted(name), known=known, more=more, quote=name)
    arguments = _validate_arguments(function.get("arguments"), f"{field}.arguments", line, findings)
    schema = toolbox.tools.get(name) if toolbox is not None and name is not None else None
    if schema is not None and arguments is not None:
        misfit = _misfit(schema, arguments)
        if misfit is not None:
            quote = function["arguments"]
            findings.add("arguments_break_schema", line, f"{field}.arguments", name=quoted(name), quote=quote, **misfit)
    return name


def _validate_arguments(arguments: Any, field: str, line: int, findings: Findings) -> dict[str, Any] | None:
    """The arguments as an object, None where they are none."""
    if isinstance(arguments, str):
        value, wrong = _read_arguments(arguments)
        if isinstance(value, dict):
            return value
        if isinstance(value, str) and isinstance(_read_arguments(value)[0], dict):
            findings.add("double_encoded_arguments", line, field, quote=arguments)
            return None
        params = wrong or {"problem": "not_object", "found": kind(value)}
        findings.add("invalid_arguments", line, field, quote=arguments, **params)
    elif arguments is not None:
        found, quote = kind(arguments), quoted(arguments, 120)
        findings.add("invalid_arguments", line, field, problem="not_string", found=found, quote=quote)
    else:
        findings.add("invalid_arguments", line, field, problem="missing")
    return None


def _read_arguments(text: str) -> tuple[Any, dict[str, Param]]:
    """The JSON value in a string of arguments, and what is wrong with it where it is no JSON."""
    try:
        return decode(text), {}
    except (msgspec.MsgspecError, UnicodeError, RecursionError) as error:
        if not text.strip():
            return None, {"problem": "empty"}
        return None, {"problem": "not_json", "detail": str(error)[:80]}


class _Declarations:
    """What stands under `tools` or `functions`."""

    def __init__(self, key: str, value: Any) -> None:
        self._key = key
        try:
            self._text = msgspec.json.encode(value)
        except RecursionError:
            self._text = b""

    @property
    def problems(self) -> tuple[Problem, ...]:
        if not self._text:
            return (_too_deep(self._key),)
        mark = xxh3_128_digest(self._text) + self._key.encode()
        if mark in _flawless:
            return ()
        found = self.read[1]
        if not found and len(_flawless) < MOST_FLAWLESS:
            _flawless.add(mark)
        return found

    @cached_property
    def read(self) -> "_Read":
        if not self._text:
            return {}, ()
        read = _read_cached if len(self._text) <= CACHED_TEXT else _read
        return read(self._key, self._text)


_Read = tuple[dict[str, "Validator | None"], tuple[Problem, ...]]

_flawless: set[bytes] = set()


def _too_deep(key: str) -> Problem:
    return Problem("invalid_tools", key, {"problem": "nested"})


def _read(key: str, text: bytes) -> _Read:
    """The tools by name, and what is wrong with them."""
    try:
        tools = decode(text)
    except RecursionError:
        return {}, (_too_deep(key),)
    found: dict[str, Validator | None] = {}
    problems: list[Problem] = []

    def wrong(code: str, field: str, what: Any, **params: Param) -> None:
        problems.append(Problem(code, field, params, quoted(what, 120)))

    if not isinstance(tools, list):
        wrong("invalid_tools", key, tools, problem="not_list", found=kind(tools))
        return found, tuple(problems)
    if len(tools) > MOST_TOOLS:
        problems.append(Problem("too_many_tools", key, {"count": len(tools)}))
    for place, tool in enumerate(tools):
        field = f"{key}[{place}]"
        function = tool
        if key == "tools":
            problem = _wrong_tool(tool)
            if problem is not None:
                wrong("invalid_tools", field, tool, **problem)
                continue
            function, field = tool["function"], f"{field}.function"
        elif not isinstance(tool, dict):
            wrong("invalid_tools", field, tool, problem="not_object", found=kind(tool))
            continue
        name = function.get("name")
        if not isinstance(name, str) or not re.fullmatch(rf"[a-zA-Z0-9_-]{{1,{LONGEST_NAME}}}", name):
            wrong("invalid_tool_name", f"{field}.name", name, name=quoted(name) if "name" in function else "")
        if not isinstance(name, str):
            continue
        if name in found:
            wrong("duplicate_tool", f"{field}.name", name, name=quoted(name))
        found[name] = None
        parameters = function.get("parameters")
        if parameters is None:
            continue
        found[name], wrong_schema = _schema(parameters, f"{field}.parameters")
        if wrong_schema is not None:
            problems.append(wrong_schema)
    return found, tuple(problems)


_read_cached = lru_cache(maxsize=64)(_read)


def _wrong_tool(tool: Any) -> dict[str, Param] | None:
    if not isinstance(tool, dict):
        return {"problem": "not_object", "found": kind(tool)}
    if tool.get("type") != "function":
        return {"problem": "type", "value": quoted(tool["type"])} if "type" in tool else {"problem": "no_type"}
    return None if isinstance(tool.get("function"), dict) else {"problem": "no_function"}


def _schema(schema: Any, field: str) -> tuple["Validator | None", Problem | None]:
    """A tool's schema ready to apply, and what is wrong with it."""

    def wrong(code: str, problem: str, **params: Param) -> tuple[None, Problem]:
        return None, Problem(code, field, {"problem": problem, **params}, quoted(schema, 120))

    if not isinstance(schema, dict):
        return wrong("invalid_tool_schema", "not_object", found=kind(schema))
    if schema and schema.get("type", "object") != "object":
        return wrong("invalid_tool_schema", "type", value=quoted(schema["type"]))
    unsafe = _unbounded(schema)
    if unsafe is not None:
        return wrong("tool_schema_not_checked", unsafe)
    import jsonschema_rs as js

    linear = js.RegexOptions(size_limit=1 << 20, dfa_size_limit=1 << 20)
    try:
        return js.validator_for(schema, pattern_options=linear, offline=True), None
    except js.ValidationError as error:
        code, problem, detail = _explained(schema, error)
        return wrong(code, problem, **detail)
    except ValueError:  # nested beyond what the validator reads
        return wrong("tool_schema_not_checked", "large")


def _explained(schema: dict[str, Any], error: "ValidationError") -> tuple[str, str, dict[str, Param]]:
    """The code, the problem, and the words of the library that says what is wrong."""
    import jsonschema_rs as js

    what = _shortened(error.message)
    if type(error.kind).__name__ == "Referencing":
        if "retriev" in error.message or "meta-schema" in error.message:
            return "tool_schema_not_checked", "other_document", {}
        return "invalid_tool_schema", "schema", {"detail": what}
    if type(error.kind).__name__ == "Format":
        try:  # only built, never run: this engine knows more and may take exponential time
            js.validator_for(schema, pattern_options=js.FancyRegexOptions(), offline=True)
        except (js.ValidationError, ValueError):
            pass
        else:
            return "tool_schema_not_checked", "pattern", {"detail": what.split(" is not")[0]}
    return "invalid_tool_schema", "schema", {"detail": what, "at": "/".join(map(str, error.instance_path))}


def _misfit(schema: "Validator", arguments: dict[str, Any]) -> dict[str, Param] | None:
    """Why the arguments do not fit the schema, in the words of the library; None where they do."""
    try:
        if schema.is_valid(arguments):
            return None
        error = next(iter(schema.iter_errors(arguments)))
    except ValueError:  # nested beyond what the validator reads
        return {"problem": "nested"}
    at = _shortened("/".join(map(str, error.instance_path)))
    return {"problem": "schema", "detail": _shortened(error.message), "at": at}


def _shortened(text: str) -> str:
    text = excerpt(text, 161)
    return text if len(text) <= 160 else text[:158] + "…"


def _unbounded(schema: dict[str, Any]) -> str | None:
    """Why holding something to the schema might take more than time in proportion to both, in a word; None where it
    cannot.

    References are what multiplies work: twenty schemas that each name the next one twice are a million. So they are
    followed here, up to a bound; one that leads back to where it stands may occur once, as in a tree's nodes.
    """
    nodes = loops = 0
    stack: list[tuple[Any, int, tuple[str, ...]]] = [(schema, 0, ())]
    while stack:
        node, depth, path = stack.pop()
        nodes += 1
        if nodes > SCHEMA_NODES or depth > DEEPEST_SCHEMA:
            return "large"
        if isinstance(node, list):
            stack += [(item, depth + 1, path) for item in node if isinstance(item, dict | list)]
            continue
        if not isinstance(node, dict):
            continue
        if isinstance(node.get("$dynamicRef"), str) or isinstance(node.get("$recursiveRef"), str):
            return "dynamic_references"
        if depth and (isinstance(node.get("$id"), str) or isinstance(node.get("id"), str)):  # id: as Draft 4 has it
            return "embedded_schema"
        reference = node.get("$ref")
        if isinstance(reference, str) and not reference.startswith("#"):
            return "other_document"
        if isinstance(reference, str) and reference in path:
            loops += 1
            if loops > 1:
                return "loops"
        elif isinstance(reference, str):
            if reference[1:2] not in ("", "/"):
                return "anchor"
            stack.append((_at(schema, reference), depth + 1, (*path, reference)))
        for key, item in node.items():
            if isinstance(item, dict | list) and key not in _NOT_APPLIED:
                stack.append((item, depth + 1, path))
    return None


_NOT_APPLIED = frozenset(("$defs", "definitions", "enum", "const", "examples", "default"))
"""Keywords whose values are no schemas, or are reached by references only."""


_INDEX = re.compile("[+]?0*([0-9]{1,9})")
"""A place in a list, as the validator reads it: also with a plus or zeros before it, which JSON pointers (RFC 6901) do
not have. Were it read otherwise here, a schema that multiplies by references would be taken for a small one.
"""


def _at(schema: dict[str, Any], reference: str) -> Any:
    """What a reference inside the schema points to; None where that cannot be told (the validator will say why)."""
    node: Any = schema
    for step in unquote(reference[1:]).split("/")[1:]:
        step = step.replace("~1", "/").replace("~0", "~")
        if isinstance(node, list) and (index := _INDEX.fullmatch(step)) and int(index[1]) < len(node):
            node = node[int(index[1])]
        elif isinstance(node, dict) and step in node:
            node = node[step]
        else:
            return None
    return node
