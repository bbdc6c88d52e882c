"""What models answer to items: asked for once, and kept by what was asked. Whoever wants the same gets what is there.

An answer is stored, with what it cost, before anybody is told of it. A failure is not kept.
"""

import asyncio
import hashlib
import time
from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from contextlib import aclosing
from types import MappingProxyType
from typing import Any, Final

import msgspec
import structlog

from bot.backoff import Backoff
from bot.conversations.completion import ask_model, label_probabilities
from bot.errors import BotError, NotFound
from bot.evaluations.evaluation import AskedHow, EvaluationStore, StoredAnswer
from bot.evaluations.pace import OWN_AT_A_TIME, Pace
from bot.evaluations.survey import answer_keys
from bot.keyed_locks import KeyedLocks
from bot.models.catalogue import Catalogue
from bot.models.lost import LostModels
from bot.models.unanswered import delay_after
from bot.providers.chat import (
    ChatDelta,
    ChatMessage,
    ChatRequest,
    Parameters,
    TokenLogprobs,
    ToolCall,
    Usage,
)
from bot.providers.interface import Provider, ProviderError, RateLimited, Refused
from bot.spending.model_use import ModelSpending, ModelUse
from bot.timing import Timing
from graders.errors import GraderError, NotAvailable

log = structlog.get_logger()

MOST_REFUSALS: Final = 30
"""So often an answer is asked for again where the provider takes no more for now."""
_CHECK_EVERY: Final = 1.0


class Asked(msgspec.Struct, frozen=True):
    """One question to a model. `prompt`: the hash of messages and tools; `file`: of the file that they come from;
    `kept_in`: as in `answer_keys`."""

    model: str
    messages: tuple[ChatMessage, ...]
    prompt: str
    file: str
    how: AskedHow = AskedHow()
    tools: tuple[dict[str, Any], ...] = ()
    sample: int = 0
    kept_in: str = ""

    def keys(self, provider: str) -> tuple[str, ...]:
        return answer_keys(provider, self.model, self.prompt, self.how, self.sample, self.kept_in)


class EmbeddingModel(msgspec.Struct, frozen=True):
    """The model that turns texts into vectors, and who has it. `anywhere`: it may be used in every channel. `usual`: it
    is only what the vendor's servers usually have, and counts where it is listed."""

    name: str
    provider: Provider
    anywhere: bool = True
    usual: bool = False


async def embedding_model(
    catalogue: Catalogue, embeddings: Mapping[str, EmbeddingModel], models: Sequence[str]
) -> EmbeddingModel | None:
    """The one by which the answers of all these models are compared: that of the first one's provider which has one,
    else of any. `embeddings`: by provider. None where nobody has one. Raises UnknownProvider."""
    own = [embeddings.get((await catalogue.provider_of(model)).name) for model in models]
    for one in (*filter(None, own), *(one for one in embeddings.values() if one.anywhere)):
        if not one.usual or await catalogue.lists(one.provider.name, one.name):
            return one
    return None


class _Text(msgspec.Struct, frozen=True):
    """A text that is to become a vector. `file`: the one that it comes from, or was asked about."""

    model: str
    text: str
    file: str
    kept_in: str = ""

    def keys(self, provider: str) -> tuple[str, ...]:
        text = hashlib.sha256(self.text.encode()).hexdigest()
        return answer_keys(provider, self.model, f"embedding/{text}", AskedHow(), 0, self.kept_in)


class Payer(msgspec.Struct, frozen=True):
    """Whose budgets an answer counts within, and what it is for (an evaluation's id)."""

    user: str
    channel: str
    subject: str


class Stopped(Exception):
    """Nothing more is to be asked."""


class Given(msgspec.Struct, frozen=True):
    """`cached`: it had been given before."""

    key: str
    answer: StoredAnswer
    cached: bool


class ModelAnswers:
    def __init__(
        self,
        evaluations: EvaluationStore,
        catalogue: Catalogue,
        lost_models: LostModels,
        spending: ModelSpending,
        *,
        retry: Backoff = Timing.evaluate,
        embeddings: Mapping[str, EmbeddingModel] = MappingProxyType({}),
    ) -> None:
        self._evaluations = evaluations
        self._catalogue = catalogue
        self._lost_models = lost_models
        self._spending = spending
        self._retry = retry
        self._embeddings = embeddings
        self._asking = KeyedLocks()
        self._paces: dict[str, Pace] = {}
        self._takes_no_temperature: set[str] = set()
        self._checked: dict[tuple[str, str, str], float] = {}

    async def provider_of(self, model: str) -> Provider:
        return await self._catalogue.provider_of(model)

    async def get(
        self, asked: Asked | _Text, payer: Payer, provider: Provider, stopped: Callable[[], bool] = lambda: False
    ) -> Given:
        """The answer, given before or now. Raises OverBudget, NotFound where the model is gone, ProviderError after
        some tries; Stopped where by its turn nothing more is to be asked."""
        key, *others = asked.keys(provider.name)
        async with self._asking.of(key):
            known = await self._evaluations.answers([key, *others])
            for one in (key, *others):
                if one in known:
                    return Given(one, known[one], cached=True)
            answer, use = await self._ask(asked, payer, provider, stopped)
            await self._keep(key, asked, answer, use)
            return Given(key, answer, cached=False)

    async def _keep(self, key: str, asked: "Asked | _Text", answer: StoredAnswer, use: ModelUse | None) -> None:
        """It is paid for: where the store takes nothing for now, that is waited for a little."""
        for delay in self._retry:
            try:
                return await self._evaluations.keep_answer(key, asked.model, asked.file, answer, use)
            except BotError as error:
                log.warning("answer not kept", key=key, why=str(error), seconds=delay)
                await asyncio.sleep(delay)
        return await self._evaluations.keep_answer(key, asked.model, asked.file, answer, use)

    def embedder(self, models: Sequence[str], payer: Payer, file: str, kept_in: str = "") -> "KeptEmbedder | None":
        """For answers of these models. None where there is no model for embeddings."""
        return KeptEmbedder(self, models, payer, file, kept_in) if self._embeddings else None

    async def embedding_model(self, models: Sequence[str]) -> EmbeddingModel | None:
        return await embedding_model(self._catalogue, self._embeddings, models)

    def pace(self, model: str, provider: Provider) -> Pace:
        if provider.name not in self._paces:
            own = self._spending.is_free(model, provider.name)
            self._paces[provider.name] = Pace(OWN_AT_A_TIME, OWN_AT_A_TIME) if own else Pace()
        return self._paces[provider.name]

    async def _ask(
        self, asked: Asked | _Text, payer: Payer, provider: Provider, stopped: Callable[[], bool]
    ) -> tuple[StoredAnswer, ModelUse | None]:
        pace = self.pace(asked.model, provider)
        delays, refusals, sent = iter(self._retry), 0, asked
        while True:
            try:
                async with pace.turn():
                    if stopped():
                        raise Stopped
                    await self._check_budget(asked.model, payer, provider)
                    if isinstance(asked, _Text):
                        heard = await _embedded(provider, asked)
                    else:
                        sent = self._as_taken(asked)
                        heard = await _heard(provider, sent)
            except RateLimited as error:
                pace.refused(error.retry_after)
                refusals += 1
                if refusals > MOST_REFUSALS:
                    raise
                continue
            except ProviderError as error:
                if isinstance(sent, _Text):
                    if isinstance(error, Refused):
                        raise
                elif self._is_about_temperature(error, sent):
                    continue
                delay = await delay_after(error, asked.model, delays, self._catalogue, self._lost_models)
                log.info("asked again", model=asked.model, why=str(error), seconds=delay)
                await asyncio.sleep(delay)
                continue
            pace.answered()
            if heard.usage is None:
                return heard, None
            use = self._spending.use(
                payer.user, payer.channel, asked.model, provider.name, payer.subject, heard.usage, time.time()
            )
            return msgspec.structs.replace(heard, usd=use.usd), use

    def _is_about_temperature(self, error: ProviderError, sent: Asked) -> bool:
        """Reasoning models take none ("Unsupported value: 'temperature' does not support 0 with this model.", OpenAI,
        read 2026-11-29): they are asked without it from then on."""
        if not isinstance(error, Refused) or "temperature" not in str(error).lower():
            return False
        self._takes_no_temperature.add(sent.model)
        return sent.how.parameters.temperature is not None

    def _as_taken(self, asked: Asked) -> Asked:
        if asked.model not in self._takes_no_temperature:
            return asked
        parameters = msgspec.structs.replace(asked.how.parameters, temperature=None)
        # A label would be asked for at temperature 0.
        how = msgspec.structs.replace(asked.how, parameters=parameters, labels=())
        return msgspec.structs.replace(asked, how=how)

    async def _check_budget(self, model: str, payer: Payer, provider: Provider) -> None:
        """Once a second is often enough."""
        about, now = (payer.user, payer.channel, provider.name), time.monotonic()
        if now - self._checked.get(about, -_CHECK_EVERY) >= _CHECK_EVERY:
            await self._spending.check(payer.user, payer.channel, model, provider.name, time.time())
            self._checked[about] = now


async def _heard(provider: Provider, asked: Asked) -> StoredAnswer:
    """The whole answer. Raises ProviderError."""
    how = asked.how
    request = ChatRequest(
        asked.model, asked.messages, how.parameters, asked.tools, top_logprobs=1 if how.logprobs else 0
    )
    began = time.monotonic()
    text: list[str] = []
    places: list[TokenLogprobs] = []
    finish_reason: str | None = None
    calls: tuple[ToolCall, ...] = ()
    usage: Usage | None = None
    deltas: AsyncGenerator[ChatDelta, None] = ask_model(provider, request, how.format, how.labels)
    async with aclosing(deltas):
        async for delta in deltas:
            text.append(delta.text)
            places += delta.logprobs
            finish_reason = delta.finish_reason or finish_reason
            calls, usage = delta.tool_calls or calls, delta.usage or usage
    content = unicode("".join(text))
    return StoredAnswer(
        content=content,
        tool_calls=tuple(ToolCall(unicode(one.id), unicode(one.name), unicode(one.arguments)) for one in calls),
        finish_reason=finish_reason,
        usage=usage,
        seconds=time.monotonic() - began,
        probabilities=label_probabilities(how.labels, content, places) if how.labels else (),
        logprobs=tuple(places) if how.logprobs else (),
    )


async def _embedded(provider: Provider, asked: _Text) -> StoredAnswer:
    """The vector, as JSON. Raises ProviderError."""
    began = time.monotonic()
    told = await provider.embed(asked.model, [asked.text])
    vector = msgspec.json.encode(told.vectors[0]).decode()
    return StoredAnswer(vector, usage=told.usage, seconds=time.monotonic() - began)


def unicode(text: str) -> str:
    """`text` with halves of surrogate pairs, which cannot be stored, joined or replaced."""
    return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")


def asked_of_judge(
    model: str, messages: Sequence[Mapping[str, Any]], parameters: Mapping[str, Any], file: str, kept_in: str = ""
) -> Asked:
    """As graders ask judges."""
    said = tuple(ChatMessage(str(one["role"]), _text(one.get("content"))) for one in messages)
    prompt = hashlib.sha256(msgspec.json.encode(said)).hexdigest()
    return Asked(model, said, prompt, file, AskedHow(_parameters(parameters)), kept_in=kept_in)


class KeptJudge:
    """Asks judges through `answers`, so that what one has said is not paid for twice. Implements `graders.Judge`."""

    def __init__(
        self,
        answers: ModelAnswers,
        payer: Payer,
        file: str,
        stopped: Callable[[], bool] = lambda: False,
        kept_in: str = "",
    ) -> None:
        """`stopped`: whether nothing more is to be asked; who asks then gets Stopped. `kept_in`: see `answer_keys`."""
        self._answers = answers
        self._payer = payer
        self._file = file
        self._stopped = stopped
        self._kept_in = kept_in

    async def ask(self, model: str, messages: Sequence[Mapping[str, Any]], parameters: Mapping[str, Any]) -> str:
        asked = asked_of_judge(model, messages, parameters, self._file, self._kept_in)
        try:
            provider = await self._answers.provider_of(model)
            return (await self._answers.get(asked, self._payer, provider, self._stopped)).answer.content
        except (ProviderError, NotFound) as error:
            raise GraderError("grader_judge_failed", model=model, problem=str(error)) from error


class KeptEmbedder:
    """Asks for vectors through `answers`, so that one is not paid for twice. Implements `graders.grading.Embedder`."""

    def __init__(
        self, answers: ModelAnswers, models: Sequence[str], payer: Payer, file: str, kept_in: str = ""
    ) -> None:
        """`models`: whose answers are compared."""
        self._answers = answers
        self._models = models
        self._payer = payer
        self._file = file
        self._kept_in = kept_in

    async def embed(self, texts: Sequence[str]) -> list[list[float]]:
        return [await self._vector(text) for text in texts]

    async def _vector(self, text: str) -> list[float]:
        model = await self._answers.embedding_model(self._models)
        if model is None:
            raise NotAvailable("grader_no_embeddings")
        asked = _Text(model.name, unicode(text), self._file, self._kept_in)
        try:
            given = await self._answers.get(asked, self._payer, model.provider)
        except (ProviderError, NotFound) as error:
            raise GraderError("grader_embedding_failed", model=model.name, problem=str(error)) from error
        return msgspec.json.decode(given.answer.content, type=list[float])


def _text(content: object) -> str:
    """Of a message: text, a part, or a list of both."""
    if isinstance(content, list):
        return "".join(map(_text, content))
    if isinstance(content, Mapping):
        return str(content.get("text") or "")
    return str(content or "")


def _parameters(given: Mapping[str, Any]) -> Parameters:
    """Those that all providers take."""
    told = {name: given[name] for name in ("temperature", "top_p", "seed") if given.get(name) is not None}
    most = given.get("max_completions_tokens") or given.get("max_completion_tokens") or given.get("max_tokens")
    return Parameters(**{"temperature": 0.0, **told}, max_tokens=most)
