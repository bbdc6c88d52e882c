"""A response as it grows, and the events that tell of it."""

from __future__ import annotations

from typing import Any

from trainer.api.answers import token_logprob
from trainer.api.objects import TokenLogprobObject
from trainer.api.response_items import output_text
from trainer.api.response_objects import (
    FunctionCallObject,
    ItemStatus,
    OutputMessageObject,
    OutputTextObject,
    ResponseObject,
    ResponseUsageObject,
)
from trainer.calls import Call, CallReader, Offer
from trainer.objects import new_id, now
from trainer.serving.messages import Delta, End

Event = dict[str, Any]


class ResponseStream:
    """Adds what a model says to `response`. Each method returns the events that tell of what it did, numbered from 0;
    an event is to be sent before the next call changes what it holds."""

    def __init__(self, response: ResponseObject, offer: Offer) -> None:
        self.response = response
        self._reader = CallReader(offer)
        self._count = 0
        self._message: OutputMessageObject | None = None
        self._text: list[str] = []
        self._logprobs: list[TokenLogprobObject] = []
        self._held: list[TokenLogprobObject] = []  # of tokens whose text the reader holds back
        self._cut = False

    def open(self) -> list[Event]:
        return [
            self._event("response.created", response=self.response),
            self._event("response.in_progress", response=self.response),
        ]

    def add(self, said: Delta | End) -> list[Event]:
        self._held += [token_logprob(token) for token in said.tokens]
        if isinstance(said, Delta):
            return [event for one in self._reader.add(said.text) for event in self._hear(one)]
        self._cut = said.finish_reason == "length"
        rest = self._reader.rest(cut=self._cut)
        return [
            event for at, one in enumerate(rest) for event in self._hear(one, cut=self._cut and at == len(rest) - 1)
        ]

    def end(self, usage: ResponseUsageObject) -> list[Event]:
        """Once all was added."""
        events = [] if self.response["output"] or self._message else self._open_message()
        events += self._close_message("incomplete" if self._cut else "completed")
        self.response["usage"] = usage
        if self._cut:
            self.response["status"] = "incomplete"
            self.response["incomplete_details"] = {"reason": "max_output_tokens"}
            return [*events, self._event("response.incomplete", response=self.response)]
        self.response["status"] = "completed"
        self.response["completed_at"] = now()
        return [*events, self._event("response.completed", response=self.response)]

    def fail(self, message: str) -> list[Event]:
        events = self._close_message("incomplete")
        self.response["status"] = "failed"
        self.response["error"] = {"code": "server_error", "message": message}
        return [*events, self._event("response.failed", response=self.response)]

    def _hear(self, one: str | Call, *, cut: bool = False) -> list[Event]:
        return (
            self._add_text(one) if isinstance(one, str) else self._add_call(one, "incomplete" if cut else "completed")
        )

    def _add_text(self, text: str) -> list[Event]:
        events = [] if self._message else self._open_message()
        logprobs, self._held = self._held, []
        self._text.append(text)
        self._logprobs += logprobs
        return [*events, self._event("response.output_text.delta", **self._place(), delta=text, logprobs=logprobs)]

    def _open_message(self) -> list[Event]:
        self._message = {
            "id": new_id("msg_"),
            "type": "message",
            "role": "assistant",
            "status": "in_progress",
            "content": [],
        }
        self._text, self._logprobs = [], []
        return [
            self._event("response.output_item.added", output_index=self._index, item=self._message),
            self._event("response.content_part.added", **self._place(), part=output_text("")),
        ]

    def _close_message(self, status: ItemStatus) -> list[Event]:
        if self._message is None:
            return []
        place = self._place()
        part: OutputTextObject = {**output_text("".join(self._text)), "logprobs": self._logprobs}
        item: OutputMessageObject = {**self._message, "status": status, "content": [part]}
        events = [
            self._event("response.output_text.done", **place, text=part["text"], logprobs=part["logprobs"]),
            self._event("response.content_part.done", **place, part=part),
            self._event("response.output_item.done", output_index=self._index, item=item),
        ]
        self.response["output"].append(item)
        self._message = None
        return events

    def _add_call(self, call: Call, status: ItemStatus) -> list[Event]:
        events = self._close_message("completed")
        self._held = []  # they spelt the call
        item: FunctionCallObject = {
            "id": new_id("fc_"),
            "type": "function_call",
            "call_id": call.id,
            "name": call.name,
            "arguments": call.arguments,
            "status": status,
        }
        begun: FunctionCallObject = {**item, "arguments": "", "status": "in_progress"}
        place = {"item_id": item["id"], "output_index": self._index}
        events += [
            self._event("response.output_item.added", output_index=self._index, item=begun),
            self._event("response.function_call_arguments.delta", **place, delta=call.arguments),
            self._event("response.function_call_arguments.done", **place, name=call.name, arguments=call.arguments),
            self._event("response.output_item.done", output_index=self._index, item=item),
        ]
        self.response["output"].append(item)
        return events

    @property
    def _index(self) -> int:
        return len(self.response["output"])

    def _place(self) -> dict[str, Any]:
        assert self._message is not None
        return {"item_id": self._message["id"], "output_index": self._index, "content_index": 0}

    def _event(self, type: str, **fields: Any) -> Event:
        event = {"type": type, "sequence_number": self._count, **fields}
        self._count += 1
        return event
