"""What each engine makes of a request, without server or worker: the tiny model, asked directly."""

import json

import pytest

from tests.engine_answers import CHAT, said, text
from trainer.serving.engines.interface import Engine
from trainer.serving.engines.llama_engine import LlamaEngine
from trainer.serving.engines.slots import SlotPool
from trainer.serving.engines.transformers_engine import TransformersEngine
from trainer.serving.messages import (
    Delta,
    End,
    Generation,
    ModelRef,
    Refusal,
    Sampling,
    Text,
    Tokens,
)


@pytest.fixture(scope="module", params=["llama.cpp", "transformers"])
def engine(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Engine:
    return (
        LlamaEngine(SlotPool(tmp_path_factory.mktemp("llama")))
        if request.param == "llama.cpp"
        else TransformersEngine()
    )


def test_the_same_seed_says_the_same_and_choices_differ(engine: Engine, model: ModelRef) -> None:
    request = Generation(CHAT, max_tokens=12, sampling=Sampling(temperature=1.5, seed=7), n=2)
    first, second = said(engine, model, request), said(engine, model, request)
    assert first == second
    assert text(first, 0) != text(first, 1)


def test_an_answer_held_to_a_schema_is_json_that_the_schema_allows(engine: Engine, model: ModelRef) -> None:
    schema = {
        "type": "object",
        "properties": {"mood": {"enum": ["good", "bad"]}, "sure": {"type": "boolean"}},
        "required": ["mood", "sure"],
        "additionalProperties": False,
    }
    request = Generation(CHAT, max_tokens=100, sampling=Sampling(temperature=1, seed=1), schema=schema)
    answer = said(engine, model, request)
    value = json.loads(text(answer))
    assert value["mood"] in ("good", "bad")
    assert isinstance(value["sure"], bool)
    assert isinstance(answer[-1], End)
    assert answer[-1].finish_reason == "stop"


def test_a_schema_that_is_none_is_refused(engine: Engine, model: ModelRef) -> None:
    with pytest.raises(Refusal) as caught:
        said(engine, model, Generation(CHAT, max_tokens=5, schema={"type": "no such type"}))
    assert caught.value.refused.code == "invalid_schema"


def test_log_probabilities_are_the_models_own_whatever_is_chosen_for(engine: Engine, model: ModelRef) -> None:
    likeliest = said(engine, model, Generation(CHAT, 1, Sampling(temperature=0), logprobs=3))
    other = said(engine, model, Generation(CHAT, 1, Sampling(temperature=0, logit_bias={"50": 100.0}), logprobs=3))
    [one], [two] = (next(piece.tokens for piece in answer if isinstance(piece, Delta)) for answer in (likeliest, other))
    assert one.top == two.top
    assert [top.logprob for top in one.top] == sorted((top.logprob for top in one.top), reverse=True)
    assert one.logprob == one.top[0].logprob > two.logprob
    assert bytes(two.bytes).decode() == two.token


def test_asking_for_log_probabilities_does_not_change_what_is_said(engine: Engine, model: ModelRef) -> None:
    for sampling in (Sampling(temperature=0), Sampling(temperature=1.5, seed=3)):
        plain = said(engine, model, Generation(CHAT, 30, sampling))
        judged = said(engine, model, Generation(CHAT, 30, sampling, logprobs=2))
        assert text(plain) == text(judged)
        assert plain[-1].completion_tokens == judged[-1].completion_tokens


def test_a_penalty_keeps_the_answer_from_repeating_itself(engine: Engine, model: ModelRef) -> None:
    # Only what was said counts, not the prompt.
    prompt, bias = Tokens([50] * 9), {"50": 5.0}
    plain = said(engine, model, Generation(prompt, 9, Sampling(temperature=0, logit_bias=bias)))
    other = said(engine, model, Generation(prompt, 9, Sampling(temperature=0, logit_bias=bias, frequency_penalty=2.0)))
    favourite = text(plain)[0]
    assert text(plain) == favourite * 9
    assert text(other)[0] == favourite
    assert 1 < text(other).count(favourite) < 9


def test_an_echo_tells_the_prompt_token_by_token_and_counts_none_of_it(engine: Engine, model: ModelRef) -> None:
    answer = said(engine, model, Generation(Text("abc"), max_tokens=0, echo=True, logprobs=1))
    tokens = [token for piece in answer if isinstance(piece, Delta) for token in piece.tokens]
    assert text(answer) == "abc"
    assert [token.token for token in tokens] == ["a", "b", "c"]
    assert tokens[0].logprob == 0
    assert not tokens[0].top
    assert all(token.logprob < 0 for token in tokens[1:])
    assert answer[-1] == End("length", 0)


def test_a_long_prompt_is_judged_as_if_it_were_read_at_once(engine: Engine, model: ModelRef) -> None:
    import torch

    from trainer.serving.engines.transformers_model import TransformersModel

    ids = [3 + number * 7 % 200 for number in range(600)]
    answer = said(engine, model, Generation(Tokens(ids), max_tokens=0, echo=True, logprobs=0))
    told = [token.logprob for piece in answer if isinstance(piece, Delta) for token in piece.tokens]
    reference = TransformersModel()
    reference.use(model)
    with torch.inference_mode():
        logs = torch.log_softmax(reference.model(input_ids=torch.tensor([ids])).logits[0].float(), dim=-1)
    assert len(told) == len(ids)
    for place in range(1, len(ids)):
        assert told[place] == pytest.approx(float(logs[place - 1, ids[place]]), abs=0.1)


@pytest.mark.filterwarnings("error::FutureWarning", "error::DeprecationWarning")
def test_an_answer_does_nothing_that_a_library_will_not_do_any_more(engine: Engine, model: ModelRef) -> None:
    assert isinstance(said(engine, model, Generation(CHAT, max_tokens=3))[-1], End)


def test_ids_that_are_no_tokens_and_prompts_without_room_are_refused(engine: Engine, model: ModelRef) -> None:
    for prompt, code in ((Tokens([10**6]), "invalid_prompt"), (Tokens([5] * 2048), "context_length_exceeded")):
        with pytest.raises(Refusal) as caught:
            said(engine, model, Generation(prompt, max_tokens=5))
        assert caught.value.refused.code == code
