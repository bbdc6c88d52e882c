"""An export is loaded once, as whoever takes it away will load it, and asked what the served model is asked."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec
import numpy as np

from trainer.exports.plan import Plan
from trainer.objects import Quantization, Trial
from trainer.serving.engines import gguf_files, llama_library
from trainer.serving.engines.slots import SlotPool
from trainer.serving.generation import Context
from trainer.serving.messages import Conversation, Generation, GenerationRequest, ModelRef
from trainer.serving.vocabulary import Vocabulary
from trainer.tensors import Floats

QUESTIONS = (
    "What can you do?",
    "How much is 17 + 25?",
    "Write one sentence about the sea.",
    "用一句话介绍你自己。",
)
_TOKENS = 24
_CONTEXT = 512
# Of texts that vocabularies cut in different places: what llama.cpp reads in them is what the tokenizer does.
_TEXTS = (
    "Hello, world! It's 12,345.67 o'clock; we'll see.\n\n\n  def f(x):\n\treturn x**2  # done\n",
    "微调一个语言模型需要多少条样本？2026年11月。",
    "Größe, naïve café, Ελληνικά, русский, العربية, 🎉👩‍🚀",
)

# How far an export may be from the model as served, which is in 8 bits itself: several times of what was measured of a
# small model, which suffers most (docs/exports.md). One that is broken is further off than any of these.
TOLERANCE: dict[Quantization, float] = {
    "f16": 0.1,
    "bf16": 0.1,
    "q8_0": 0.1,
    "q6_k": 0.2,
    "q5_k_m": 1.0,
    "q4_k_m": 1.0,
    "q4_0": 2.0,
}
_TOLERANCE_WHOLE = 0.1


class NotAsServed(ValueError):
    """The export can be loaded, and says something else; the message is for people."""


def try_out(plan: Plan, written: Path) -> Trial:
    """`written`: the folder or the GGUF file. NotAsServed where it answers otherwise than it should."""
    words = Vocabulary(plan.whole)
    ref = ModelRef(
        plan.name,
        str(plan.whole),
        plan.chat_template,
        plan.context_length,
        str(plan.adapter) if plan.adapter is not None else None,
    )
    prompts = [words.prompt(_request(ref, question)) for question in QUESTIONS]
    with _served(ref, Path(plan.cache)) as context:
        served = [_greedy(context, prompt, words.ends) for prompt in prompts]
    own: list[list[int]] = []
    divergences: list[Floats] = []
    with _exported(plan, ref, written, words, prompts[0]) as context:
        for prompt, (answer, judged) in zip(prompts, served, strict=True):
            own.append(_greedy(context, prompt, words.ends)[0])
            context.rewind([])
            logits = np.array(context.read(prompt + answer[:-1], every=True))[len(prompt) - 1 :]
            divergences.append(_divergences(judged, logits))
    trial = Trial(
        prompt=QUESTIONS[0],
        served=words.tokenizer.decode(served[0][0]),
        exported=words.tokenizer.decode(own[0]),
        same=own == [answer for answer, _ in served],
        divergence=round(float(np.concatenate(divergences).mean()), 6),
    )
    most = TOLERANCE[plan.quantization] if plan.format == "gguf" else _TOLERANCE_WHOLE
    if not trial.divergence <= most:
        raise NotAsServed(
            f"The export was written, but does not answer as the model does: asked {trial.prompt!r} it says "
            f"{trial.exported!r} instead of {trial.served!r} ({trial.divergence:.3f} nats a token apart; {most:g} are "
            "allowed)."
        )
    return trial


def _request(ref: ModelRef, question: str) -> GenerationRequest:
    return GenerationRequest("", ref, Generation(Conversation([{"role": "user", "content": question}]), _TOKENS))


def _greedy(context: Context, prompt: list[int], ends: set[int]) -> tuple[list[int], Floats]:
    """The likeliest answer, and the logits that each of its tokens was chosen by."""
    context.rewind([])
    logits = np.array(context.read(prompt))
    answer: list[int] = []
    judged: list[Floats] = []
    while True:
        judged.append(logits)
        answer.append(int(logits.argmax()))
        if answer[-1] in ends or len(answer) == _TOKENS:
            return answer, np.array(judged)
        logits = np.array(context.read(answer[-1:]))


def _divergences(served: Floats, exported: Floats) -> Floats:
    """Of each token."""
    width = min(served.shape[1], exported.shape[1])
    one, other = (_log_softmax(logits[:, :width]) for logits in (served, exported))
    return np.asarray((np.exp(one) * (one - other)).sum(axis=1))


def _log_softmax(logits: Floats) -> Floats:
    shifted = logits.astype(np.float64) - logits.max(axis=1, keepdims=True)
    return np.asarray(shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True)))


@contextmanager
def _served(ref: ModelRef, cache: Path) -> Iterator[Context]:
    if gguf_files.convertible(Path(ref.weights)):
        # Files of others in the cache are none of an export's business.
        with SlotPool(cache, most_disk=1 << 62).taken(ref, _CONTEXT) as context:
            yield context
    else:
        with _transformers(ref) as context:
            yield context


@contextmanager
def _exported(plan: Plan, ref: ModelRef, written: Path, words: Vocabulary, prompt: list[int]) -> Iterator[Context]:
    if plan.format == "gguf":
        model = llama_library.Model(written)
        _require_same_tokens(model, words, prompt)
        yield llama_library.Context(model, None, _CONTEXT, batch=_CONTEXT, threads=1, batch_threads=1)
        return
    # What is exported as an adapter was trained whole where there is none.
    only_adapter = plan.format == "adapter" and plan.adapter is not None
    changed = {"adapter": str(written)} if only_adapter else {"adapter": None, "weights": str(written)}
    with _transformers(msgspec.structs.replace(ref, **changed)) as context:
        yield context


@contextmanager
def _transformers(ref: ModelRef) -> Iterator[Context]:
    from trainer.serving.engines.transformers_model import Context as TransformersContext
    from trainer.serving.engines.transformers_model import TransformersModel

    model = TransformersModel()
    model.use(ref)
    yield TransformersContext(model)


def _require_same_tokens(model: llama_library.Model, words: Vocabulary, prompt: list[int]) -> None:
    special = words.tokenizer.decode(prompt, skip_special_tokens=False)
    for text in (*_TEXTS, special):
        if model.tokens(text) != words.tokenizer.encode(text, add_special_tokens=False).ids:
            raise NotAsServed(f"llama.cpp would cut text into other tokens than this model was trained on: {text!r}.")
