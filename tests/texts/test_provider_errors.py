import re

import pytest

from bot.jobs.explanations import _BY_CODE, Cause
from bot.providers.protocol import JobError
from texts.language import Language, speaking
from texts.provider_errors import explain, explain_no_answer, explanation


@pytest.mark.parametrize(
    ("code", "message", "says"),
    [
        ("invalid_n_examples", "Training file has 7 example(s)", "at least 10"),
        ("invalid_training_file", "Example 100, message 2", "correct the file"),
        ("training_not_available", "", "another provider"),
        ("insufficient_quota", "", "add credit"),
        ("invalid_api_key", "", "valid one"),
        ("model_not_found", "", "/finetune models"),
        ("rate_limit_exceeded", "", "in a few minutes"),
        ("server_error", "", "trouble of its own"),
        ("connection_error", "", "could not reach"),
        ("timeout", "", "could not reach"),
        ("job_not_found", "", "no such job"),
        (None, "Model X is not available for fine-tuning or does not exist", "Choose another one"),
        (None, "The provided training data failed RAI checks for harm types: [violence]", "safety check"),
        (None, "CUDA out of memory. Tried to allocate 2 GiB", "smaller batch size"),
        ("brand_new_code", "You exceeded your current quota", "add credit"),
    ],
)
def test_an_error_is_put_into_plain_words_with_what_to_do(code: str | None, message: str, says: str) -> None:
    assert says in explain(JobError(code, message))


def test_an_error_that_nobody_knows_still_gets_a_next_step() -> None:
    assert "ask an administrator" in explain(JobError("zzz", "???"))


def test_the_providers_words_are_never_in_the_explanation() -> None:
    assert "<!channel>" not in explain(JobError("<!channel>", "<!channel> quota"))


@pytest.mark.parametrize("cause", Cause)
def test_explanations_are_whole_sentences_that_fit_under_an_error(cause: Cause) -> None:
    said = explanation(cause)
    assert said[0].isupper()
    assert said.endswith(".")
    assert len(said) <= 600
    with speaking(Language.CHINESE):
        assert explanation(cause).endswith("。")


@pytest.mark.parametrize("cause", sorted({*_BY_CODE, ""}))
def test_who_asked_a_model_hears_of_no_job_and_what_to_do(cause: str) -> None:
    said = explain_no_answer(JobError(cause, ""))
    assert not re.search(r"\bjob|\bfile|training|fine-tune", said)
    assert re.search("sk again|in other words|talk to another|administrator|lists|new conversation", said)
