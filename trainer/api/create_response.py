"""What a client asks for when it creates a response: its body, and what that comes to for the model."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field

from trainer.api import tool_calls
from trainer.api.answers import DEFAULT_MAX_TOKENS, sampling
from trainer.api.bodies import Body, Strict, require_metadata
from trainer.api.errors import ApiError
from trainer.api.response_items import Item
from trainer.api.tool_calls import Function, FunctionName, Name, NamedTool, Tool
from trainer.base_models import BaseModel
from trainer.calls import Offer
from trainer.serving.messages import Conversation, Generation, Sampling

Include = Literal[
    "file_search_call.results",
    "web_search_call.results",
    "web_search_call.action.sources",
    "message.input_image.image_url",
    "computer_call_output.output.image_url",
    "code_interpreter_call.outputs",
    "reasoning.encrypted_content",
    "message.output_text.logprobs",
]


class FunctionTool(Strict):
    type: Literal["function"]
    name: Name
    description: str | None = None
    parameters: dict[str, Any] | None = None
    strict: bool | None = None


class NamedFunction(Strict):
    type: Literal["function"]
    name: str


class AllowedFunctions(Strict):
    type: Literal["allowed_tools"]
    mode: Literal["auto", "required"]
    tools: list[NamedFunction]


class Format(Strict):
    type: Literal["text", "json_object", "json_schema"]
    name: Name | None = None
    schema_: Annotated[dict[str, Any] | None, Field(alias="schema")] = None
    description: str | None = None
    strict: bool | None = None

    def schema_of_answer(self) -> dict[str, Any] | None:
        """The JSON schema that answers are held to; None where they are text."""
        if self.type != "json_schema":
            return {"type": "object"} if self.type == "json_object" else None
        for name, value in (("name", self.name), ("schema", self.schema_)):
            if value is None:
                raise ApiError(
                    400,
                    f"Missing required parameter: 'text.format.{name}'.",
                    param=f"text.format.{name}",
                    code="missing_required_parameter",
                )
        return self.schema_ or {"type": "object"}


class Text(Strict):
    format: Format | None = None
    verbosity: Literal["low", "medium", "high"] | None = None


class StreamOptions(Strict):
    include_obfuscation: bool | None = None


class CreateResponse(Body):
    model: str
    input: str | Annotated[list[Item], Field(min_length=1)]
    instructions: str | None = None
    previous_response_id: str | None = None
    store: bool | None = None
    stream: bool | None = None
    stream_options: StreamOptions | None = None
    temperature: Annotated[float, Field(ge=0, le=2)] | None = None
    top_p: Annotated[float, Field(ge=0, le=1)] | None = None
    max_output_tokens: Annotated[int, Field(ge=16)] | None = None
    text: Text | None = None
    tools: Annotated[list[FunctionTool], Field(max_length=128)] | None = None
    tool_choice: Literal["none", "auto", "required"] | NamedFunction | AllowedFunctions | None = None
    parallel_tool_calls: bool | None = None
    include: list[Include] | None = None
    top_logprobs: Annotated[int, Field(ge=0, le=20)] | None = None
    truncation: Literal["auto", "disabled"] | None = None
    metadata: dict[str, str] | None = None
    background: bool | None = None
    # Taken and not used: they tell the service how to bill, keep or speed up, or limit tools that are not here.
    max_tool_calls: int | None = None
    prompt_cache_key: str | None = None
    prompt_cache_options: dict[str, Any] | None = None
    prompt_cache_retention: str | None = None
    safety_identifier: Annotated[str, Field(max_length=64)] | None = None
    service_tier: str | None = None
    user: str | None = None
    # Known to the protocol; a value that asks for something is refused.
    context_management: None = None
    conversation: None = None
    moderation: None = None
    prompt: None = None
    reasoning: None = None

    @property
    def max_tokens(self) -> int:
        return self.max_output_tokens or DEFAULT_MAX_TOKENS

    @property
    def with_logprobs(self) -> bool:
        return "message.output_text.logprobs" in (self.include or [])

    def offer(self) -> Offer:
        tools = [
            Tool(type="function", function=Function(**tool.model_dump(exclude={"type"}))) for tool in self.tools or []
        ]
        match self.tool_choice:
            case NamedFunction(name=name):
                return tool_calls.offer(tools, _named(name))
            case AllowedFunctions():
                allowed = tool_calls.AllowedTools(
                    mode=self.tool_choice.mode, tools=[_named(one.name) for one in self.tool_choice.tools]
                )
                return tool_calls.offer(
                    tools, tool_calls.AllowedToolsChoice(type="allowed_tools", allowed_tools=allowed)
                )
            case choice:
                return tool_calls.offer(tools, choice)

    def sampling(self, base: BaseModel) -> Sampling:
        return sampling(base, self.temperature, self.top_p)

    def generation(self, base: BaseModel, offer: Offer, messages: list[dict[str, Any]]) -> Generation:
        """What the model is asked. ApiError where parts of the body contradict each other."""
        template = base.template()
        schema = self.text.format.schema_of_answer() if self.text and self.text.format else None
        if schema is not None and offer.tools:
            raise ApiError(
                400,
                "A text.format beside tools is not offered here; tool_choice 'none' lets the answer have that format.",
                param="text.format",
                code="unsupported_value",
            )
        return Generation(
            prompt=Conversation(messages, offer.tools or None, offer.opening(template)),
            max_tokens=self.max_tokens,
            sampling=self.sampling(base),
            stop=offer.stop_after_one() if self.parallel_tool_calls is False else [],
            logprobs=(self.top_logprobs or 0) if self.with_logprobs else None,
            schema=schema or offer.schema(template),
        )

    def require_offered(self) -> None:
        """ApiError for what the types cannot say."""
        require_metadata(self.metadata)
        if self.background:
            raise ApiError(
                400,
                "Responses in the background are not offered here; leave 'background' out, or stream.",
                param="background",
                code="unsupported_value",
            )
        if self.stream_options is not None and not self.stream:
            raise ApiError(
                400, "The 'stream_options' parameter is only allowed when 'stream' is enabled.", param="stream_options"
            )


def _named(name: str) -> NamedTool:
    return NamedTool(type="function", function=FunctionName(name=name))
