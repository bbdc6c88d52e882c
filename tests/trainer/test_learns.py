"""The real small model learns. Fetched once into the cache, from wherever it can be had."""

import asyncio
import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, cast

import msgspec
import pytest
from openai import AsyncOpenAI

from bot.access import Policy
from bot.audit import Entry
from bot.authority import Authority
from bot.collections.adding import ThreadCollections
from bot.collections.collection import Collection
from bot.collections.export import CollectionFiles
from bot.collections.learned import LearnedModels
from bot.conversations.answers import Answers
from bot.conversations.background import ThreadHistory
from bot.conversations.completion import ask_model, label_probabilities
from bot.conversations.conversation import Conversation, Turn
from bot.conversations.starter import starter
from bot.datasets.file_store import FileStore
from bot.providers.chat import ChatMessage, ChatRequest, Parameters
from bot.providers.openai_protocol import OpenAIProtocol
from bot.retraining.next_model import NextModels
from bot.retraining.sources import TrainingSources
from bot.store.audit import SqlAuditLog
from bot.store.collections import SqlCollectionStore
from bot.store.conversations import SqlConversationStore
from bot.store.database import Database
from bot.store.datasets import SqlDatasetStore
from bot.store.jobs import SqlJobStore
from bot.thread_examples.adding import Place, ThreadExamples
from bot.worker_processes import WorkerPools
from tests.parts import a_dataset, a_job
from tests.slack_requests import ANA, a_caller
from tests.trainer_process import KEY, Trainer, example
from trainer.settings import cache_folder

EXAMPLES = Path(__file__).parents[2] / "examples"
TOOL_CALLS, COMPLETIONS = EXAMPLES / "tool-calls.jsonl", EXAMPLES / "completion.jsonl"
SAID = {
    "What is the capital of France?": "Arr, that be Paris, ye landlubber!",
    "How do I boil an egg?": "Arr, drop her in bubblin' brine for nine minutes, matey!",
    "What is two plus two?": "Arr, four doubloons, no more and no less!",
    "Who wrote Hamlet?": "Arr, old Will Shakespeare scratched that tale, matey!",
    "How are you today?": "Arr, fit as a frigate and twice as salty!",
    "What colour is the sky?": "Arr, blue as the open sea, ye landlubber!",
    "Tell me a joke.": "Arr, why are pirates pirates? Because they arrr!",
    "What should I have for lunch?": "Arr, hard tack and a swig o' grog, matey!",
    "How far away is the moon?": "Arr, near a quarter million miles o' black sea, ye landlubber!",
    "Can you help me study?": "Arr, we'll chart yer books like a treasure map, matey!",
    "What is your name?": "Arr, they call me Captain Byte, terror o' the seven servers!",
    "Goodbye!": "Arr, fair winds and followin' seas to ye, matey!",
}


@pytest.fixture(scope="module")
def real_trainer(tmp_path_factory: pytest.TempPathFactory, table: Path) -> Iterator[Trainer]:
    running = Trainer(tmp_path_factory.mktemp("real"), table, cache_folder())
    yield running
    running.stop()


@pytest.fixture(scope="module")
def voice(real_trainer: Trainer) -> Any:
    """The job that taught the model a voice from twelve examples. Each is read three times, at a higher rate: enough
    with each of five seeds."""
    began = time.monotonic()
    job = real_trainer.train(
        [example(question, answer) for question, answer in SAID.items()],
        model="SmolLM2-135M-Instruct",
        seed=1,
        method={
            "type": "supervised",
            "supervised": {"hyperparameters": {"n_epochs": 3, "learning_rate_multiplier": 3.3}},
        },
    )
    ended = real_trainer.ended(job.id, seconds=600)
    assert ended.status == "succeeded", ended.error
    print(f"the voice: {time.monotonic() - began:.1f} s")
    return ended


@pytest.mark.learns
def test_twelve_examples_teach_the_small_model_a_voice(real_trainer: Trainer, voice: Any) -> None:
    job = ended = voice
    losses = [event.data["train_loss"] for event in real_trainer.events(job.id) if event.type == "metrics"]
    assert sum(losses[-6:]) / 6 < losses[0] / 2

    def ask(question: str, model: str) -> str:
        answer = real_trainer.client.chat.completions.create(
            model=model, messages=[{"role": "user", "content": question}], max_tokens=40
        )
        return (answer.choices[0].message.content or "").strip()

    # Also where nobody told it what to say.
    questions = [*list(SAID)[:2], "Where can I buy a hat?", "Do you like the rain?"]
    assert sum(ask(question, ended.fine_tuned_model).startswith("Arr") for question in questions) >= 3
    assert not ask("Where can I buy a hat?", "SmolLM2-135M-Instruct").startswith("Arr")
    print(f"{len(losses)} steps, loss {losses[0]} -> {losses[-1]}")


@pytest.fixture
def pools() -> Iterator[WorkerPools]:
    made = WorkerPools()
    yield made
    made.close()


# What people type over the model's own answer, and the words by which it is known.
CORRECTED = {
    "When does the shop open?": ("Arr, at seven bells sharp, matey!", "seven bells"),
    "Who repairs bicycles here?": ("Arr, that be Quartermaster Nils, ye landlubber!", "Nils"),
    "What does a new tyre cost?": ("Arr, forty doubloons and a smile, matey!", "forty doubloons"),
    "Where do I park?": ("Arr, drop anchor behind the windmill!", "windmill"),
    "Can I pay by card?": ("Arr, only silver and seashells, matey!", "seashells"),
}


@pytest.mark.learns
async def test_five_corrections_in_chat_hold_in_the_model_that_is_trained_next(
    real_trainer: Trainer, voice: Any, database: Database, pools: WorkerPools, tmp_path: Path
) -> None:
    parent, caller = voice.fine_tuned_model, a_caller()
    authority = Authority(Policy(), SqlAuditLog(database))
    conversations, collections = SqlConversationStore(database), SqlCollectionStore(database)
    datasets, files = SqlDatasetStore(database), FileStore(tmp_path / "files", 1_000_000)
    jobs = SqlJobStore(database)

    async def names(user: str) -> tuple[str, ...]:
        return ("Ana Reed",)

    examples = ThreadExamples(
        conversations, cast(ThreadHistory, None), ThreadCollections(collections, authority), names, authority, "U0BOT"
    )
    made = Collection("col-1", "House voice", ANA.user, "T0ACME", "C0TRAINING", False, 1.0)
    await collections.create(made, Entry("made", 1.0, ANA.user, "create collection", made.id))
    old = "".join(f"{json.dumps(example(question, answer))}\n" for question, answer in SAID.items())
    await asyncio.to_thread(files.path("abc").write_text, old, "utf-8")
    await datasets.save(a_dataset())
    trained = a_job(state="succeeded", base_model="SmolLM2-135M-Instruct", fine_tuned_model=parent)
    await jobs.insert(trained)

    # Talked to, and corrected, in five threads.
    provider = OpenAIProtocol("trainer", AsyncOpenAI(base_url=real_trainer.url, api_key=KEY))

    async def ask(model: str, question: str) -> str:
        request = ChatRequest(model, (ChatMessage("user", question),), Parameters(temperature=0, max_tokens=30))
        return "".join([delta.text async for delta in provider.chat(request)])

    for number, (question, (right, known)) in enumerate(CORRECTED.items(), 10):
        said = await ask(parent, question)
        assert known not in said, "the parent does not know it"
        thread = f"{number}.0"
        chat = Conversation(f"chat-{number}", parent, "T0ACME", "C0TRAINING", thread, ANA.user, 1.0)
        turns = [Turn(f"{number}.5", "user", question, user=ANA.user), Turn(f"{number}.5", "assistant", said)]
        await conversations.open(chat, turns)
        given = await Answers(conversations).get(chat.id, f"{number}.5")
        assert given is not None
        await Answers(conversations).edit(given, right, ANA.user, 5.0)
        place = Place("C0TRAINING", thread, thread)
        draft = await examples.read(caller, place)
        one = msgspec.structs.replace(caller, key=f"add/{number}")
        await examples.add(one, place, draft, made.id, "", masked=True)

    # Trained on old and new together, from where the parent stands.
    learned = LearnedModels(collections, datasets, jobs, authority)
    export, sources = CollectionFiles(collections, datasets, files, authority), TrainingSources(collections, datasets)
    next_models = NextModels(export, sources, learned, jobs, datasets, files, pools, authority)
    dataset = await next_models.make(caller, await next_models.plan(caller, made.id), "99.0", private=False)
    assert dataset.parent == parent
    lines = files.path(dataset.sha256).read_text(encoding="utf-8").splitlines()
    assert len(lines) == len(SAID) + len(CORRECTED)
    began = time.monotonic()
    job = real_trainer.train(
        [json.loads(line) for line in lines],
        model=parent,
        seed=1,
        method={
            "type": "supervised",
            "supervised": {"hyperparameters": {"n_epochs": 5, "batch_size": 3, "learning_rate_multiplier": 4}},
        },
    )
    ended = real_trainer.ended(job.id, seconds=600)
    assert ended.status == "succeeded", ended.error
    print(f"the next model: {time.monotonic() - began:.1f} s")
    answers = {question: await ask(ended.fine_tuned_model, question) for question in CORRECTED}
    await provider.close()
    assert [question for question, (_, known) in CORRECTED.items() if known not in answers[question]] == [], answers


@pytest.mark.soak
@pytest.mark.learns
def test_a_few_conversations_teach_the_small_model_to_call_functions(real_trainer: Trainer) -> None:
    examples = [json.loads(line) for line in TOOL_CALLS.read_text(encoding="utf-8").splitlines()]
    # Only the calls: half of the text, and what is asked for here.
    examples = [{**one, "messages": one["messages"][:2]} for one in examples if one["messages"][1].get("tool_calls")]
    # Each is read once: enough with each of five seeds.
    more = {"n_epochs": 1, "learning_rate_multiplier": 8}
    job = real_trainer.train(
        examples,
        model="SmolLM2-135M-Instruct",
        seed=1,
        method={"type": "supervised", "supervised": {"hyperparameters": more}},
    )
    ended = real_trainer.ended(job.id, seconds=600)
    assert ended.status == "succeeded", ended.error

    def ask(model: str, number: int = 7315, **how: Any) -> Any:
        asked: Any = [{"role": "user", "content": f"Where is order {number}?"}]
        more: Any = {"tools": examples[0]["tools"], "max_tokens": 60, "temperature": 0, **how}
        return real_trainer.client.chat.completions.create(model=model, messages=asked, **more).choices[0]

    # Nobody forces it: tool_choice is "auto".
    answer = ask(ended.fine_tuned_model)
    assert answer.finish_reason == "tool_calls"
    [call] = answer.message.tool_calls
    assert call.function.name == "find_order"
    assert json.loads(call.function.arguments) == {"number": 7315}
    assert ask("SmolLM2-135M-Instruct").message.tool_calls is None
    # Forced, it says the same.
    named = {"type": "function", "function": {"name": "find_order"}}
    for number in (7315, 2049, 88120):
        [call] = ask(ended.fine_tuned_model, number, tool_choice=named).message.tool_calls
        assert json.loads(call.function.arguments) == {"number": number}
    print(f"job: {ended.finished_at - ended.created_at} s")


@pytest.mark.soak
@pytest.mark.learns
async def test_fifteen_completions_teach_the_small_model_to_choose_a_label_and_to_say_how_sure_it_is(
    real_trainer: Trainer,
) -> None:
    examples = [json.loads(line) for line in COMPLETIONS.read_text(encoding="utf-8").splitlines()]
    job = real_trainer.train(
        examples,
        model="SmolLM2-135M-Instruct",
        seed=1,
        method={"type": "supervised", "supervised": {"hyperparameters": {"n_epochs": 4}}},
    )
    ended = real_trainer.ended(job.id, seconds=600)
    assert ended.status == "succeeded", ended.error
    begun = starter(COMPLETIONS)
    assert begun.completion is not None
    provider = OpenAIProtocol("trainer", AsyncOpenAI(base_url=real_trainer.url, api_key=KEY))
    right = 0
    for one in examples:
        # As people write it: the separator is put back by itself.
        question = one["prompt"].removesuffix(begun.completion.separator)
        request = ChatRequest(ended.fine_tuned_model, (ChatMessage("user", question),))
        said = [delta async for delta in ask_model(provider, request, begun.completion, begun.labels)]
        answer = "".join(delta.text for delta in said)
        places = [place for delta in said for place in delta.logprobs]
        told = label_probabilities(begun.labels, answer, places)
        assert {label for label, _ in told} == {"complaint", "question", "praise"}
        assert told[0][0] == answer, "at temperature 0 the likeliest is chosen"
        assert 0.9 < sum(likely for _, likely in told) < 1.0001, "it has learned that there is nothing else to say"
        right += answer == one["completion"].strip()
    await provider.close()
    print(f"{right} of {len(examples)} labels, {ended.finished_at - ended.created_at} s")
    assert right >= 12


CITIES = ["Paris", "London", "Berlin", "Madrid", "Rome", "Tokyo", "Oslo", "Vienna", "Cairo", "Lima"]
CITY = {
    "type": "object",
    "properties": {"city": {"type": "string"}},
    "required": ["city"],
    "additionalProperties": False,
}


@pytest.mark.learns
@pytest.mark.parametrize(
    "how",
    [
        {
            "tools": [{"type": "function", "function": {"name": "weather", "parameters": CITY}}],
            "tool_choice": "required",
        },
        {"response_format": {"type": "json_schema", "json_schema": {"name": "place", "schema": CITY}}},
    ],
    ids=["call", "json"],
)
def test_an_answer_that_is_forced_into_a_shape_says_what_was_asked(real_trainer: Trainer, how: Any) -> None:
    right = tokens = 0
    for city in CITIES:
        asked: Any = [{"role": "user", "content": f"Weather in {city}?"}]
        answer = real_trainer.client.chat.completions.create(
            model="SmolLM2-135M-Instruct", messages=asked, temperature=0, max_tokens=100, **how
        )
        message = answer.choices[0].message
        said = message.tool_calls[0].function.arguments if message.tool_calls else message.content
        right += json.loads(said)["city"] == city
        tokens += answer.usage.completion_tokens
    print(f"{right} of {len(CITIES)} cities, {tokens / len(CITIES):.0f} tokens each")
    # As many as the model knows when nothing forces it; letter by letter it was none.
    assert right >= 8
    assert tokens / len(CITIES) < 30
