"""On files of the classic fields, without tool calls, the seven classic codes count what the classic script counts."""

import json

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from benchmarks import classic
from training_files import check_file

CODES = {
    "data_type",
    "missing_messages_list",
    "message_missing_key",
    "message_unrecognized_key",
    "unrecognized_role",
    "missing_content",
    "example_missing_assistant_message",
}

scalars = st.none() | st.booleans() | st.integers(-9, 9) | st.text(max_size=3) | st.just({}) | st.just({"name": "f"})
roles = st.sampled_from(["system", "user", "assistant", "assistant", "function"])
texts = st.text(max_size=5) | st.sampled_from(["Yes.", " ", "\n", "Sure! Yes.", "\0", "é", "😀"])
sound = st.fixed_dictionaries(
    {"role": roles, "content": texts},
    optional={"name": st.text(max_size=3), "weight": st.sampled_from([0, 1])},
)
called = st.fixed_dictionaries(
    {"role": roles, "content": texts, "function_call": st.just({"name": "f", "arguments": "{}"})}
)
spoilt = st.fixed_dictionaries(
    {},
    optional={
        "role": roles | st.sampled_from(["", "User", "human", "assistant "]) | scalars,
        "content": texts | scalars,
        "name": scalars,
        "weight": scalars,
        "mood": scalars,
    },
)
messages = st.lists(sound | called | spoilt, max_size=5)
chats = st.fixed_dictionaries({"messages": messages | st.none()})
others = st.just({}) | st.none() | st.integers() | st.text(max_size=3) | st.lists(st.integers(), max_size=2)


def seven(counts):
    return {code: count for code, count in counts.items() if code in CODES}


@settings(max_examples=300, deadline=None)
@given(st.lists(chats | chats | chats | others, max_size=8))
def test_the_rules_count_as_the_classic_script_does(judged, dataset):
    assert seven(judged(*dataset).counts) == classic.format_errors(dataset)


@settings(max_examples=100, deadline=None)
@given(st.lists(st.fixed_dictionaries({"messages": st.just([{"role": "user", "content": "a"}]), "id": scalars})))
def test_chats_with_other_keys_count_too_where_the_file_holds_an_ordinary_chat(judged, dataset):
    dataset = [{"messages": [{"role": "user", "content": "a"}, {"role": "assistant", "content": "b"}]}, *dataset]
    assert seven(judged(*dataset).counts) == classic.format_errors(dataset)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(chats | others, max_size=12), st.sampled_from(["\n", "\r\n"]))
def test_the_report_of_a_file_counts_as_the_classic_script_does(tmp_path, dataset, end):
    path = tmp_path / "file.jsonl"
    path.write_text("".join(json.dumps(one) + end for one in dataset), newline="")
    report = check_file(path)
    assert seven(report.counts) == classic.format_errors(dataset)
    assert report.examples == len(dataset)
    assert sum(report.told.values()) == len(report.errors) + len(report.warnings)
