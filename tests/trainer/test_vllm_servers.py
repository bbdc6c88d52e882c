"""Several vLLM servers behind one trainer, by doubles: who answers next, what when one fails, whose turn it is."""

from __future__ import annotations

import asyncio
import contextlib
import signal
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import aiohttp
import httpx
import msgspec
import openai
import pytest

from tests.random_adapter import write_adapter
from tests.tiny_model import ENDLESS, MODEL_ID
from tests.trainer_process import Trainer, jsonl, some_examples, wait_for
from tests.vllm_double import VllmDouble, running
from trainer.base_models import read_table
from trainer.catalogue import Catalogue, ResolvedModel
from trainer.errors import ModelUnavailable, TryLater, WorkerDied
from trainer.instruments import REGISTRY
from trainer.loops import Loops
from trainer.objects import Model
from trainer.serving.messages import Delta, End, Generation, Sampling, Start, StreamEvent, Text
from trainer.serving.vllm.adapters import AdapterFolder
from trainer.serving.vllm.chats import VllmChats
from trainer.serving.vllm.replica import Replica
from trainer.serving.vllm.replicas import Timing
from trainer.serving.vllm.turns import Turns
from trainer.settings import load as load_settings
from trainer.store import Store

HURRIED = Timing(look=0.02, again=0.01, longest=0.05, load=0.2, turn=20)
GREEDY = Sampling(temperature=0, logit_bias=ENDLESS)
HELLO = Generation(Text("Hello"), 4, GREEDY)
SECOND = "tiny-second"


class Local:
    """The worker of this machine."""

    def __init__(self) -> None:
        self.asked: list[str] = []

    async def answer(self, found: ResolvedModel, generation: Generation, key: str) -> AsyncGenerator[StreamEvent, None]:
        self.asked.append(found.id)
        yield Start(1)
        yield Delta("local")
        yield End("stop", 1)

    def warm(self, model: str) -> None: ...

    async def forget(self, found: ResolvedModel) -> None: ...

    def refuses(self, found: ResolvedModel) -> str | None:
        return None

    async def stop(self) -> None: ...


class Servers:
    """Doubles, and the trainer's chats that ask them."""

    def __init__(self, folder: Path, weights: Path, count: int, **settings: object) -> None:
        self.weights = weights
        self.adapters = folder / "adapters"
        self.doubles = [VllmDouble(self.weights, self.adapters) for _ in range(count)]
        self._running = [contextlib.ExitStack() for _ in self.doubles]
        self.urls = [
            stack.enter_context(running(double)) for stack, double in zip(self._running, self.doubles, strict=True)
        ]
        self.settings = load_settings(
            folder / "data",
            vllm_urls=tuple(self.urls),
            vllm_adapters=self.adapters,
            **settings,
        )
        self.settings.data.mkdir()
        self.store = Store(self.settings.data / "trainer.db")
        base = read_table(weights.parent / "base_models.toml")[MODEL_ID]
        bases = {base.id: base, SECOND: msgspec.structs.replace(base, id=SECOND)}
        self.catalogue = Catalogue(self.settings, self.store, bases)
        self.local = Local()
        self.chats = VllmChats(self.settings, self.catalogue, self.local, Loops(), HURRIED)

    def found(self, model: str = MODEL_ID) -> ResolvedModel:
        found = self.catalogue.find(model)
        assert found is not None
        return found

    def tuned(self, name: str, **config: object) -> ResolvedModel:
        folder = f"ftjob-{name}/1"
        write_adapter(self.settings.models / folder, self.weights, **config)  # type: ignore[arg-type]
        self.store.add_model(Model(f"ft:{name}", MODEL_ID, folder, 0, "acme", f"ftjob-{name}"))
        return self.found(f"ft:{name}")

    async def said(
        self, found: ResolvedModel | None = None, generation: Generation = HELLO, key: str = "ann"
    ) -> list[StreamEvent]:
        async with contextlib.aclosing(self.chats.answer(found or self.found(), generation, key)) as events:
            return [event async for event in events]

    def ask(self, found: ResolvedModel | None = None, key: str = "ann") -> asyncio.Task[list[StreamEvent]]:
        return asyncio.create_task(self.said(found, key=key))

    async def asked(self, *counts: int) -> None:
        """Wait until the doubles have been asked so often."""
        await until(lambda: [len(double.asked) for double in self.doubles] == list(counts))

    async def seen(self, count: int) -> None:
        """Wait until so many servers answer."""
        await until(lambda: len(self.chats._replicas.available(MODEL_ID)) == count)

    def end(self, place: int) -> None:
        """As a server that is killed."""
        self._running[place].close()

    def start(self, place: int) -> None:
        port = int(self.urls[place].rpartition(":")[2])
        self._running[place].enter_context(running(self.doubles[place], port))

    async def close(self) -> None:
        for double in self.doubles:
            double.silent = double.loading = False
        await self.chats.stop()
        for stack in self._running:
            stack.close()
        self.store.close()


async def until(what: Callable[[], bool]) -> None:
    async with asyncio.timeout(20):
        while not what():
            await asyncio.sleep(0.002)


def text(events: list[StreamEvent]) -> str:
    return "".join(event.text for event in events if isinstance(event, Delta))


@pytest.fixture
def weights(table: Path) -> Path:
    return table.parent / MODEL_ID


@pytest.fixture
async def two(tmp_path: Path, weights: Path) -> AsyncIterator[Servers]:
    servers = Servers(tmp_path, weights, 2)
    await servers.seen(2)
    yield servers
    await servers.close()


@pytest.fixture
async def one(tmp_path: Path, weights: Path) -> AsyncIterator[Servers]:
    """One server that makes two answers at once."""
    servers = Servers(tmp_path, weights, 1, vllm_requests=2)
    await servers.seen(1)
    yield servers
    await servers.close()


# Which one answers


async def test_the_server_with_fewest_answers_under_way_is_next(two: Servers) -> None:
    for double in two.doubles:
        double.silent = True
    asked = [two.ask() for _ in range(6)]
    await two.asked(3, 3)
    for double in two.doubles:
        double.silent = False
    answers = [text(one) for one in await asyncio.gather(*asked)]
    assert len(set(answers)) == 1


async def test_what_other_clients_ask_of_a_server_counts_among_equals(two: Servers) -> None:
    first, second = two.doubles
    first.others = 7
    await until(lambda: two.chats._replicas.all[0].busy == 7)
    for _ in range(3):
        await two.said()
    await two.asked(0, 3)
    assert not second.silent


async def test_the_server_that_has_loaded_an_adapter_is_preferred_until_it_is_much_busier(two: Servers) -> None:
    tuned = two.tuned("parrot")
    for _ in range(3):
        await two.said(tuned)
    warm, cold = sorted(two.doubles, key=lambda double: -len(double.loaded))
    assert (len(warm.loaded), len(cold.loaded)) == (1, 0)
    warm.silent = True
    asked = [two.ask(tuned) for _ in range(9)]
    await until(lambda: len(cold.loaded) == 1)
    warm.silent = False
    await asyncio.gather(*asked)


async def test_a_look_keeps_what_was_loaded_while_it_looked(two: Servers) -> None:
    async with aiohttp.ClientSession() as session:
        asked = SimpleNamespace()
        replica = Replica(two.urls[0], cast(aiohttp.ClientSession, asked))

        def get(url: str, **options: Any) -> Any:
            if url.endswith("/metrics"):  # its adapters are told by now
                replica.adapters.add("parrot")
            return session.get(url, **options)

        asked.get = get
        await replica.look()
        assert replica.has("parrot")
        asked.get = session.get
        await replica.look()
        assert not replica.has("parrot")  # the server says that it has it no more


async def test_a_base_model_that_no_server_has_and_one_of_its_own_weights_are_answered_here(two: Servers) -> None:
    whole = two.tuned("whole")
    assert whole.folder is not None
    (whole.folder / "config.json").write_text("{}")
    assert text(await two.said(two.found("ft:whole"))) == text(await two.said(two.found(SECOND))) == "local"
    assert two.local.asked == ["ft:whole", SECOND]
    assert not two.doubles[0].asked + two.doubles[1].asked


# What fails


@pytest.mark.parametrize("how", ["failing", "breaks", "busy", "dies"])
async def test_where_a_server_fails_before_its_first_token_another_answers(two: Servers, how: str) -> None:
    right = text(await two.said())
    if how == "dies":
        two.doubles[0].dies_after = 0
    else:
        setattr(two.doubles[0], how, True)
    for _ in range(4):
        assert text(await two.said()) == right


async def test_what_a_failed_server_had_half_said_is_not_in_the_answer(two: Servers) -> None:
    half = "Ã"  # the byte C3, with which a character of two bytes begins
    token = two.doubles[0]._tokenizer.token_to_id(half)
    generation = Generation(Text("Hello"), 3, Sampling(temperature=0, logit_bias={str(token): 100}))
    whole = await two.said(generation=generation)
    two.doubles[0].dies_after = 1
    for _ in range(2):
        assert await two.said(generation=generation) == whole


async def test_a_connection_that_is_closed_as_it_is_used_again_is_no_failure() -> None:
    connections = 0

    async def closing(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal connections
        connections += 1
        await reader.readuntil(b"\r\n\r\n{}")
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nHello")
        await reader.readuntil(b"\r\n\r\n{}")
        writer.close()

    server = await asyncio.start_server(closing, "127.0.0.1", 0)
    async with server, aiohttp.ClientSession() as session:
        replica = Replica(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}", session)
        for _ in range(2):
            async with replica.stream({}) as pieces:
                assert [piece async for piece in pieces] == [b"Hello"]
    assert connections == 2


async def test_an_answer_that_has_begun_is_not_begun_again(two: Servers) -> None:
    for double in two.doubles:
        double.dies_after = 2
    with pytest.raises(WorkerDied):
        await two.said()
    assert len(two.doubles[0].asked) + len(two.doubles[1].asked) == 1


async def test_a_server_that_is_gone_is_left_out_and_comes_back(two: Servers) -> None:
    two.end(0)
    for _ in range(3):
        await two.said()
    await two.seen(1)
    assert len(two.doubles[1].asked) == 3
    assert REGISTRY.get_sample_value("finetune_trainer_vllm_servers", {"state": "down"}) == 1
    two.start(0)
    await two.seen(2)
    for _ in range(2):
        await two.said()
    assert two.doubles[0].asked


async def test_where_no_server_answers_a_client_is_told_when_to_come_again(two: Servers) -> None:
    two.end(0)
    two.end(1)
    for _ in range(2):  # before it was noticed, and after
        with pytest.raises(TryLater) as told:
            await two.said()
        assert not told.value.full
        assert told.value.retry_after > 0
        await two.seen(0)
    with pytest.raises(TryLater):  # a fine-tuned model is not looked for elsewhere
        await two.said(two.tuned("parrot"))
    assert not two.local.asked


# Adapters


async def test_an_adapter_that_takes_long_to_load_is_answered_for_later_and_loaded_once(two: Servers) -> None:
    for double in two.doubles:
        double.loading = True
    tuned = two.tuned("slow")
    for _ in range(2):
        with pytest.raises(TryLater) as told:
            await two.said(tuned)
        assert not told.value.full
    for double in two.doubles:
        double.loading = False
    answer = text(await two.said(tuned))
    assert answer
    assert answer != text(await two.said())
    assert sum(len(double.loaded) for double in two.doubles) == 1


async def test_a_deleted_model_is_unloaded_everywhere_also_where_a_server_was_away(two: Servers) -> None:
    tuned = two.tuned("gone")
    two.chats.warm(tuned.id)
    await until(lambda: any(double.loaded for double in two.doubles))
    for double in two.doubles:
        double.loaded[next(two.adapters.iterdir()).name] = two.adapters
    two.end(0)
    await two.seen(1)
    await two.chats.forget(tuned)
    assert not two.doubles[1].loaded
    assert not list(two.adapters.iterdir())
    assert two.doubles[0].loaded
    two.start(0)
    await until(lambda: not two.doubles[0].loaded)


async def test_what_somebody_else_loaded_is_left_alone(one: Servers) -> None:
    one.doubles[0].loaded["sql-adapter"] = one.adapters
    await until(lambda: "sql-adapter" in one.chats._replicas.all[0].adapters)
    await one.chats.forget(one.tuned("gone"))
    await one.said()
    assert list(one.doubles[0].loaded) == ["sql-adapter"]


async def test_a_folder_that_cannot_be_written_is_said_to_be_one(one: Servers) -> None:
    tuned = one.tuned("parrot")
    one.adapters.rmdir()
    one.adapters.write_text("a file")
    with pytest.raises(ModelUnavailable, match="handed to vLLM"):
        await one.said(tuned)


def test_what_was_half_written_and_whose_model_is_gone_is_removed(tmp_path: Path, weights: Path) -> None:
    adapter = write_adapter(tmp_path / "adapter", weights)
    folder = AdapterFolder(tmp_path / "adapters")
    kept, _ = folder.publish("ft:kept", adapter, "base"), folder.publish("ft:gone", adapter, "base")
    assert folder.publish("ft:kept", adapter, "base") == kept
    (tmp_path / "adapters" / ".writing-x").mkdir()
    (tmp_path / "adapters" / "of-somebody-else").mkdir()
    folder.tidy(lambda model: model == "ft:kept")
    assert {path.name for path in (tmp_path / "adapters").iterdir()} == {kept, "of-somebody-else"}


async def test_jobs_whose_adapters_vllm_could_not_load_are_refused_and_no_others(tmp_path: Path, weights: Path) -> None:
    servers = Servers(tmp_path, weights, 1, vllm_max_lora_rank=8)
    await servers.seen(1)
    assert "rank 16, above 8" in str(servers.chats.refuses(servers.found()))
    assert servers.chats.refuses(servers.found(SECOND)) is None  # answered on this machine
    assert servers.chats.refuses(servers.tuned("small", rank=4)) is None
    assert "DoRA" in str(servers.chats.refuses(servers.tuned("dora", rank=4, use_dora=True)))
    await servers.close()


# Turns


async def test_a_key_that_asks_much_does_not_keep_others_waiting(one: Servers) -> None:
    (double,) = one.doubles
    double.silent = True
    heavy = [one.ask(key="heavy") for _ in range(8)]
    await one.asked(2)
    # Nothing of hers is under way, so she has a place at once.
    light = one.ask(key="light")
    await one.asked(3)
    double.silent = False
    await light
    await asyncio.gather(*heavy)


async def test_places_that_become_free_go_to_the_keys_in_turn() -> None:
    turns = Turns(lambda: 1, longest=20, retry=1)
    order: list[str] = []

    async def take(key: str) -> None:
        async with turns.turn(key):
            order.append(key)
            await asyncio.sleep(0)

    async with turns.turn("heavy"), turns.turn("another"):  # the place, and the one for first answers
        waiting = [asyncio.create_task(take(key)) for key in ("heavy", "heavy", "light")]
        await asyncio.sleep(0)
    await asyncio.gather(*waiting)
    assert order.index("light") < 2
    assert turns.under_way == 0


async def test_those_who_wait_for_servers_that_are_gone_are_told_so(one: Servers) -> None:
    one.doubles[0].silent = True
    waiting = [one.ask() for _ in range(6)]
    await one.asked(2)
    one.end(0)
    for answer in await asyncio.gather(*waiting, return_exceptions=True):
        assert isinstance(answer, TryLater)
        assert not answer.full


async def test_who_gives_up_waiting_leaves_no_trace() -> None:
    turns = Turns(lambda: 1, longest=20, retry=1)

    async def take(key: str) -> None:
        async with turns.turn(key):
            pass

    async with turns.turn("ann"):
        async with turns.turn("bob"):
            waiting = [asyncio.create_task(take("ann")) for _ in range(3)]
            await asyncio.sleep(0)
            waiting[0].cancel()
            await asyncio.wait(waiting[:1])
        # A place came, and she left in the same moment.
        waiting[1].cancel()
    await asyncio.wait(waiting)
    assert waiting[2].exception() is None
    assert turns.under_way == 0


async def test_who_waits_too_long_or_behind_too_many_is_turned_away() -> None:
    turns = Turns(lambda: 1, longest=0.01, retry=3)

    async def take(key: str) -> None:
        async with turns.turn(key):
            pass

    async with turns.turn("ann"), turns.turn("bob"):
        waiting = [asyncio.create_task(take("ann")) for _ in range(5)]
        await asyncio.wait(waiting)
        told = [task.exception() for task in waiting]
    assert all(isinstance(why, TryLater) and why.full and why.retry_after == 3 for why in told)
    async with turns.turn("ann"):
        pass


# Over HTTP


@dataclass
class Served:
    trainer: Trainer
    doubles: list[VllmDouble]

    def chat(self, **more: Any) -> Any:
        asked: dict[str, Any] = {"model": MODEL_ID, "messages": [{"role": "user", "content": "Hello"}], "max_tokens": 9}
        return self.trainer.client.chat.completions.create(**{**asked, **more})


@pytest.fixture
def served(tmp_path: Path, table: Path) -> Iterator[Served]:
    """A trainer of whose two vLLM servers each makes one answer at once, of adapters up to rank 8."""
    doubles = [VllmDouble(table.parent / MODEL_ID, tmp_path / "adapters") for _ in range(2)]
    with contextlib.ExitStack() as stack:
        urls = [stack.enter_context(running(double)) for double in doubles]
        settings: dict[str, Any] = {
            "TRAINER_VLLM_URLS": ",".join(urls),
            "TRAINER_VLLM_ADAPTERS": str(tmp_path / "adapters"),
            "TRAINER_VLLM_REQUESTS": "1",
            "TRAINER_VLLM_MAX_LORA_RANK": "8",
            "TRAINER_DRAIN_SECONDS": "60",
        }
        trainer = Trainer(tmp_path / "data", table, tmp_path / "cache", **settings)
        yield Served(trainer, doubles)
        for double in doubles:
            double.silent = False
        trainer.stop()


def test_the_protocol_says_when_to_come_again_and_what_is_under_way_ends_before_the_server(served: Served) -> None:
    file = served.trainer.upload(jsonl(some_examples()))
    with pytest.raises(openai.BadRequestError, match="rank 16, above 8") as refused:
        served.trainer.client.fine_tuning.jobs.create(model=MODEL_ID, training_file=file)
    assert refused.value.param == "model"

    for double in served.doubles:
        double.busy = True
    with pytest.raises(openai.RateLimitError) as full:
        served.chat()
    assert int(full.value.response.headers["retry-after"]) > 0
    for double in served.doubles:
        double.busy, double.failing = False, True
    with pytest.raises(openai.InternalServerError) as down:
        served.chat(stream=True)
    assert down.value.status_code == 503
    assert int(down.value.response.headers["retry-after"]) > 0
    for double in served.doubles:
        double.failing, double.silent = False, True

    stream = wait_for(lambda: served_again(served))
    served.trainer.process.send_signal(signal.SIGTERM)
    wait_for(lambda: refused_now(served))
    for double in served.doubles:
        double.silent = False
    chunks = list(stream)
    assert chunks[-1].choices[0].finish_reason in ("stop", "length")
    served.trainer.process.wait(60)


def served_again(served: Served) -> Any:
    """A stream that has begun, once a server is asked again."""
    with contextlib.suppress(openai.InternalServerError):
        return served.chat(stream=True)


def refused_now(served: Served) -> bool:
    try:
        httpx.get(served.trainer.url.removesuffix("/v1") + "/healthz")
    except httpx.TransportError:
        return True
    return False
