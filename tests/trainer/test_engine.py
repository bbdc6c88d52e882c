"""What each engine makes of a request, without server or worker: the tiny model, asked directly."""

import json

import pytest
import torch
from tiny_model import MODEL_ID, build_tiny_model

from trainer.base_models import read_table
from trainer.serving.engine import Answer, Engine
from trainer.serving.prompt import NotAnswerable
from trainer.serving.request import (
    Ask,
    Conversation,
    End,
    Piece,
    Refused,
    Request,
    Sampling,
    Start,
    Text,
    Tokens,
    Wanted,
)


@pytest.fixture(scope="module")
def wanted(tmp_path_factory: pytest.TempPathFactory) -> Wanted:
    base = read_table(build_tiny_model(tmp_path_factory.mktemp("models")))[MODEL_ID]
    return Wanted(base.id, base.source[0].path, base.template(), base.context_length)


@pytest.fixture(scope="module")
def engine(wanted: Wanted) -> Engine:
    engine = Engine()
    engine.use(wanted)
    return engine


def said(engine: Engine, wanted: Wanted, request: Request) -> list[Start | Piece | End | Refused]:
    return [one for some in Answer(engine, Ask("ask-1", wanted, request)).rounds() for one in some]


def text(answer: list, choice: int = 0) -> str:
    return "".join(one.text for one in answer if isinstance(one, Piece) and one.choice == choice)


CHAT = Conversation([{"role": "user", "content": "Hello"}])


def test_the_same_seed_says_the_same_and_choices_differ(engine: Engine, wanted: Wanted) -> None:
    request = Request(CHAT, max_tokens=12, sampling=Sampling(temperature=1.5, seed=7), n=2)
    first, second = said(engine, wanted, request), said(engine, wanted, request)
    assert first == second
    assert text(first, 0) != text(first, 1)


def test_an_answer_held_to_a_schema_is_json_that_the_schema_allows(engine: Engine, wanted: Wanted) -> None:
    schema = {
        "type": "object",
        "properties": {"mood": {"enum": ["good", "bad"]}, "sure": {"type": "boolean"}},
        "required": ["mood", "sure"],
        "additionalProperties": False,
    }
    request = Request(CHAT, max_tokens=100, sampling=Sampling(temperature=1, seed=1), schema=schema)
    answer = said(engine, wanted, request)
    value = json.loads(text(answer))
    assert value["mood"] in ("good", "bad")
    assert isinstance(value["sure"], bool)
    assert isinstance(answer[-1], End)
    assert answer[-1].finish_reason == "stop"


def test_a_schema_that_is_none_is_refused(engine: Engine, wanted: Wanted) -> None:
    with pytest.raises(NotAnswerable) as caught:
        said(engine, wanted, Request(CHAT, max_tokens=5, schema={"type": "no such type"}))
    assert caught.value.refused.code == "invalid_schema"


def test_log_probabilities_are_the_models_own_whatever_is_chosen_for(engine: Engine, wanted: Wanted) -> None:
    likeliest = said(engine, wanted, Request(CHAT, 1, Sampling(temperature=0), logprobs=3))
    other = said(engine, wanted, Request(CHAT, 1, Sampling(temperature=0, logit_bias={"50": 100.0}), logprobs=3))
    [one], [two] = (next(piece.tokens for piece in answer if isinstance(piece, Piece)) for answer in (likeliest, other))
    assert one.top == two.top
    assert [top.logprob for top in one.top] == sorted((top.logprob for top in one.top), reverse=True)
    assert one.logprob == one.top[0].logprob > two.logprob
    assert bytes(two.bytes).decode() == two.token


def test_an_echo_tells_the_prompt_token_by_token_and_counts_none_of_it(engine: Engine, wanted: Wanted) -> None:
    answer = said(engine, wanted, Request(Text("abc"), max_tokens=0, echo=True, logprobs=1))
    tokens = [token for piece in answer if isinstance(piece, Piece) for token in piece.tokens]
    assert text(answer) == "abc"
    assert [token.token for token in tokens] == ["a", "b", "c"]
    assert tokens[0].logprob == 0
    assert not tokens[0].top
    assert all(token.logprob < 0 for token in tokens[1:])
    assert answer[-1] == End("length", 0)


def test_a_long_prompt_is_judged_as_if_it_were_read_at_once(engine: Engine, wanted: Wanted) -> None:
    ids = [3 + number * 7 % 200 for number in range(600)]
    answer = said(engine, wanted, Request(Tokens(ids), max_tokens=0, echo=True, logprobs=0))
    told = [token.logprob for piece in answer if isinstance(piece, Piece) for token in piece.tokens]
    with torch.inference_mode():
        logs = torch.log_softmax(engine.model(input_ids=torch.tensor([ids])).logits[0].float(), dim=-1)
    assert len(told) == len(ids)
    for place in range(1, len(ids)):
        assert told[place] == pytest.approx(float(logs[place - 1, ids[place]]), abs=0.05)


def test_ids_that_are_no_tokens_and_prompts_without_room_are_refused(engine: Engine, wanted: Wanted) -> None:
    for prompt, code in ((Tokens([10**6]), "invalid_prompt"), (Tokens([5] * 2048), "context_length_exceeded")):
        with pytest.raises(NotAnswerable) as caught:
            said(engine, wanted, Request(prompt, max_tokens=5))
        assert caught.value.refused.code == code
