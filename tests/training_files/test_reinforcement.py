"""The reinforcement format, and what tells it from chats that end too early."""

from texts.findings import sentence

USER = {"role": "user", "content": "What is 2 + 2?"}
ANSWER = {"role": "assistant", "content": "4"}
TASK = {"messages": [USER], "reference_answer": "4"}


def test_examples_that_end_with_a_question_and_have_fields_for_a_grader_are_fine(judged):
    assert judged(*[TASK] * 10, {"messages": [USER, ANSWER, USER], "reference_answer": "4"}).counts == {}


def test_a_field_that_is_missing_somewhere_is_named(judged):
    (finding,) = judged(TASK, {"messages": [USER], "answer": "4"}).first("warning")
    assert (finding.code, finding.line) == ("missing_grader_field", 2)
    assert "`reference_answer`" in sentence(finding)


def test_their_messages_are_held_to_the_format(judged):
    (finding,) = judged(TASK, TASK | {"messages": [{"role": "human", "content": "a"}, USER]}).first("error")
    assert (finding.code, finding.line, finding.field) == ("unrecognized_role", 2, "messages[0].role")


def test_without_fields_for_a_grader_it_is_a_chat_without_an_answer(judged):
    assert judged({"messages": [USER]}, {"messages": [USER]}).counts == {"example_missing_assistant_message": 2}


def test_among_chats_it_is_a_chat_that_ends_too_early(judged):
    asked = {"messages": [USER, ANSWER, USER], "id": 2}
    first, second = judged({"messages": [USER, ANSWER]}, asked, TASK).first("error")
    assert (first.code, first.line, first.field) == ("last_message_not_assistant", 2, "messages[2].role")
    assert (second.code, second.line) == ("example_missing_assistant_message", 3)


def test_more_of_them_than_are_kept_are_counted_all_the_same(judged):
    findings = judged({"messages": [USER, ANSWER]}, *[TASK] * 1_500)
    assert findings.counts == {"example_missing_assistant_message": 1_500}
    assert len(findings.first("error")) == 1_000
