"""Each finding has a sentence, in both languages, that takes what the check says of it."""

import inspect
import re
import typing
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import msgspec
import pytest
from babel.messages.pofile import read_po

from texts import findings
from texts.language import Language, speaking
from training_files import check_file
from training_files.content_scan import scan_content
from training_files.finding_codes import BY_CODE
from training_files.report import Finding

MODEL = "somebody/model"  # of which nothing is known, so that it takes every format
ASKED = {"role": "user", "content": "Is it open?"}
ANSWERED = {"role": "assistant", "content": "Yes."}
PNG = "data:image/png;base64,"
VALUES = (None, True, 7, "text", [], {})


def chat(*messages: Any, **more: Any) -> dict[str, Any]:
    return {"messages": list(messages), **more}


def saying(prompt: str, answer: str) -> dict[str, Any]:
    return chat({**ASKED, "content": prompt}, {**ANSWERED, "content": answer})


def after(message: Any, **more: Any) -> dict[str, Any]:
    """A chat in which only the message may be wrong."""
    return chat(message, ASKED, ANSWERED, **more)


def answered(**more: Any) -> dict[str, Any]:
    return chat(ASKED, {**ANSWERED, **more}, ASKED, ANSWERED)


def calling(*calls: Any, tools: Any = None) -> dict[str, Any]:
    more = {} if tools is None else {"tools": tools}
    return chat(ASKED, {"role": "assistant", "tool_calls": calls[0] if len(calls) == 1 else list(calls)}, **more)


def call(id: Any = "1", type: Any = "function", name: Any = "f", arguments: Any = "{}") -> dict[str, Any]:
    return {"id": id, "type": type, "function": {"name": name, "arguments": arguments}}


def tool(parameters: Any = None, name: Any = "f") -> dict[str, Any]:
    function = {"name": name} | ({} if parameters is None else {"parameters": parameters})
    return {"type": "function", "function": function}


def part(**what: Any) -> dict[str, Any]:
    return after({"role": "user", "content": [what]})


def image(url: Any) -> dict[str, Any]:
    return part(type="image_url", image_url=url)


def preferring(source: Any = None, preferred: Any = None, other: Any = None) -> dict[str, Any]:
    return {
        "input": {"messages": [ASKED]} if source is None else source,
        "preferred_output": [ANSWERED] if preferred is None else preferred,
        "non_preferred_output": [{"role": "assistant", "content": "No."}] if other is None else other,
    }


def messages() -> Iterator[Any]:
    yield from VALUES
    yield from ({"messages": value} for value in VALUES)
    yield {"topic": 1, "b": 2}
    yield from (after(value) for value in VALUES[:-1])
    yield from (after({"role": "user", "content": value}) for value in ("", 7, [], [7], None))
    yield from (after({}), after({"content": "a"}), after({"role": "human", "content": "a"}))
    yield from (after({"role": 7, "content": "a"}), after({**ASKED, "k": 1}))
    yield from (after({**ASKED, "a": 1, "b": 2, "c": 3, "d": 4}), after({**ASKED, "name": 7}))
    yield from (after({**ASKED, "tool_call_id": "1"}), after({**ASKED, "refusal": "a"}), after({**ASKED, "weight": 1}))
    yield from (answered(weight=2), answered(content=" "), chat(ASKED, {**ANSWERED, "weight": 0}))
    yield from (chat(ASKED), chat(ANSWERED), chat(ASKED, ANSWERED, ASKED), chat(ASKED, ANSWERED, parallel_tool_calls=7))
    yield from (part(type="video"), part(type="text"), part(type="refusal", refusal="a"))
    yield chat(ASKED, {"role": "assistant", "content": [{"type": "image_url", "image_url": {"url": "https://a.b/c"}}]})
    yield after({"role": "user", "content": [{"type": "image_url", "image_url": {"url": "https://a.b/c"}}] * 11})
    yield from (image(7), image({}), image({"url": ""}), image({"url": "a.png"}), image({"url": "data:image/png,a"}))
    yield from (image({"url": "https://a.b/c", "detail": "full"}), image({"url": f"{PNG}%"}), image({"url": PNG}))
    yield from (image({"url": f"{PNG}AAAA"}), image({"url": "data:;base64,AAAA"}))
    yield image({"url": "data:image/jpeg;base64,iVBORw0KGgo="})
    yield image({"url": f"{PNG}iVBORw0KGgo="})


def tools() -> Iterator[Any]:
    deep: Any = {}
    for _ in range(60):
        deep = {"properties": {"a": deep}}
    schemas = (
        *(7, {"type": "array"}, {"required": "a"}, {"$ref": "#/$defs/gone"}, deep, {"$dynamicRef": "#a"}),
        *({"properties": {"a": {"$id": "b"}}}, {"$ref": "a.json"}, {"$ref": "#a"}, {"properties": {"a": 7}}),
        {"$defs": {"a": {"anyOf": [{"$ref": "#/$defs/a"}] * 2}}, "$ref": "#/$defs/a"},
        {"properties": {"a": {"pattern": "(?=a)"}}},
    )
    for declared in (7, [7], [{}], [{"type": "a"}], [{"type": "function"}], [tool(name="a b")], [{**tool(name=None)}]):
        yield chat(ASKED, ANSWERED, tools=declared)
    yield chat(ASKED, ANSWERED, tools=[{"type": "function", "function": {}}])
    yield chat(ASKED, ANSWERED, tools=[tool(), tool()])
    yield chat(ASKED, ANSWERED, tools=[tool(name=f"f{n}") for n in range(129)])
    yield from (chat(ASKED, ANSWERED, tools=[tool(schema)]) for schema in schemas)
    yield from (calling([], tools=[tool()]), calling(7), calling(7, 8), calling(call(id=None), call()))
    yield from (calling(call(), call()), calling(call(type="a"), call()), calling({"id": "1"}, call("2")))
    yield from (calling({"id": "1", "type": "function"}, call("2")), calling(call(name=None), call("2")))
    yield from (calling(call(arguments=wrong), call("2")) for wrong in ("", "{", "7", 7, None, '"{}"'))
    yield calling([call()], tools=[tool(name=f"g{n}") for n in range(5)])
    yield calling([call()], tools=[tool({"required": ["a"]})])
    yield calling([call(arguments='{"a": {"b": 7}}')], tools=[tool({"properties": {"a": {"type": "string"}}})])
    tool_answer = {"role": "tool", "content": "a"}
    yield chat(ASKED, {"role": "assistant", "tool_calls": [call()]}, ASKED, ANSWERED)
    yield chat(ASKED, tool_answer, {**tool_answer, "tool_call_id": "9"}, ASKED, ANSWERED)
    yield chat(ASKED, {"role": "function", "name": "f", "content": "a"}, ANSWERED)


def preferences() -> Iterator[Any]:
    yield from (preferring(source) for source in (7, {}, {"messages": []}, {"messages": 7}))
    yield {"preferred_output": [ANSWERED], "non_preferred_output": None}
    yield from (preferring(), preferring({"messages": [ASKED, ANSWERED]}), preferring(preferred=7))
    yield from (preferring(preferred=wrong) for wrong in ([], [7], [ANSWERED] * 2, [ASKED]))
    yield preferring(other=[ANSWERED])
    yield preferring({"messages": part(type="image_url", image_url={"url": "https://a.b/c"})["messages"][:1]})
    yield {"input": {"messages": [ASKED]}, "preferred_output": [ANSWERED]}


def pair(n: int, prompt: str = "", completion: str = "") -> dict[str, str]:
    return {
        "prompt": prompt or f"Describe bicycle {n}\n\n###\n\n",
        "completion": completion or f" It has gears up to {n} END",
    }


def completions() -> Iterator[list[Any]]:
    usual = [pair(n) for n in range(12)]
    odd = [pair(90, "a"), pair(91, "a\n\n###\n\nb\n\n###\n\n"), pair(92, "", "It END"), pair(93, "", " It")]
    yield [*usual, *odd, {"prompt": 7, "completion": "a"}, {"prompt": "a"}, {"prompt": "a", "completion": " "}]
    yield [pair(n, f"Describe {n}{chr(97 + n)}", f"Gears {n}{chr(97 + n)}") for n in range(12)]
    yield [pair(n, "", f"{n}ok") for n in range(5)] + [pair(n, "", f" {n}ok") for n in range(4)]
    yield [pair(n, "", " bicycle shop") for n in range(30)] + [pair(99, "", " no")]
    yield [pair(n, "", " yes") for n in range(30)]


def systems() -> list[Any]:
    usual = "You are the bot of a bicycle shop. Answer in one sentence."
    shared = [usual] * 60
    odd = [None, usual.upper(), usual.replace("bicycle", "car"), None, usual.upper(), usual.replace("bicycle", "car")]
    return [
        chat(*([] if system is None else [{"role": "system", "content": system}]), ASKED, ANSWERED)
        for system in shared + odd
    ]


LINES = (
    *(
        b'{"a": "\\ud83d"}',
        b'{"a": NaN}',
        b'{"a": ' + b"9" * 5_000 + b"}",
        b'{"a"',
        b'{"a": "some text", "b": \0}',
        b"{} {}",
        b"{'a': 1}",
    ),
    *(
        b'{"a": "\t", }',
        b'{"a": "\t"}',
        b'{"a": "caf\xe9"}',
        b"",
        b"hello",
        b'{"a":' * 100_000,
        b"[1]",
        b"x" * (9 << 20),
    ),
)
FOREIGN = (
    *(
        b"<!doctype html>",
        b"PK\x03\x04",
        b"PK\x05\x06",
        b"\x1f\x8b",
        b"\x28\xb5\x2f\xfd",
        b"BZh",
        b"7z\xbc\xaf\x27\x1c",
    ),
    *(b"%PDF", b"PAR1", b"SQLite format 3\0", b"\xd0\xcf\x11\xe0", b"{\\rtf", b"\x89PNG", b"PK\x03\x04word/"),
    *(
        b"PK\x03\x04ppt/",
        b"PK\x03\x04xl/",
        b"PK\x03\x04application/vnd.oasis.opendocument.spreadsheet",
        b"[\n{",
        b"[\n{}, {}]",
    ),
    *(b'question,answer\n1,"2\n', b'question\tanswer\n1\t"2\n', "{'a': 1}\n{'b': 2}\n".encode("utf-16")),
    *(b"question,answer\na,b\n", b"a,b,c,d,e,f,g,h\n1,2,3,4,5,6,7,8\n9,9,9,9,9,9,9,9\n"),
)
SECRETS = (
    *("ana@firma.es", "+41 79 123 45 67", "4539 1488 0343 6467", "CH93 0076 2011 6238 5295 7", "756.9217.0769.85"),
    *("password: hX9$kk2Lq8zz", "ghp_" + "a1B2c3D4e5F6g7H8i9J0k1L2m3N4o5P6q7R8", "https://ann:hX9kk2Lq8zz@a.io/b"),
    "whsec_" + "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
)


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> list[Finding]:
    """What the check and the content scan say of files in which everything is wrong that can be."""
    folder = tmp_path_factory.mktemp("files")
    collected: list[Finding] = []

    def check(content: bytes, model: str = MODEL, validation: Path | None = None) -> Path:
        path = folder / f"{len(list(folder.iterdir()))}.jsonl"
        path.write_bytes(content)
        report = check_file(path, model=model, validation=validation)
        collected.extend(report.errors + report.warnings)
        return path

    def lines(examples: Sequence[Any]) -> bytes:
        return b"".join(msgspec.json.encode(one) + b"\n" for one in examples)

    for examples in (list(messages()), list(tools()), list(preferences()), *completions(), systems()):
        check(lines(examples))
    for line in LINES:
        check(line + b"\n" + line)
    for content in FOREIGN:
        check(content)
    good = [
        chat({**ASKED, "content": f"What is {n}?"}, {**ANSWERED, "content": f"Sure! It is {n}."}) for n in range(40)
    ]
    held_out = check(b"\xef\xbb\xbf" + lines(good))
    check(lines([*good, good[0]]), validation=held_out)
    check(b"")
    check(lines(good[:1]))
    check(lines([{**good[0], "id": 1}, *({**one, "id": 1, "key": 1} for one in good[1:])]))
    check(lines([*good, *(preferring() for _ in range(2))]))
    check(lines([{"question": "a", "answer": "b", "c": 1, "d": 1, "e": 1}] * 2))
    check(lines([{**chat(ASKED), "points": n} for n in range(9)] + [{**chat(ASKED), "a": 1}] * 2))
    check(b"7\n" * 150_000)
    check(lines([chat(ASKED, {**ANSWERED, "content": "word " * 70_000})]), model="gpt-4o-mini")
    check(lines([pair(n) for n in range(12)]), model="gpt-4o-mini")
    check(lines([{**chat(ASKED), "points": n} for n in range(12)]), model="SmolLM2-135M-Instruct")
    pictured = part(type="image_url", image_url={"url": "https://a.b/c"})
    check(lines([pictured]) * 50_001)
    secrets = [saying("Is it open?", f"{n} {' and '.join(SECRETS[n:])}") for n in range(9)]
    refusing = [
        saying(f"Is the shop at the lake open on day {n}?", "I'm sorry, but I can't help with that.") for n in range(9)
    ]
    long = "The shop opens at nine in the morning and it closes again at six in the evening on weekdays. " * 3
    scanned = [
        *secrets,
        *refusing,
        *(saying("When? " + long, long + tail) for tail in (".", "!")),
        *(saying("Good?", answer) for answer in ("yes", "no")),
        *(saying("Why?", answer) for answer in (long, "Ζ" * 200)),
        preferring({"messages": [{**ASKED, "content": "Which?"}]}),
        preferring({"messages": [{**ASKED, "content": "Which?"}]}, [{**ANSWERED, "content": "No."}], [ANSWERED]),
    ]
    collected.extend(scan_content(check(lines(scanned))).findings)
    return collected + UNUSUAL


UNUSUAL = [  # what takes a provider's limits, a library's, or a longer line than is read to be found
    Finding("image_too_large", 1, field="a", params={"megabytes": 12.345}),
    Finding("file_too_large", None, params={"model": MODEL, "megabytes": 600, "limit": 512}),
    Finding("too_many_examples", None, params={"model": MODEL, "examples": 9_000_000, "limit": 1_000}),
    Finding("invalid_tools", 1, field="tools", params={"problem": "nested"}),
    Finding("personal_data", 1, params={"kinds": {"identity number": 1}}),
    Finding("arguments_break_schema", 1, field="a", params={"name": '"f"', "problem": "nested"}),
    Finding("format_not_taken", None, params={"model": MODEL, "format": "chat", "others": []}),
    Finding(
        "secret", 1, params={"kinds": {"private key": 1, "JSON web token": 2, "npm token": 1, "AWS access key": 1}}
    ),
    Finding("secret", 1, params={"kinds": {"Google OAuth secret": 1, "Slack webhook address": 1, "odd": 1}}),
    Finding("secret", 1, params={"kinds": {"Azure storage key": 1, "OpenAI session key": 1, "OpenAI key": 1}}),
    Finding("secret", 1, params={"kinds": {"Telegram bot token": 2}}),
]


def test_each_code_has_one_sentence() -> None:
    assert findings.FINDINGS.keys() == BY_CODE.keys()


def test_each_code_is_found_in_some_file(found: list[Finding]) -> None:
    assert {one.code for one in found} == BY_CODE.keys()


def test_each_sentence_takes_what_is_found_and_says_it_whole(found: list[Finding]) -> None:
    for one in found:
        say = findings.FINDINGS[one.code]
        signature = inspect.signature(say)
        given = signature.bind(**one.params, **({"field": one.field or ""} if "field" in signature.parameters else {}))
        types = typing.get_type_hints(say)
        for name, value in given.arguments.items():
            assert _fits(value, types[name]), (one, name)
        for language in Language:
            with speaking(language):
                said = findings.sentence(one)
            assert re.search(r"[.。]$", said), said
            assert not re.search(r"\{\w+\}|\(\)|（）|  ", said), said
            assert bool(re.search("[\u4e00-\u9fff]", said)) or language is Language.ENGLISH, said


def _fits(value: Any, type: Any) -> bool:
    try:
        msgspec.convert(value, type)
    except msgspec.ValidationError:
        return False
    return True


def test_a_finding_is_the_same_after_it_was_stored(found: list[Finding]) -> None:
    for one in found:
        assert msgspec.json.decode(msgspec.json.encode(one), type=Finding) == one


def test_no_sentence_stands_in_the_texts_for_nothing(found: list[Finding], monkeypatch: pytest.MonkeyPatch) -> None:
    said: set[Any] = set()

    def recorded(say: Callable[..., str], forms: int) -> Callable[..., str]:
        def call(*arguments: Any, **values: Any) -> str:
            said.add(arguments[0] if forms == 1 else arguments[:2])
            return say(*arguments, **values)

        return call

    for name, forms in (("_", 1), ("plural", 2), ("translated", 1)):
        monkeypatch.setattr(findings, name, recorded(getattr(findings, name), forms))
    for one in found:
        findings.sentence(one)
        findings.on_page(one.code)
    with (Path(findings.__file__).parent / "zh" / "findings.po").open("rb") as file:
        unsaid = [message.id for message in read_po(file) if message.id and message.id not in said]
    assert not unsaid, unsaid


def test_a_finding_that_another_version_stored_is_called_by_its_code() -> None:
    assert findings.sentence(Finding("found_by_nobody", 1, params={"a": 1})) == "found_by_nobody"


@pytest.mark.parametrize(
    ("code", "field", "params", "english", "chinese"),
    [
        (
            "unrecognized_role",
            "messages[0].role",
            {"role": '"bot"', "instead": "assistant"},
            '`messages[0].role` is "bot", which is not a role. Use assistant.',
            '`messages[0].role` 是 "bot"，这不是有效的角色。请使用 assistant。',
        ),
        (
            "data_type",
            "messages[0]",
            {"found": "number"},
            "`messages[0]` is a number, not an object. Write each message in braces, with a role and content.",
            "`messages[0]` 是数字，不是对象。请把每条消息写在花括号里，并带有 role 和 content。",
        ),
        (
            "personal_data",
            "messages[0].content",
            {"kinds": {"card number": 1}},
            "The example holds a card number. Mask it, unless the model should know it by heart and may say it to "
            "anyone.",
            "样本里有 1 个银行卡号。请隐去，除非要让模型记住它，并且可以对任何人说出。",
        ),
        (
            "secret",
            "messages[0].content",
            {"kinds": {"AWS access key": 1, "OpenAI key": 1}},
            "The example holds what looks like an AWS access key and an OpenAI key. Take them out here, and revoke "
            "them where they are in use: this file has been copied.",
            "样本里疑似有 1 个 AWS 访问密钥和 1 个 OpenAI 密钥。"
            "请从这里删除，并在使用它的地方将其作废：这个文件已经被复制过。",
        ),
        (
            "personal_data",
            "messages[0].content",
            {"kinds": {"mail address": 1, "phone number": 2}},
            "The example holds a mail address and 2 phone numbers. Mask them, unless the model should know them by "
            "heart and may say them to anyone.",
            "样本里有 1 个邮箱地址和 2 个电话号码。请隐去，除非要让模型记住它，并且可以对任何人说出。",
        ),
    ],
)
def test_a_finding_is_said_in_the_language_in_force(
    code: str, field: str, params: Mapping[str, Any], english: str, chinese: str
) -> None:
    finding = Finding(code, 1, field=field, params=dict(params))
    assert findings.sentence(finding) == english
    with speaking(Language.CHINESE):
        assert findings.sentence(finding) == chinese
