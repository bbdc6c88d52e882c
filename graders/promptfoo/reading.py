"""A Promptfoo configuration, read. Nothing is fetched, opened or run: neither `file://` nor code."""

import itertools
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

import msgspec
import yaml

from graders.combining import all_right, weighted
from graders.errors import GraderError
from graders.foreign import MOST_BYTES, LeftOut, Reason, require_small, shown
from graders.grader import Grader, Multi, OfItem
from graders.promptfoo.assertions import MAPPED, Assertion, Context, NotTaken, number, strings, templated
from graders.promptfoo.file import VARIABLE, Case, Prompt, PromptfooFile, is_chat
from graders.reading import as_json, grader_of

_MOST_CASES: Final = 20_000
_ELSEWHERE: Final = re.compile(r"\s*(?:file://|https?://|python:|exec:)")
_FILE_NAME: Final = re.compile(r"\.(?:py|js|mjs|txt|json|yaml)\b")
_SILENT: Final = frozenset(
    (
        *("$schema", "description", "prompts", "tests", "defaultTest", "providers", "targets", "env", "outputPath"),
        *("sharing", "evaluateOptions", "commandLineOptions", "tags", "assertionTemplates", "metadata", "author"),
    )
)


def read_promptfoo(text: str | bytes, judge: str | None = None) -> PromptfooFile:
    """`judge`: the model that rubrics ask where the file names none. Raises GraderError where it is no such file."""
    config = _loaded(text)
    reader = _Reader(config, judge)
    found = PromptfooFile(
        description=str(config.get("description") or ""),
        prompts=tuple(reader.prompts()),
        cases=tuple(reader.cases()),
        models=tuple(map(_model, reader.providers)),
        tools=reader.tools,
        left_out=(),
    )
    return msgspec.structs.replace(found, left_out=tuple(dict.fromkeys(reader.left_out)))


def looks_like_promptfoo(text: str | bytes) -> bool:
    try:
        return bool({"tests", "defaultTest", "scenarios"} & set(_loaded(text)))
    except GraderError:
        return False


def _loaded(text: str | bytes) -> dict[str, Any]:
    if len(text) > MOST_BYTES:
        raise GraderError("grader_file_too_large")
    try:
        config = yaml.load(text, Loader=yaml.CSafeLoader)
    except (yaml.YAMLError, RecursionError, ValueError, TypeError) as error:  # a date that is none
        mark = getattr(error, "problem_mark", None)
        raise GraderError("grader_file_not_yaml", line=mark.line + 1 if mark else 1) from None
    require_small(config)
    if not isinstance(config, dict) or not {"prompts", "tests", "defaultTest", "scenarios"} & set(config):
        raise GraderError("grader_file_not_promptfoo")
    # Dates and other keys than text have no place in JSON.
    plain: dict[str, Any] = msgspec.to_builtins(config, str_keys=True, enc_hook=str)
    return plain


class _Reader:
    def __init__(self, config: dict[str, Any], judge: str | None) -> None:
        self.left_out: list[LeftOut] = []
        self._config = config
        self._default = self._mapping(config.get("defaultTest"), "defaultTest")
        self._judge = _judge_of(self._default) or judge
        given = config.get("providers") or config.get("targets") or []
        named = given if isinstance(given, list) else list(given) if isinstance(given, dict) else [given]
        self.providers = [str(one.get("id", "")) if isinstance(one, dict) else str(one) for one in named]
        self.tools = tuple(_tools(named))
        for name in config.keys() - _SILENT:
            self._leave(Reason.SECTION, name, name)

    def prompts(self) -> Iterator[Prompt]:
        given = self._config.get("prompts")
        for at, one in enumerate(given if isinstance(given, list) else [given] if given else []):
            where = f"prompts[{at}]"
            raw = one.get("raw", one.get("id", "")) if isinstance(one, dict) else one
            label = str(one.get("label") or where) if isinstance(one, dict) else where
            if not isinstance(raw, str) or _ELSEWHERE.match(raw) or _FILE_NAME.search(raw[-40:]):
                self._leave(Reason.FILE, where, raw)
            elif prompt := self._prompt(raw, label, where):
                yield prompt

    def cases(self) -> Iterator[Case]:
        given = self._config.get("tests")
        if given is not None and not isinstance(given, list):
            self._leave(Reason.FILE, "tests", given)
        tests = given if isinstance(given, list) else [{}] if self._default else []
        count = 0
        for at, test in enumerate(tests):
            where = f"tests[{at}]"
            if not isinstance(test, dict):
                self._leave(Reason.FILE, where, test)
                continue
            for case in self._cases(test, where):
                count += 1
                if count > _MOST_CASES:
                    raise GraderError("grader_file_too_large")
                yield case

    def _cases(self, test: dict[str, Any], where: str) -> Iterator[Case]:
        variables = {
            **self._mapping(self._default.get("vars"), "defaultTest.vars"),
            **self._mapping(test.get("vars"), f"{where}.vars"),
        }
        for name, value in variables.items():
            if isinstance(value, str) and _ELSEWHERE.match(value):
                self._leave(Reason.FILE, f"{where}.vars.{name}", value)
                return
        options = {**self._mapping(self._default.get("options"), ""), **self._mapping(test.get("options"), "")}
        if "transform" in options:
            self._leave(Reason.CODE, f"{where}.options.transform", options["transform"])
            return
        grader = self._grader(test, where)
        lists = {name: value for name, value in variables.items() if isinstance(value, list) and not is_chat(value)}
        if options.get("disableVarExpansion"):
            lists = {}
        for values in itertools.product(*lists.values()):
            yield Case(
                {**variables, **dict(zip(lists, values, strict=True))}, grader, str(test.get("description") or "")
            )

    def _grader(self, test: dict[str, Any], where: str) -> Grader | None:
        """Of those assertions of a test that could be read."""
        judge = _judge_of(test) or self._judge
        own = self._assertions(test.get("assert"), f"{where}.assert")
        read = [
            self._assertion(one, place, judge)
            for one, place in [*self._assertions(self._default.get("assert"), "defaultTest.assert"), *own]
        ]
        parts = [part for part in read if part is not None and part.weight > 0]
        name = str(test.get("description") or where)[:60]
        threshold = test.get("threshold", self._default.get("threshold"))
        keyed = {f"a{number}": part for number, part in enumerate(parts, 1)}
        negated = frozenset(key for key, part in keyed.items() if part.negated)
        if not parts:
            return None
        if isinstance(threshold, int | float) and len(parts) > 1:
            return weighted(name, {key: (part.grader, part.weight) for key, part in keyed.items()}, threshold, negated)
        if len(parts) == 1 and not negated:
            return parts[0].grader
        return all_right(name, {key: part.grader for key, part in keyed.items()}, negated)

    def _assertions(self, given: Any, where: str) -> Iterator[tuple[Any, str]]:
        if given is not None and not isinstance(given, list):
            yield given, where
            return
        for at, one in enumerate(given or []):
            place = f"{where}[{at}]"
            if isinstance(one, dict) and isinstance(one.get("$ref"), str):
                templates = self._mapping(self._config.get("assertionTemplates"), "assertionTemplates")
                name = one["$ref"].removeprefix("#/assertionTemplates/")
                one = {**self._mapping(templates.get(name), place), **{key: one[key] for key in one if key != "$ref"}}
            if isinstance(one, dict) and one.get("type") == "assert-set" and not {"threshold", "weight"} & set(one):
                yield from self._assertions(one.get("assert"), f"{place}.assert")
            else:
                yield one, place

    def _assertion(self, given: Any, where: str, judge: str | None) -> Assertion | None:
        """None where it has no counterpart, which is then named."""
        kind = str(given.get("type") or "") if isinstance(given, dict) else shown(given)
        if not isinstance(given, dict) or not kind:
            self._leave(Reason.UNREADABLE, where, kind)
            return None
        value = given.get("value")
        if "transform" in given or "contextTransform" in given:
            self._leave(Reason.CODE, where, kind)
            return None
        if any(_ELSEWHERE.match(one) for one in strings(value)):
            self._leave(Reason.FILE, where, value)
            return None
        negated, base = kind.startswith("not-"), kind.removeprefix("not-")
        make = MAPPED.get(base)
        if make is None:
            self._leave(Reason.ASSERTION, where, kind)
            return None
        if base == "llm-rubric":
            judge = _judge_of({"options": given}) or judge
            if judge is None:
                self._leave(Reason.JUDGE, where, kind)
                return None
        name = str(given.get("metric") or kind)[:60]
        try:
            grader = make(name, templated(value), number(given.get("threshold")), Context(judge or "", self.tools))
            checked = grader_of(as_json(grader))
        except NotTaken as error:
            self._leave(error.reason, where, error.what or kind)
            return None
        except GraderError as error:
            reason = Reason.PATTERN if error.kind == "grader_pattern" else Reason.UNREADABLE
            self._leave(reason, where, kind)
            return None
        assert not isinstance(checked, Multi | OfItem)
        weight = number(given.get("weight"))
        return Assertion(checked, 1.0 if weight is None else weight, negated)

    def _prompt(self, raw: str, label: str, where: str) -> Prompt | None:
        if (whole := VARIABLE.fullmatch(raw.strip())) and whole[2]:
            return Prompt(label, variable=whole[1])
        messages = _messages(raw) or ({"role": "user", "content": raw},)
        bare = VARIABLE.sub("", "".join(strings(list(messages))))
        if "{{" in bare or "{%" in bare:
            self._leave(Reason.TEMPLATE, where, raw)
            return None
        return Prompt(label, messages)

    def _mapping(self, value: Any, where: str) -> dict[str, Any]:
        if value is None or isinstance(value, dict):
            return value or {}
        self._leave(Reason.FILE, where, value)
        return {}

    def _leave(self, reason: Reason, where: str, what: Any) -> None:
        self.left_out.append(LeftOut(reason, where, shown(what)))


def _judge_of(test: Mapping[str, Any]) -> str | None:
    """The model that grades, where a test's options name one."""
    options = test.get("options")
    provider = options.get("provider") if isinstance(options, dict) else None
    if isinstance(provider, dict):
        provider = provider.get("id") or provider.get("text")
        provider = provider.get("id") if isinstance(provider, dict) else provider
    return _model(provider) if isinstance(provider, str) and provider else None


def _model(provider: str) -> str:
    """`openai:chat:gpt-4.1` is gpt-4.1; a fine-tuned model's name has colons of its own."""
    kinds = {"chat", "completion", "messages", "responses", "text"}
    parts = provider.split(":")
    if len(parts) < 2 or parts[0] in ("ft", "file"):
        return provider
    rest = parts[2:] if parts[1] in kinds and len(parts) > 2 else parts[1:]
    return ":".join(rest)


def _tools(providers: Sequence[Any]) -> list[dict[str, Any]]:
    for one in providers:
        config = one.get("config") if isinstance(one, dict) else None
        tools = config.get("tools") if isinstance(config, dict) else None
        if isinstance(tools, list) and all(isinstance(tool, dict) for tool in tools):
            return tools
    return []


def _messages(raw: str) -> tuple[dict[str, Any], ...]:
    """Of a prompt that is a chat in JSON or YAML; none of other text."""
    if not raw.lstrip().startswith(("[", "- role", "-  role")):
        return ()
    try:
        value = yaml.load(raw, Loader=yaml.CSafeLoader)
    except (yaml.YAMLError, RecursionError, ValueError):
        return ()
    return tuple(value) if is_chat(value) else ()
