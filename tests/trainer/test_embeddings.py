"""Embeddings, by the official SDK."""

import base64
import struct
from math import isclose, sqrt
from typing import Any

import httpx
import openai
import pytest

from tests.tiny_model import CONTEXT, EMBEDDINGS_ID
from tests.trainer_process import KEY, Trainer
from trainer import fetch
from trainer.base_models import read_embedding_models
from trainer.serving.embeddings import Embeddings
from trainer.settings import cache_folder

ASK: dict[str, Any] = {"model": EMBEDDINGS_ID, "input": "What comes after 3?"}


def test_a_text_becomes_the_same_vector_of_length_one_alone_in_a_batch_and_as_tokens(trainer: Trainer) -> None:
    create = trainer.client.embeddings.create
    one = create(**ASK)
    (alone,) = (embedding.embedding for embedding in one.data)
    assert len(alone) == 16
    assert isclose(sqrt(sum(number * number for number in alone)), 1, abs_tol=1e-6)
    several = create(model=EMBEDDINGS_ID, input=["Something else", ASK["input"]])
    assert [embedding.index for embedding in several.data] == [0, 1]
    assert several.data[1].embedding == alone
    assert several.data[0].embedding != alone
    assert (one.model, one.usage.prompt_tokens, one.usage.total_tokens) == (EMBEDDINGS_ID, 19, 19)
    assert several.usage.prompt_tokens == 19 + 14
    # Tokens 30 and 31 are two letters' own.
    assert create(model=EMBEDDINGS_ID, input=[30, 31]).data == create(model=EMBEDDINGS_ID, input=[[30, 31]]).data


def test_vectors_come_as_numbers_or_as_base64_of_them(trainer: Trainer) -> None:
    def ask(**how: Any) -> Any:
        answer = httpx.post(
            f"{trainer.url}/embeddings", json={**ASK, **how}, headers={"Authorization": f"Bearer {KEY}"}
        )
        return answer.json()["data"][0]["embedding"]

    numbers, packed = ask(), base64.b64decode(ask(encoding_format="base64"))
    assert list(struct.unpack("<16f", packed)) == pytest.approx(numbers)
    assert ask(encoding_format="float", dimensions=16) == numbers


@pytest.mark.parametrize(
    ("change", "status", "param", "code"),
    [
        ({"model": "nobody"}, 404, "model", "model_not_found"),
        ({"model": "tiny-random"}, 400, "model", "unsupported_value"),
        ({"dimensions": 8}, 400, "dimensions", "unsupported_value"),
        ({"input": ""}, 400, "input", "empty_string"),
        ({"input": []}, 400, "input", "empty_array"),
        ({"input": [9999]}, 400, "input", None),
        ({"input": "a" * (CONTEXT + 1)}, 400, "input", "context_length_exceeded"),
        ({"input": "a" * 5_000_000}, 400, "input", "context_length_exceeded"),
        ({"input": ["a" * CONTEXT] * 150}, 400, "input", "context_length_exceeded"),
    ],
)
def test_what_cannot_be_embedded_is_refused(
    trainer: Trainer, change: dict[str, Any], status: int, param: str, code: str | None
) -> None:
    answer = httpx.post(f"{trainer.url}/embeddings", json={**ASK, **change}, headers={"Authorization": f"Bearer {KEY}"})
    error = answer.json()["error"]
    assert (answer.status_code, error["param"], error["code"]) == (status, param, code)


def test_a_model_for_embeddings_is_listed_and_does_nothing_else(trainer: Trainer) -> None:
    listed = {model.id: model for model in trainer.client.models.list()}
    assert listed[EMBEDDINGS_ID] == trainer.client.models.retrieve(EMBEDDINGS_ID)
    assert listed[EMBEDDINGS_ID].model_extra["fine_tunable"] is False
    with pytest.raises(openai.NotFoundError, match="makes embeddings only"):
        trainer.client.responses.create(model=EMBEDDINGS_ID, input="Hello")
    with pytest.raises(openai.PermissionDeniedError):
        trainer.client.models.delete(EMBEDDINGS_ID)


@pytest.mark.learns
def test_the_models_that_come_with_the_trainer_know_what_is_alike() -> None:
    for model in read_embedding_models().values():
        computing = Embeddings(fetch.ensure(model, cache_folder()))
        texts = [
            "How do I get my money back?",
            "Please refund my purchase.",
            "The weather in Oslo is cold and wet.",
        ]
        question, near, far = computing.vectors([computing.tokens(text) for text in texts])
        assert question @ near > 2 * abs(question @ far)
