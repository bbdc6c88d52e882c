"""Answers by llama.cpp, asked directly: the tiny model, and adapters with random weights."""

import json
import os
import queue
import threading
import time
import urllib.request
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pytest
import torch
import xllamacpp
from safetensors.numpy import load_file, save_file
from tiny_model import HEADS, HIDDEN, LAYERS, MODEL_ID, SPECIAL, build_tiny_model
from tokenizers import Regex, Tokenizer, decoders, models, pre_tokenizers, trainers

from trainer.base_models import read_table
from trainer.fetch import located
from trainer.serving import gguf_files, llama
from trainer.serving.engine import Answer, Engine
from trainer.serving.llama import Seats, threads
from trainer.serving.prompt import NotAnswerable, Vocabulary
from trainer.serving.request import Ask, Conversation, End, Piece, Request, Said, Sampling, Start, Text, Wanted
from trainer.settings import cache_folder

CHAT = Conversation([{"role": "user", "content": "Hello"}])
# The tiny model's answers under this bias never end by themselves.
ENDLESS = {"2": -100.0}


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("llama")


@pytest.fixture(scope="module")
def wanted(home: Path) -> Wanted:
    base = read_table(build_tiny_model(home))[MODEL_ID]
    return Wanted(base.id, base.source[0].path, base.template(), base.context_length)


@pytest.fixture(scope="module")
def adapters(home: Path, wanted: Wanted) -> list[Wanted]:
    return [msgspec.structs.replace(wanted, adapter=str(_adapter(home / f"adapter-{seed}", seed))) for seed in range(3)]


@pytest.fixture(scope="module")
def seats(home: Path) -> Seats:
    return Seats(home)


def _adapter(folder: Path, seed: int) -> Path:
    """A LoRA adapter of rank 4 on all of attention, strong enough to be seen."""
    assert HEADS * 8 == HIDDEN
    random = np.random.default_rng(seed)
    pairs: dict[str, Any] = {}
    for layer in range(LAYERS):
        for name in ("q_proj", "k_proj", "v_proj", "o_proj"):
            at = f"base_model.model.model.layers.{layer}.self_attn.{name}"
            pairs[f"{at}.lora_A.weight"] = (random.standard_normal((4, HIDDEN)) * 0.3).astype(np.float32)
            pairs[f"{at}.lora_B.weight"] = (random.standard_normal((HIDDEN, 4)) * 0.3).astype(np.float32)
    folder.mkdir()
    save_file(pairs, str(folder / "adapter_model.safetensors"))
    (folder / "adapter_config.json").write_text(json.dumps({"r": 4, "lora_alpha": 8}), encoding="utf-8")
    return folder


def said(seats: Seats, wanted: Wanted, request: Request) -> list[Said]:
    heard: list[Said] = []
    seats.answer(Ask("ask-1", wanted, request), heard.append, lambda: False)
    return heard


def text(answer: list[Said], choice: int = 0) -> str:
    return "".join(one.text for one in answer if isinstance(one, Piece) and one.choice == choice)


def judged(seats: Seats, wanted: Wanted, prompt: list[int]) -> dict[int, float]:
    """What llama.cpp thinks of the likeliest next tokens: id and log probability."""
    with seats.taken(wanted, 100) as seat:
        answer = seat.server.handle_completions({"prompt": prompt, "n_predict": 1, "n_probs": 40, "temperature": 0})
    [first] = answer["choices"][0]["logprobs"]["content"]
    return {one["id"]: one["logprob"] for one in first["top_logprobs"]}


def test_llama_cpp_judges_as_transformers_does_with_and_without_an_adapter(
    seats: Seats, wanted: Wanted, adapters: list[Wanted]
) -> None:
    engine = Engine()
    prompt = Vocabulary(Path(wanted.weights)).prompt(Ask("ask-1", wanted, Request(CHAT, 1)))
    judgements = []
    for model in (wanted, adapters[0], adapters[1]):
        engine.use(model)
        with torch.inference_mode():
            logits = engine.model(input_ids=torch.tensor([prompt])).logits[0, -1].float()
        logs = torch.log_softmax(logits, dim=-1)
        theirs = judged(seats, model, prompt)
        assert max(abs(float(logs[id]) - logprob) for id, logprob in theirs.items()) < 0.1
        judgements.append(logs)
    # The adapters do more than what 8 bits may change.
    assert float((judgements[0] - judgements[1]).abs().max()) > 0.5
    assert float((judgements[1] - judgements[2]).abs().max()) > 0.5


def test_positions_stretched_as_llama_3_does_are_judged_as_transformers_does(home: Path, seats: Seats) -> None:
    base = read_table(build_tiny_model(home / "stretched"))[MODEL_ID]
    wanted = Wanted(base.id, base.source[0].path, base.template(), base.context_length)
    # Positions tell little in a model whose attention looks everywhere alike: make it look sharply.
    weights = load_file(Path(wanted.weights) / "model.safetensors")
    sharp = {name: weight * (6 if "q_proj" in name or "v_proj" in name else 1) for name, weight in weights.items()}
    save_file(sharp, str(Path(wanted.weights) / "model.safetensors"), metadata={"format": "pt"})
    told = Path(wanted.weights) / "config.json"
    plain = json.loads(told.read_text(encoding="utf-8"))
    prompt = np.random.default_rng(1).integers(3, 250, 300).tolist()

    def logs(**more: Any) -> torch.Tensor:
        told.write_text(json.dumps(plain | more), encoding="utf-8")
        engine = Engine()
        engine.use(wanted)
        with torch.inference_mode():
            return torch.log_softmax(engine.model(input_ids=torch.tensor([prompt])).logits[0, -1].float(), dim=-1)

    unstretched = logs()
    rope = {"factor": 32.0, "low_freq_factor": 1.0, "high_freq_factor": 4.0, "original_max_position_embeddings": 64}
    stretched = logs(rope_scaling={"rope_type": "llama3", **rope})
    theirs = judged(seats, wanted, prompt)
    off = [max(abs(float(one[id]) - logprob) for id, logprob in theirs.items()) for one in (stretched, unstretched)]
    # What 8 bits may change, and what the wrong positions would.
    assert off[0] < 0.2
    assert off[1] > 5 * off[0], off


def test_the_same_seed_says_the_same_whatever_else_is_asked(seats: Seats, adapters: list[Wanted]) -> None:
    request = Request(CHAT, 24, Sampling(temperature=1.2, seed=11, logit_bias=ENDLESS), n=2)
    alone = said(seats, adapters[0], request)
    assert text(alone, 0) != text(alone, 1)
    beside: list[list[Said]] = []
    others = [
        threading.Thread(target=lambda model=model: beside.append(said(seats, model, request)))
        for model in (*adapters, adapters[0])
    ]
    for other in others:
        other.start()
    again = said(seats, adapters[0], request)
    for other in others:
        other.join()
    assert again == alone
    assert len(beside) == 4
    assert beside.count(alone) == 2


def test_temperature_0_says_what_transformers_says(seats: Seats, wanted: Wanted) -> None:
    request = Request(Text("Once upon a time"), 1, Sampling(temperature=0))
    engine = Engine()
    engine.use(wanted)
    other = [one for some in Answer(engine, Ask("ask-1", wanted, request)).rounds() for one in some]
    assert text(said(seats, wanted, request)) == text(other)


def test_an_answer_is_counted_and_ends_at_its_limit(seats: Seats, wanted: Wanted) -> None:
    answer = said(seats, wanted, Request(CHAT, 9, Sampling(seed=1, logit_bias=ENDLESS)))
    assert isinstance(answer[0], Start)
    assert answer[0].prompt_tokens > 10
    assert answer[-1] == End("length", 9)
    assert len(text(answer)) == 9


def test_only_what_the_model_names_ends_an_answer(seats: Seats, wanted: Wanted) -> None:
    # Token 0 is <|endoftext|>, which llama.cpp takes for an end wherever it sees that word.
    answer = said(seats, wanted, Request(CHAT, 6, Sampling(temperature=0, logit_bias={"0": 100.0})))
    assert answer[-1] == End("length", 6)
    assert not text(answer)


def test_nothing_is_shown_of_a_stop_sequence(seats: Seats, wanted: Wanted) -> None:
    request = Request(CHAT, 40, Sampling(seed=1, logit_bias=ENDLESS))
    whole = text(said(seats, wanted, request))
    stopped = said(seats, wanted, msgspec.structs.replace(request, stop=[whole[10:13]]))
    assert text(stopped) == whole[: whole.index(whole[10:13])]
    assert isinstance(stopped[-1], End)
    assert stopped[-1].finish_reason == "stop"


def test_an_answer_held_to_a_schema_is_json_that_the_schema_allows(seats: Seats, wanted: Wanted) -> None:
    schema = {"type": "object", "properties": {"mood": {"enum": ["good", "bad"]}}, "required": ["mood"]}
    schema["additionalProperties"] = False
    answer = said(seats, wanted, Request(CHAT, 60, Sampling(temperature=1, seed=5), schema=schema))
    assert json.loads(text(answer))["mood"] in ("good", "bad")
    with pytest.raises(NotAnswerable) as caught:
        said(seats, wanted, Request(CHAT, 60, schema={"type": "no such type"}))
    assert caught.value.refused.code == "invalid_schema"


TEXTS = [
    '{"name": "weather", "arguments": {"city": "Paris", "days": 10}}',
    "It's 2024, I'LL pay 1,299.50 (12½ %) for  3 of 10 boxes; they're 7 kg each.",
    "请在2024年10月之前把报告发给我，谢谢！“好的”，她说。日本語のテキストも。한국어",
    "👩‍👩‍👧‍👦 🎉🎉 ok 👍🏽 naïve café ÅNGSTRÖM Straße Здравствуйте, мир! नमस्ते مرحبا ไทย",
    "def f(x):\n\treturn [i**2 for i in range(10)]  # squares\n\n\n    if x:\r\n        pass\n",
    "  leading,   inner   and trailing blanks   ",
    "\t\ttabs\tand\u00a0others\u3000of\u2003their kind\n \n",
    "CamelCaseNames_and-dashes/paths\\\\C:\\temp ... ??!! <b>&amp;</b> ①②③ x²+y³",
]
WORDS = r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+"
BLANKS = r" ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"


def _split(pattern: str) -> Any:
    """As Llama 3 and Qwen 3 have it."""
    bytes_only = pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)
    return pre_tokenizers.Sequence([pre_tokenizers.Split(Regex(pattern), "isolated"), bytes_only])


def _with_words(folder: Path, pre_tokenizer: Any, *, ignore_merges: bool = False, words: int = 700) -> Wanted:
    """The tiny model with a vocabulary that was learned from TEXTS."""
    base = read_table(build_tiny_model(folder))[MODEL_ID]
    home = Path(base.source[0].path)
    tokenizer = Tokenizer(models.BPE(ignore_merges=ignore_merges))
    tokenizer.pre_tokenizer, tokenizer.decoder = pre_tokenizer, decoders.ByteLevel()
    letters = pre_tokenizers.ByteLevel.alphabet()
    learn = trainers.BpeTrainer(vocab_size=words, special_tokens=SPECIAL, initial_alphabet=letters, show_progress=False)
    tokenizer.train_from_iterator(TEXTS * 3, learn)
    tokenizer.save(str(home / "tokenizer.json"))
    size = tokenizer.get_vocab_size()
    weights = load_file(home / "model.safetensors")
    for name in ("model.embed_tokens.weight", "lm_head.weight"):
        weights[name] = np.resize(weights[name], (size, HIDDEN))
    save_file(weights, str(home / "model.safetensors"), metadata={"format": "pt"})
    config = json.loads((home / "config.json").read_text(encoding="utf-8")) | {"vocab_size": size}
    (home / "config.json").write_text(json.dumps(config), encoding="utf-8")
    return Wanted(base.id, str(home), base.template(), base.context_length)


def _tokenized_by_llama_cpp(weights: Path, cache: Path, texts: list[str]) -> list[list[int]]:
    params = llama._params(gguf_files.model_file(weights, cache, 20 * 10**9), 512)
    params.api_keys = ["sk-for-tests"]
    server: Any = xllamacpp.Server(params)
    server.handle_completions({"prompt": [0], "n_predict": 1})

    def ids(text: str) -> list[int]:
        body = json.dumps({"content": text, "add_special": False}).encode()
        headers = {"Authorization": "Bearer sk-for-tests", "Content-Type": "application/json"}
        asked = urllib.request.Request(f"{server.listening_address}/tokenize", body, headers)
        with urllib.request.urlopen(asked) as answer:
            return list(json.load(answer)["tokens"])

    return [ids(text) for text in texts]


@pytest.mark.parametrize(
    ("name", "pre_tokenizer"),
    [
        ("gpt-2", pre_tokenizers.ByteLevel(add_prefix_space=False)),
        (
            "smollm",
            pre_tokenizers.Sequence(
                [pre_tokenizers.Digits(individual_digits=True), pre_tokenizers.ByteLevel(add_prefix_space=False)]
            ),
        ),
        ("qwen2", _split(rf"{WORDS}|\p{{N}}|{BLANKS}")),
        ("llama-bpe", _split(rf"{WORDS}|\p{{N}}{{1,3}}|{BLANKS}")),
    ],
)
def test_llama_cpp_cuts_text_into_the_models_own_tokens(name: str, pre_tokenizer: Any, tmp_path: Path) -> None:
    weights = Path(_with_words(tmp_path, pre_tokenizer, ignore_merges=name == "llama-bpe").weights)
    vocabulary = Vocabulary(weights)
    assert gguf_files.pre_tokenizer(vocabulary.json()) == name
    own = [vocabulary.tokenizer.encode(text).ids for text in TEXTS]
    assert max(map(len, own)) < 60  # words, not letters
    assert _tokenized_by_llama_cpp(weights, tmp_path, TEXTS) == own


@pytest.mark.learns
def test_llama_cpp_cuts_text_into_the_small_models_own_tokens(tmp_path: Path) -> None:
    weights = located(read_table()["SmolLM2-135M-Instruct"], cache_folder())
    assert weights is not None
    own = [Vocabulary(weights).tokenizer.encode(text).ids for text in TEXTS]
    assert _tokenized_by_llama_cpp(weights, tmp_path, TEXTS) == own


def test_a_model_that_splits_text_as_llama_cpp_never_does_goes_to_transformers(
    tmp_path: Path, seats: Seats, caplog: pytest.LogCaptureFixture
) -> None:
    wanted = _with_words(tmp_path, _split(rf"{WORDS}|\p{{N}}{{1,2}}|{BLANKS}"))
    assert not seats.serves(Ask("ask-1", wanted, Request(CHAT, 5)))
    assert "splits text in a way that llama.cpp is not known to have" in caplog.text


def test_models_with_other_words_answer_under_grammars_one_after_the_other(tmp_path: Path) -> None:
    schema = {"type": "object", "properties": {"mood": {"enum": ["good", "bad"]}}, "required": ["mood"]}
    request = Request(CHAT, 60, Sampling(temperature=0), schema={**schema, "additionalProperties": False})
    pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    several = [_with_words(tmp_path / str(words), pre_tokenizer, words=words) for words in (400, 700)]
    seats = Seats(tmp_path, most_bytes=1)  # each closes the one before, and comes to lie where that lay
    for _ in range(12):
        for wanted in several:
            assert json.loads(text(said(seats, wanted, request)))["mood"] in ("good", "bad")


def test_an_answer_that_waits_in_line_is_said_to_come(home: Path, wanted: Wanted) -> None:
    seats = Seats(home)
    heard: queue.SimpleQueue[Said] = queue.SimpleQueue()
    ask = Ask("ask-1", wanted, Request(CHAT, 3, Sampling(seed=1, logit_bias=ENDLESS)))
    waiting = threading.Thread(target=seats.answer, args=(ask, heard.put, lambda: False))
    with ExitStack() as all_taken:
        for _ in range(4):
            all_taken.enter_context(seats.taken(wanted, 10))
        waiting.start()
        assert isinstance(heard.get(timeout=240), Start)
        assert heard.empty()
    waiting.join(240)
    assert isinstance(heard.get(timeout=240), Piece)


def test_who_goes_away_gets_no_more(seats: Seats, wanted: Wanted) -> None:
    heard: list[Said] = []
    request = Request(CHAT, 2000, Sampling(seed=1, logit_bias=ENDLESS))
    seats.answer(Ask("ask-1", wanted, request), heard.append, lambda: len(heard) >= 3)
    assert len(heard) == 3


def test_what_llama_cpp_does_otherwise_is_left_to_transformers(seats: Seats, wanted: Wanted, home: Path) -> None:
    def serves(model: Wanted = wanted, **how: Any) -> bool:
        return seats.serves(Ask("ask-1", model, Request(CHAT, 5, **how)))

    assert serves()
    assert not serves(logprobs=2)
    assert not serves(echo=True)
    assert not serves(sampling=Sampling(presence_penalty=0.5))
    (home / "other").mkdir()
    (home / "other" / "config.json").write_text('{"model_type": "gemma3_text"}', encoding="utf-8")
    assert not serves(msgspec.structs.replace(wanted, weights=str(home / "other")))


def test_seats_unused_for_longest_close_where_memory_is_short(home: Path, adapters: list[Wanted]) -> None:
    with Seats(home).taken(adapters[0], 10) as one:
        room = int(one.bytes * 2.5)
    seats = Seats(home, most_bytes=room)
    for model in (adapters[0], adapters[1], adapters[0], adapters[2]):
        with seats.taken(model, 10):
            pass
    assert seats.open == [adapters[0], adapters[2]]
    assert seats.bytes <= room


def test_of_several_seats_of_a_model_one_stays_open(home: Path, adapters: list[Wanted]) -> None:
    seats = Seats(home)

    def use(model: Wanted, count: int) -> None:
        with ExitStack() as all_taken:
            for _ in range(count):
                all_taken.enter_context(seats.taken(model, 10))

    use(adapters[0], 3)
    use(adapters[1], 1)
    seats.close_unused(1000)
    assert len(seats.open) == 4
    # No more than four answer at once: others come instead of those that stood beside one of their own.
    use(adapters[2], 2)
    assert sorted(seats.open, key=adapters.index) == [adapters[0], adapters[1], adapters[2], adapters[2]]
    seats.close_unused(0)
    assert sorted(seats.open, key=adapters.index) == adapters


def test_files_unused_for_longest_are_removed_where_the_cache_is_full(tmp_path: Path) -> None:
    models = [Path(read_table(build_tiny_model(tmp_path / name))[MODEL_ID].source[0].path) for name in "abcd"]
    cache = tmp_path / "cache"
    files = [gguf_files.model_file(model, cache, 10**9) for model in models[:3]]
    for age, file in enumerate(files, start=1):
        os.utime(file, (0, time.time() - 1000 * age))
    left = cache / "gguf" / "of-a-killed-process.part"
    left.touch()
    os.utime(left, (0, 0))
    room = int(files[0].stat().st_size * 2.5)
    assert gguf_files.model_file(models[2], cache, room) == files[2]  # the oldest, used again
    new = gguf_files.model_file(models[3], cache, room)
    assert set((cache / "gguf").iterdir()) == {files[2], new}
    assert new.stat().st_size == files[2].stat().st_size


@pytest.mark.parametrize(
    ("megabytes", "processors", "used"), [(145, 16, 1), (640, 16, 1), (1_800, 2, 2), (1_800, 16, 3), (8_700, 16, 16)]
)
def test_large_models_have_more_threads_for_each_answer(megabytes: int, processors: int, used: int) -> None:
    assert threads(megabytes * 10**6, processors) == used


def test_a_deleted_model_has_no_seat(home: Path, adapters: list[Wanted]) -> None:
    seats = Seats(home)
    for model in adapters[:2]:
        with seats.taken(model, 10):
            pass
    assert adapters[0].adapter is not None
    seats.forget(adapters[0].adapter)
    assert seats.open == [adapters[1]]


def test_a_seat_that_nobody_used_closes(home: Path, wanted: Wanted) -> None:
    for _ in range(10):
        with Seats(home).taken(wanted, 10):
            pass
