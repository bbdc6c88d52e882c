"""Embeddings: /v1/embeddings."""

from __future__ import annotations

import asyncio
import base64
from collections.abc import Sequence
from typing import Annotated, Literal, cast

from fastapi import APIRouter
from pydantic import Field

from trainer.api.bodies import Body
from trainer.api.errors import ApiError, model_not_found
from trainer.api.objects import EmbeddingObject, EmbeddingsObject
from trainer.api.services import CurrentKey, Services, ServicesDep
from trainer.base_models import EmbeddingModel
from trainer.errors import ModelUnavailable
from trainer.objects import Key
from trainer.tensors import Floats

router = APIRouter(prefix="/v1/embeddings")

# The service's limits (OpenAPI description of August 2026).
_MOST_TEXTS = 2048
_MOST_TOKENS = 300_000
_LONGEST_TOKEN = 64  # characters; no vocabulary has many such

Ids = Annotated[list[int], Field(min_length=1, max_length=_MOST_TEXTS)]


class CreateEmbedding(Body):
    model: str
    input: (
        Annotated[str, Field(min_length=1)]
        | Ids
        | Annotated[list[Annotated[str, Field(min_length=1)]], Field(min_length=1, max_length=_MOST_TEXTS)]
        | Annotated[list[Ids], Field(min_length=1, max_length=_MOST_TEXTS)]
    )
    encoding_format: Literal["float", "base64"] | None = None
    dimensions: Annotated[int, Field(ge=1)] | None = None
    user: str | None = None

    def inputs(self) -> list[str] | list[list[int]]:
        match self.input:
            case str() as text:
                return [text]
            case [int(), *_] as ids:
                return [cast("list[int]", ids)]
        return cast("list[str] | list[list[int]]", self.input)


@router.post("")
async def create(services: ServicesDep, key: CurrentKey, body: CreateEmbedding) -> EmbeddingsObject:
    model = _model(services, key, body.model)
    vectors, tokens = await _asked(services, model, body)
    return {
        "object": "list",
        "data": [_object(at, vector, body.encoding_format) for at, vector in enumerate(vectors)],
        "model": model.id,
        "usage": {"prompt_tokens": tokens, "total_tokens": tokens},
    }


async def embed(services: Services, model: EmbeddingModel, texts: Sequence[str]) -> list[list[float]]:
    """The vectors of texts, none of them empty, for a caller within the server. Raises ApiError."""
    vectors, _ = await _asked(services, model, CreateEmbedding(model=model.id, input=list(texts)))
    return [[float(number) for number in vector] for vector in vectors]


async def _asked(services: Services, model: EmbeddingModel, body: CreateEmbedding) -> tuple[Floats, int]:
    try:
        folder = await services.catalogue.weights(model)
        return await asyncio.to_thread(_computed, str(folder), model, body)
    except (ModelUnavailable, OSError) as error:
        raise ApiError(503, str(error), type="server_error", code="model_unavailable") from error


def _model(services: Services, key: Key, id: str) -> EmbeddingModel:
    model = services.catalogue.find_embeddings(id)
    if model is not None:
        return model
    found = services.catalogue.find(id)
    if found is None or not services.may_use(key, found):
        raise model_not_found(id)
    others = ", ".join(services.catalogue.embedding_models)
    raise ApiError(
        400,
        f"The model {id!r} makes no embeddings. Those that do: {others}.",
        param="model",
        code="unsupported_value",
    )


def _computed(folder: str, model: EmbeddingModel, body: CreateEmbedding) -> tuple[Floats, int]:
    """The vectors, and the number of tokens of all. ApiError where the model does not take the texts."""
    from trainer.serving.embeddings import embeddings

    computing = embeddings(folder)
    if body.dimensions not in (None, computing.dimensions):
        raise ApiError(
            400,
            f"This model's vectors have {computing.dimensions} dimensions; other numbers are not offered here.",
            param="dimensions",
            code="unsupported_value",
        )
    for at, text in enumerate(body.inputs()):
        if isinstance(text, str) and len(text) > _LONGEST_TOKEN * model.context_length:  # not even looked at
            raise _too_long(f"input[{at}] has more tokens than the {model.context_length} that this model takes.")
    tokens = [one if isinstance(one, list) else computing.tokens(one) for one in body.inputs()]
    for at, ids in enumerate(tokens):
        if len(ids) > model.context_length:
            raise _too_long(
                f"This model's maximum context length is {model.context_length} tokens, however input[{at}] "
                f"has {len(ids)} tokens. Please reduce its length."
            )
        if not all(0 <= id < computing.size for id in ids):
            raise ApiError(400, f"input[{at}] holds ids that are no tokens of this model.", param="input")
    count = sum(map(len, tokens))
    if count > _MOST_TOKENS:
        raise _too_long(f"At most {_MOST_TOKENS:,} tokens are taken at once, and these are {count:,}.")
    return computing.vectors(tokens), count


def _too_long(message: str) -> ApiError:
    return ApiError(400, message, param="input", code="context_length_exceeded")


def _object(index: int, vector: Floats, encoding_format: str | None) -> EmbeddingObject:
    return {
        "object": "embedding",
        "index": index,
        "embedding": base64.b64encode(vector.astype("<f4").tobytes()).decode()
        if encoding_format == "base64"
        else vector.tolist(),
    }
