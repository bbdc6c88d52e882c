"""Responses: /v1/responses, streamed and whole, kept for thirty days unless a client asks for less."""

from __future__ import annotations

import contextlib
import json
from collections.abc import AsyncGenerator, AsyncIterator
from typing import Annotated, Any, Literal, cast

from fastapi import APIRouter, Query, Request
from fastapi.responses import JSONResponse, Response, StreamingResponse

from trainer.api.answers import STREAM_HEADERS
from trainer.api.create_response import CreateResponse
from trainer.api.errors import ApiError, not_found
from trainer.api.generations import Generations
from trainer.api.objects import Deleted
from trainer.api.response_items import items_of, messages_of, without_first_turn
from trainer.api.response_objects import ItemObject, ItemsObject, ResponseObject, ResponseUsageObject
from trainer.api.response_stream import ResponseStream
from trainer.api.services import CurrentKey, Services, ServicesDep
from trainer.calls import Offer
from trainer.catalogue import ResolvedModel
from trainer.objects import Key, StoredResponse, new_id, now
from trainer.serving.messages import Delta, End

router = APIRouter(prefix="/v1/responses")

KEPT_SECONDS = 30 * 24 * 3600  # as the service keeps them

Said = AsyncGenerator[tuple[int, Delta | End], None]


@router.post("", response_model=None, responses={200: {"model": ResponseObject}})
async def create(services: ServicesDep, key: CurrentKey, http: Request, body: CreateResponse) -> Response:
    found = services.model(body.model, key)
    body.require_offered()
    offer = body.offer()
    items = [*_said_before(services, key, body.previous_response_id), *items_of(body.input)]
    generations, said = await _begun(services, found, key, body, offer, items)
    stream = ResponseStream(_begun_object(found, body), offer)

    def keep() -> None:
        if body.store is not False:
            services.store.add_response(_stored(stream.response, items, key))

    if body.stream:
        events = _events(stream, generations, said, keep)
        return StreamingResponse(events, media_type="text/event-stream", headers=STREAM_HEADERS)
    async with contextlib.aclosing(said):
        async for _, one in said:
            stream.add(one)
            if await http.is_disconnected():
                return Response(status_code=499)  # nobody reads it
    stream.end(_usage(generations))
    keep()
    return JSONResponse(stream.response)


@router.get("/{response_id}")
def retrieve(services: ServicesDep, key: CurrentKey, response_id: str, stream: bool = False) -> ResponseObject:
    kept = _kept(services, key, response_id)
    if stream:
        raise ApiError(
            400,
            "Only a response that was made in the background can be streamed again; those are not offered here.",
            param="stream",
            code="unsupported_value",
        )
    return cast("ResponseObject", kept.response)


@router.delete("/{response_id}")
def delete(services: ServicesDep, key: CurrentKey, response_id: str) -> Deleted:
    _kept(services, key, response_id)
    services.store.delete_response(response_id)
    return {"id": response_id, "object": "response", "deleted": True}


@router.post("/{response_id}/cancel")
def cancel(services: ServicesDep, key: CurrentKey, response_id: str) -> ResponseObject:
    _kept(services, key, response_id)
    raise ApiError(400, "Cannot cancel a synchronous response.")


@router.get("/{response_id}/input_items")
def list_input_items(
    services: ServicesDep,
    key: CurrentKey,
    response_id: str,
    after: str | None = None,
    limit: Annotated[int, Query(ge=1, le=100)] = 20,
    order: Literal["asc", "desc"] = "desc",
) -> ItemsObject:
    """All that the model read beside its instructions, what was said before in the conversation too."""
    items: list[Any] = _kept(services, key, response_id).input
    if order == "desc":
        items = items[::-1]
    if after is not None:
        at = next((at for at, item in enumerate(items) if item["id"] == after), None)
        if at is None:
            raise not_found("item", after, "after")
        items = items[at + 1 :]
    page = items[:limit]
    return {
        "object": "list",
        "data": page,
        "first_id": page[0]["id"] if page else "",
        "last_id": page[-1]["id"] if page else "",
        "has_more": len(items) > limit,
    }


async def _begun(
    services: Services, found: ResolvedModel, key: Key, body: CreateResponse, offer: Offer, items: list[ItemObject]
) -> tuple[Generations, Said]:
    """The answer to these items, or, where truncation is wanted, to as many of the last turns as leave it room."""
    while True:
        shorter = without_first_turn(items) if body.truncation == "auto" else None
        request = body.generation(found.base, offer, messages_of(body.instructions, items))
        generations = Generations([request], prompt_param="input", schema_param="text.format")
        try:
            said = await generations.begun(services, found, key)
        except ApiError as error:
            if shorter is None or error.body["error"]["code"] != "context_length_exceeded":
                raise
        else:
            if shorter is None or generations.prompt_tokens + body.max_tokens <= found.base.context_length:
                return generations, said
            await said.aclose()
        items = shorter


async def _events(stream: ResponseStream, generations: Generations, said: Said, keep: Any) -> AsyncIterator[str]:
    async with contextlib.aclosing(said):  # a client that went away ends the answer
        for event in stream.open():
            yield _line(event)
        try:
            async for _, one in said:
                for event in stream.add(one):
                    yield _line(event)
            ending = stream.end(_usage(generations))
        except ApiError as error:
            ending = stream.fail(str(error))
    keep()
    for event in ending:
        yield _line(event)


def _line(event: dict[str, Any]) -> str:
    return f"event: {event['type']}\ndata: {json.dumps(event, ensure_ascii=False)}\n\n"


def _said_before(services: Services, key: Key, id: str | None) -> list[Any]:
    """What a conversation has said up to the end of a response."""
    if id is None:
        return []
    kept = services.store.response(id)
    if kept is None or not key.sees(kept):
        raise ApiError(
            400,
            f"Previous response with id {id!r} not found.",
            param="previous_response_id",
            code="previous_response_not_found",
        )
    return [*kept.input, *kept.response["output"]]


def _kept(services: Services, key: Key, id: str) -> StoredResponse:
    kept = services.store.response(id)
    if kept is None or not key.sees(kept):
        raise not_found("response", id, "response_id")
    return kept


def _stored(response: ResponseObject, items: list[Any], key: Key) -> StoredResponse:
    return StoredResponse(
        id=response["id"],
        created_at=response["created_at"],
        expires_at=response["created_at"] + KEPT_SECONDS,
        response=dict(response),
        input=items,
        owner=key.name,
    )


def _begun_object(found: ResolvedModel, body: CreateResponse) -> ResponseObject:
    sampling = body.sampling(found.base)
    text, choice = body.text, body.tool_choice
    return {
        "id": new_id("resp_"),
        "object": "response",
        "created_at": now(),
        "status": "in_progress",
        "background": False,
        "completed_at": None,
        "error": None,
        "incomplete_details": None,
        "instructions": body.instructions,
        "max_output_tokens": body.max_output_tokens,
        "max_tool_calls": body.max_tool_calls,
        "metadata": body.metadata or {},
        "model": found.id,
        "output": [],
        "parallel_tool_calls": body.parallel_tool_calls is not False,
        "previous_response_id": body.previous_response_id,
        "prompt_cache_key": body.prompt_cache_key,
        "reasoning": None,
        "safety_identifier": body.safety_identifier,
        "service_tier": "default",
        "temperature": sampling.temperature,
        "text": {
            "format": text.format.model_dump(exclude_none=True, by_alias=True)
            if text and text.format
            else {"type": "text"},
            "verbosity": (text.verbosity if text else None) or "medium",
        },
        "tool_choice": (choice or "auto") if choice is None or isinstance(choice, str) else choice.model_dump(),
        "tools": [tool.model_dump() for tool in body.tools or []],
        "top_logprobs": body.top_logprobs or 0,
        "top_p": sampling.top_p,
        "truncation": body.truncation or "disabled",
        "usage": None,
        "user": body.user,
    }


def _usage(generations: Generations) -> ResponseUsageObject:
    return {
        "input_tokens": generations.prompt_tokens,
        "input_tokens_details": {"cached_tokens": 0, "cache_write_tokens": 0},
        "output_tokens": generations.completion_tokens,
        "output_tokens_details": {"reasoning_tokens": 0},
        "total_tokens": generations.prompt_tokens + generations.completion_tokens,
    }
