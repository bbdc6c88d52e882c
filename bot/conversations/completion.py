"""Models that go on with a text, and models that choose a class.

A completion model is given back the marks of its training data, where prompts end with a separator and completions with
a stop sequence, and is asked one question at a time. Where the answers of the training data are few short labels, the
model is asked how likely it finds each.
"""

from collections.abc import AsyncGenerator, AsyncIterator, Mapping, Sequence
from contextlib import aclosing
from math import exp
from typing import Any, Final

import msgspec

from bot.providers.chat import ChatDelta, ChatMessage, ChatRequest, CompletionRequest, TokenLogprobs
from bot.providers.interface import Provider
from training_files.dataset_checks.answer_classes import AnswerClasses, tally_answers
from training_files.dataset_checks.completions import FEWEST, LEARNED_FROM, common_ending
from training_files.repair.completions import STOPS

TOP_LOGPROBS: Final = 20
"""The most that a chat tells for each place (OpenAPI description 2.3.0, read 2026-11-29)."""
_TOP_LOGPROBS_OF_COMPLETIONS: Final = 5
# The endpoint's own limit is 16 tokens, which cuts most answers; without a stop sequence a model may go on for ever.
_MAX_TOKENS: Final = 512
_FEWEST_CHATS_OF_A_LABEL: Final = 5
_FEWEST_COMPLETIONS_OF_A_LABEL: Final = 3


class CompletionFormat(msgspec.Struct, frozen=True, omit_defaults=True):
    """How the examples of a completion model look: what ends the prompts, what comes before the answers, and what ends
    these; each may be empty."""

    separator: str = ""
    leading: str = ""
    stop: str = ""

    def prompt(self, question: str, begun: str = "") -> str:
        """`begun`: how the answer begins already."""
        ended = question if question.endswith(self.separator) else question.rstrip() + self.separator
        return ended + self.leading + begun if begun else ended


def completion_format(examples: Sequence[Mapping[str, Any]]) -> CompletionFormat | None:
    """As the first examples of a training file have it; None where they are no completions."""
    pairs = [_completion(example) for example in examples[:LEARNED_FROM]]
    whole = [pair for pair in pairs if pair]
    if not whole or len(whole) <= len(pairs) / 2:
        return None
    if len(whole) < FEWEST:
        return CompletionFormat()
    prompts, answers = [prompt for prompt, _ in whole], [answer for _, answer in whole]
    spaced = sum(answer.startswith(" ") for answer in answers) > len(answers) / 2
    stop = common_ending(answers)
    if any(letter.isalpha() for letter in stop) and stop not in STOPS and _are_labels(answers):
        stop = ""  # it is the end of a label
    return CompletionFormat(common_ending(prompts), " " if spaced else "", stop)


def labels(examples: Sequence[Mapping[str, Any]]) -> tuple[str, ...]:
    """The answers of a training file, where they are few and short, the most frequent first; none where not."""
    format = completion_format(examples)
    if format is None:
        answers, fewest = [_chat_answer(example) for example in examples], _FEWEST_CHATS_OF_A_LABEL
    else:
        pairs = [_completion(example) for example in examples]
        answers = [pair[1].removesuffix(format.stop).strip() if pair else "" for pair in pairs]
        fewest = _FEWEST_COMPLETIONS_OF_A_LABEL
    classes = _classes(answers)
    seen = classes.seen if classes.are_classes(fewest) else None
    if not seen or len(seen) < 2:
        return ()
    return tuple(sorted(seen, key=lambda label: seen[label].rank, reverse=True))


async def ask_model(
    provider: Provider, request: ChatRequest, format: CompletionFormat | None, labels: Sequence[str] = ()
) -> AsyncGenerator[ChatDelta, None]:
    """The answer of a chat model, or with a `format` of a completion model: that is given the last question alone,
    under the system message where there is one.

    Of `labels` one is chosen: with the logprobs from which `label_probabilities` tells how likely each was, and at
    temperature 0 where nobody wants another. Raises ProviderError.
    """
    if labels and request.parameters.temperature is None:
        request = msgspec.structs.replace(
            request, parameters=msgspec.structs.replace(request.parameters, temperature=0.0)
        )
    if format is None:
        request = msgspec.structs.replace(request, top_logprobs=TOP_LOGPROBS if labels else request.top_logprobs)
        async with aclosing(provider.chat(request)) as deltas:
            async for delta in deltas:
                yield delta
        return
    begun = request.messages[-1].content if request.messages[-1].role == "assistant" else ""
    stops = tuple(filter(None, (format.stop, *request.parameters.stop)))
    parameters = msgspec.structs.replace(
        request.parameters, stop=stops, max_tokens=request.parameters.max_tokens or _most_tokens(labels)
    )
    completion = CompletionRequest(
        request.model,
        format.prompt(_question(request.messages), begun),
        parameters,
        top_logprobs=_TOP_LOGPROBS_OF_COMPLETIONS
        if labels
        else min(request.top_logprobs, _TOP_LOGPROBS_OF_COMPLETIONS),
    )
    async with aclosing(provider.complete(completion)) as deltas:
        async for delta in _trimmed(deltas, stops, begun=bool(begun)):
            yield delta


def label_probabilities(
    labels: Sequence[str], answer: str, places: Sequence[TokenLogprobs]
) -> tuple[tuple[str, float], ...]:
    """How likely the model found each label, the likeliest first; none where the logprobs do not tell.

    A label is as likely as the tokens on its way, read where that leaves the way of the answer; where a token begins
    several labels, each gets its share. What is missing to 1 went to other answers, and to tokens that were not told.
    """
    found = dict.fromkeys(labels, 0.0)
    path, said = 1.0, ""
    for place in places:
        for token, logprob in place.top:
            meant = _begun_labels(labels, said + token) if token != place.token else []
            for label in meant:
                found[label] += path * exp(logprob) / len(meant)
        path *= exp(dict(place.top).get(place.token, 0.0))
        said += place.token
        if _begun_labels(labels, said) == [said.strip()]:
            break
    chosen = said.strip() if said.strip() in found else answer.strip()
    if places and chosen in found:
        found[chosen] += path
    if not any(found.values()):
        return ()
    return tuple(sorted(((label, min(of, 1.0)) for label, of in found.items()), key=lambda one: -one[1]))


def _begun_labels(labels: Sequence[str], text: str) -> list[str]:
    """Those that begin with the text; none where it is only white space."""
    begun = text.strip()
    return [label for label in labels if label.startswith(begun)] if begun else []


def _question(messages: Sequence[ChatMessage]) -> str:
    question = next((message.content for message in reversed(messages) if message.role == "user"), "")
    system = [message.content for message in messages[:1] if message.role == "system"]
    return "\n\n".join([*system, question])


def _most_tokens(labels: Sequence[str]) -> int:
    """No token is shorter than a byte."""
    return max(len(label.encode()) for label in labels) + 2 if labels else _MAX_TOKENS


async def _trimmed(deltas: AsyncIterator[ChatDelta], stops: Sequence[str], *, begun: bool) -> AsyncIterator[ChatDelta]:
    """Without the white space before the answer, and ended at a stop sequence where the server has not done it."""
    held = ""
    async for delta in deltas:
        text = held + delta.text
        if not begun:
            text = text.lstrip()
            begun = bool(text)
        ends = [at for stop in stops if (at := text.find(stop)) >= 0]
        if ends:
            yield msgspec.structs.replace(delta, text=text[: min(ends)])
            yield ChatDelta(finish_reason="stop")
            return
        if delta.finish_reason or delta.usage:  # the last one, which has no text
            if text:
                yield ChatDelta(text)
            yield msgspec.structs.replace(delta, text="")
            return
        size = max((_beginning(text, stop) for stop in stops), default=0)
        text, held = text[: len(text) - size], text[len(text) - size :]
        trimmed = msgspec.structs.replace(delta, text=text)
        if trimmed != ChatDelta():
            yield trimmed
    if held:
        yield ChatDelta(held)


def _beginning(text: str, mark: str) -> int:
    """How many characters at the end of `text` could be the beginning of `mark`."""
    return next((size for size in range(min(len(mark) - 1, len(text)), 0, -1) if text.endswith(mark[:size])), 0)


def _completion(example: Mapping[str, Any]) -> tuple[str, str] | None:
    prompt, completion = example.get("prompt"), example.get("completion")
    return (prompt, completion) if isinstance(prompt, str) and isinstance(completion, str) else None


def _chat_answer(example: Mapping[str, Any]) -> str:
    """The last answer in words, without white space around it; empty where there is none."""
    messages = example.get("messages")
    last = messages[-1] if isinstance(messages, list) and messages else None
    if not isinstance(last, dict) or last.get("role") != "assistant" or not isinstance(last.get("content"), str):
        return ""
    return str(last["content"]).strip()


def _are_labels(answers: Sequence[str]) -> bool:
    return _classes([answer.strip() for answer in answers]).are_classes(_FEWEST_COMPLETIONS_OF_A_LABEL)


def _classes(answers: Sequence[str]) -> AnswerClasses:
    classes = AnswerClasses()
    if answers:
        classes.add(len(answers), tally_answers(range(1, len(answers) + 1), answers))
    return classes
