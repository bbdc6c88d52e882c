"""Which column is the question and which the answer."""

import pytest

from training_files.report import ColumnMapping, TableNote
from training_files.tables.columns import part, propose

TURNS = [{"from": "human", "value": "hi"}, {"from": "gpt", "value": "hello"}]


def table(*columns, rows=8):
    """Columns that each hold a different sentence in every row."""
    return list(columns), [{name: f"{name} says something, no. {n}" for name in columns} for n in range(rows)]


@pytest.mark.parametrize(
    ("question", "answer"),
    [
        ("question", "answer"),
        ("Prompt", "Completion"),
        ("prompt", "response"),
        ("input", "output"),
        ("User Message", "assistant_message"),
        ("问题", "答案"),
        ("用户输入", "模型输出"),
        ("提问", "回复"),
        ("問題", "回答"),
        ("質問", "応答"),
        ("질문", "답변"),
        ("Frage", "Antwort"),
        ("pregunta", "respuesta"),
        ("Question (问题)", "Réponse"),
        ("pergunta", "resposta"),
        ("вопрос", "ответ"),
        ("text", "label"),
        ("评论", "情感"),
    ],
)
def test_a_pair_is_known_by_name_in_many_languages_whatever_stands_beside_it(question, answer):
    columns, rows = table("id", answer, question, "remarks")
    mapping, found_by = propose(columns, rows)
    assert mapping == ColumnMapping("chat", {"user": question, "assistant": answer})
    assert found_by == TableNote("by_names")


def test_alpaca_has_its_input_added_to_the_instruction():
    mapping, _ = propose(*table("instruction", "input", "output"))
    assert mapping == ColumnMapping("chat", {"user": "instruction", "context": "input", "assistant": "output"})


def test_a_system_prompt_and_a_passage_find_their_places():
    mapping, _ = propose(*table("system_prompt", "context", "question", "answer"))
    assert mapping is not None
    assert mapping.columns == {
        "system": "system_prompt",
        "user": "question",
        "context": "context",
        "assistant": "answer",
    }


@pytest.mark.parametrize(
    ("better", "worse"), [("chosen", "rejected"), ("优选回答", "较差回答"), ("Preferred", "Non-preferred")]
)
def test_two_judged_answers_are_preferences(better, worse):
    mapping, _ = propose(*table("prompt", better, worse))
    assert mapping == ColumnMapping("preference", {"user": "prompt", "preferred": better, "non_preferred": worse})


def test_a_list_of_turns_is_a_conversation_under_any_name():
    rows = [{"n": 1, "gespräch": TURNS}] * 3
    mapping, _ = propose(["n", "gespräch"], rows)
    assert mapping == ColumnMapping("chat", {"conversation": "gespräch"})


def test_completions_that_begin_with_a_space_were_made_for_a_base_model():
    rows = [{"prompt": f"text {n} ->", "completion": f" label {n}"} for n in range(5)]
    mapping, _ = propose(["prompt", "completion"], rows)
    assert mapping == ColumnMapping("completion", {"prompt": "prompt", "completion": "completion"})


def test_of_two_columns_with_other_names_the_first_is_the_question():
    mapping, found_by = propose(*table("spalte 1", "spalte 2"))
    assert mapping == ColumnMapping("chat", {"user": "spalte 1", "assistant": "spalte 2"})
    assert found_by == TableNote("by_contents")


def test_a_column_of_a_few_values_that_come_again_is_the_answer():
    rows = [{"a": ["good one", "bad one"][n % 2], "b": f"The soup was number {n}"} for n in range(12)]
    mapping, _ = propose(["a", "b"], rows)
    assert mapping == ColumnMapping("chat", {"user": "b", "assistant": "a"})


def test_numbers_dates_ids_and_constants_are_not_taken_for_text():
    rows = [
        {"id": f"a-{n}", "when": "2024-05-01", "n": n, "kind": "mail", "x": f"Is it {n}?", "y": f"Yes, {n}"}
        for n in range(9)
    ]
    mapping, _ = propose(list(rows[0]), rows)
    assert mapping == ColumnMapping("chat", {"user": "x", "assistant": "y"})


def test_where_nothing_tells_it_is_said_instead_of_guessed():
    assert propose(*table("alpha", "beta", "gamma")) == (None, None)


def test_one_named_column_and_one_other_text_make_a_pair():
    mapping, _ = propose(*table("Beschwerde", "answer"))
    assert mapping == ColumnMapping("chat", {"user": "Beschwerde", "assistant": "answer"})


def test_case_spaces_and_width_do_not_count_in_names():
    assert part("  ＱＵＥＳＴＩＯＮ：") == part("question") == "question"
    assert part("non-preferred_output") == "non_preferred"
    assert part("") is None
