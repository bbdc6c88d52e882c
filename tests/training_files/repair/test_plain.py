"""Plain examples: what is said of a line of one is what each repair does to it."""

import json
from typing import Any

from hypothesis import example, given, settings
from hypothesis import strategies as st

from training_files import DEFAULT_MODEL
from training_files.chat import NotAnExample, parse
from training_files.dataset_checks import DatasetChecks
from training_files.duplicates import fingerprint
from training_files.findings import Findings
from training_files.repair import exact_json
from training_files.repair.plain import FAR_REACHING, PlainCompletion, read_plain, repairs_that_concern
from training_files.repair.repairs import REPAIRS
from training_files.repair.survey import Survey
from training_files.validate_example import validate

texts = st.one_of(
    st.sampled_from(
        [
            "Sure! It is.",
            "Of course",
            "jane.doe@acme-corp.com",
            "+1 415 867 2671",
            "sk-proj-" + "a1B2" * 12,
            "postgres://admin:s3cretPw9@db.acme.io/x",
            "密码是aB7!xyz12",
            " END",
            "\n\n###\n\n",
            " \x1c",
            "null",
            "\x00",
            "é\x85",
            "\ufeff",
            "",
        ]
    ),
    st.text(st.characters(codec="utf-8"), max_size=12),
)
content = st.lists(texts, min_size=1, max_size=3).map("".join)
message = st.fixed_dictionaries(
    {"role": st.sampled_from(["system", "user", "assistant", "assistant", "developer"]), "content": content},
    optional={"weight": st.sampled_from([0, 1, 1.0, None])},
)
chats = st.lists(message, min_size=1, max_size=4).map(
    lambda messages: {"messages": [{"role": "user", "content": "Q"}, *messages, {"role": "assistant", "content": "A"}]}
)
any_chats = st.lists(message, max_size=4).map(lambda messages: {"messages": messages})
pairs = st.builds(lambda prompt, completion: {"prompt": prompt, "completion": completion}, content, content)
needed = st.sets(st.sampled_from([repair.id for repair in REPAIRS]))


@settings(max_examples=500, deadline=None)
@example(
    one={"messages": [{"role": "user", "content": "Q", "weight": None}, {"role": "assistant", "content": "A"}]},
    as_ascii=True,
    format="chat",
    needed=set(),
)
@given(
    one=st.one_of(chats, any_chats, pairs),
    as_ascii=st.booleans(),
    format=st.sampled_from(["chat", "completion", "reinforcement"]),
    needed=needed,
)
def test_only_what_concerns_a_plain_example_does_something_to_it(
    one: dict[str, Any], as_ascii: bool, format: str, needed: set[str]
) -> None:
    line = json.dumps(one, ensure_ascii=as_ascii).encode()
    plain = read_plain(line)
    if plain is None:
        return
    context = Survey(DEFAULT_MODEL, None, None)
    context.format, context.needed = format, needed
    concern = repairs_that_concern(plain, line, context)
    for repair in REPAIRS:
        if repair.function is not None and not concern & FAR_REACHING:
            outcome = repair.function(one, context)
            assert outcome is None or repair.id in concern
            one = outcome if isinstance(outcome, dict) else one
        elif repair.function is not None and repair.id in ("control_characters", "convert"):
            assert repair.id in concern or repair.function(one, context) is None


@settings(max_examples=500, deadline=None)
@given(example=st.one_of(chats, any_chats, pairs))
def test_what_is_plain_has_no_error_and_its_own_fingerprint(example: dict[str, Any]) -> None:
    line = json.dumps(example).encode()
    plain = read_plain(line)
    if plain is None:
        return
    findings = Findings()
    try:
        validate(parse(line), 1, findings, DatasetChecks())
    except NotAnExample as wrong:
        raise AssertionError(line) from wrong
    assert not findings.errors
    if isinstance(plain, PlainCompletion):
        assert fingerprint(plain, line) == fingerprint(exact_json.decode(line), line)
