"""Memory and disk: judged before a job starts; what is said when they run out all the same."""

import errno
import importlib.util
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import msgspec
import pytest
from safetensors import SafetensorError

from tests.tiny_model import MODEL_ID
from trainer.api import memory
from trainer.base_models import read_table
from trainer.errors import TrainingFailed
from trainer.objects import Pace
from trainer.training.failures import explain
from trainer.training.memory import Shape, find_plan, find_roomy_plan, needed, rows_to_sample, shape_of
from trainer.training.messages import NeedsDevices
from trainer.training.plan import Hyperparameters, Plan

SMOLLM2 = Shape(134_515_008, 576, 1536, 30, 49_152, (((576, 576),) * 4 + ((576, 1536),) * 3) * 30, 192)
_LLAMA_LINEARS = ((8192, 8192),) * 2 + ((1024, 8192),) * 2 + ((28_672, 8192),) * 3
LLAMA_70B = Shape(70_553_706_496, 8192, 28_672, 80, 128_256, _LLAMA_LINEARS * 80, 1024)
GB = 2**30


@pytest.mark.parametrize(
    ("tokens", "rank", "checkpointing", "measured"),
    [
        (256, 16, False, 1.45),
        (1024, 16, False, 3.13),
        (2048, 16, False, 5.71),
        (2048, 16, True, 3.92),
        (134, 0, False, 3.02),
    ],
)
def test_the_estimate_is_a_little_above_what_was_measured(
    tokens: int, rank: int, checkpointing: bool, measured: float
) -> None:
    # Peaks of SmolLM2-135M in bf16 on a CPU, in GB; rank 0 trains all weights.
    estimate = needed(SMOLLM2, tokens=tokens, rank=rank, number_bytes=2, checkpointing=checkpointing) / GB
    assert measured * 0.99 < estimate < measured * 1.3


def test_less_memory_means_smaller_parts_then_computing_twice_then_none(table: Path) -> None:
    def fit(free: float, *, can_quantize: bool = False) -> Any:
        return find_plan(
            SMOLLM2,
            longest=1024,
            batch_size=8,
            rank=16,
            number_bytes=2,
            free=int(free * GB),
            can_quantize=can_quantize,
        )

    assert (fit(64).micro_batch, fit(64).checkpointing) == (8, False)
    assert (fit(8).micro_batch, fit(8).checkpointing) == (2, False)
    assert (fit(3).micro_batch, fit(3).checkpointing) == (1, True)
    assert fit(1) is None


def test_over_several_devices_the_base_is_divided_where_one_cannot_hold_it_and_all_weights_never_are() -> None:
    def fit(free: float, rank: int = 16, devices: int = 4) -> Any:
        return find_plan(
            LLAMA_70B,
            longest=512,
            batch_size=4,
            rank=rank,
            number_bytes=2,
            free=int(free * GB),
            can_quantize=False,
            devices=devices,
        )

    assert not fit(200).sharded
    assert fit(80).sharded
    assert fit(80, devices=1) is None
    assert fit(200, rank=0) is None
    whole, part = (
        needed(LLAMA_70B, tokens=512, rank=16, number_bytes=2, checkpointing=True, shards=shards) for shards in (1, 4)
    )
    assert 0.2 < (part / whole) < 0.5, "activations and the adapter are not divided"


def test_as_few_devices_are_taken_as_will_do_and_weights_in_4_bits_only_where_all_are_too_few() -> None:
    def fit(free: float, most_devices: int = 8) -> Any:
        plan = find_roomy_plan(
            LLAMA_70B,
            most_devices=most_devices,
            longest=512,
            batch_size=4,
            rank=16,
            number_bytes=2,
            free=int(free * GB),
            can_quantize=True,
        )
        return plan and (plan.devices, plan.sharded, plan.four_bit)

    assert fit(200) == (1, False, False)
    assert fit(110) == (2, True, False)
    assert fit(80) == (3, True, False)
    assert fit(80, most_devices=2) == (1, False, True)
    assert fit(64, most_devices=2) is None


def test_a_job_that_one_device_cannot_hold_asks_for_more_unless_its_metadata_say_how_many(
    plan: Plan, monkeypatch: pytest.MonkeyPatch
) -> None:
    import torch

    from trainer.training import room
    from trainer.training.data import Tokens
    from trainer.training.ranks import Ranks

    monkeypatch.setattr(room, "shape_of", lambda weights: LLAMA_70B)
    Path(plan.output).mkdir()
    monkeypatch.setattr(room, "disk_needed", lambda shape, rank: 0)
    monkeypatch.setattr(room, "dtype", lambda on: torch.bfloat16)
    monkeypatch.setattr(room, "free_bytes", lambda: 110 * GB)
    plan = msgspec.structs.replace(plan, most_devices=4)

    class Together(Ranks):
        """Without the other one."""

        def least(self, number: int) -> int:
            return number

    def decided(plan: Plan, ranks: Ranks | None = None) -> Any:
        examples = [Tokens(range(512), [])]  # type: ignore[arg-type]
        return room.plan_memory(plan, Hyperparameters(1, 2, 1.0, 0.1), examples, ranks=ranks)

    assert decided(plan) == NeedsDevices(2)
    # The next devices that it gets may be smaller.
    monkeypatch.setattr(room, "free_bytes", lambda: 2 * 80 * GB)  # which they share, on a processor
    assert decided(msgspec.structs.replace(plan, devices=2), Together(0, 2)) == NeedsDevices(3)
    monkeypatch.setattr(room, "free_bytes", lambda: 110 * GB)
    for alone in ({"metadata": {"gpus": "1"}}, {"most_devices": 1}, {"method": "dpo"}):
        with pytest.raises(TrainingFailed, match="not enough memory"):
            decided(msgspec.structs.replace(plan, **alone))


def test_that_a_model_does_not_fit_is_said_only_where_it_is_known_how_many_gpus_it_could_have(
    table: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A cluster's nodes are seen when a job is handed over."""
    monkeypatch.setattr(memory, "shape_of", lambda weights: LLAMA_70B)
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)  # no 4 bits
    pace = Pace("m", "supervised", False, "m", "cuda bfloat16", 1, 1, 1.0, 1.0, 1, memory=110 * GB)

    def judged(most_devices: int | None, **more: Any) -> memory.Memory:
        services = SimpleNamespace(
            supervisor=SimpleNamespace(most_devices=most_devices),
            store=SimpleNamespace(latest_pace=lambda machine: pace),
            catalogue=SimpleNamespace(fetched=lambda base: table.parent, bases={}),
        )
        base = msgspec.structs.replace(read_table(table)[MODEL_ID], lora_rank=16)
        how = {"method": "supervised", "whole": False, "batch": 2, "longest": 512, **more}
        return memory.judged(cast(Any, services), base, **how)

    assert [(told.fits, told.devices) for told in map(judged, (8, 1, None))] == [(True, 2), (False, 1), (None, 1)]
    assert judged(None, devices=2).fits is True
    assert judged(None, method="dpo").fits is False, "it trains on one"


def test_the_shape_of_a_model_is_read_from_its_files(table: Path) -> None:
    shape = shape_of(table.parent / "tiny-random")
    assert (shape.hidden, shape.intermediate, shape.layers, shape.vocabulary) == (32, 64, 2, 259)
    assert len(shape.linears) == 2 * 7
    assert shape.learned(rank=1) == 2 * (4 * (32 + 32) + 3 * (32 + 64))


def test_a_model_too_large_for_the_machine_fails_before_it_is_loaded(plan: Plan) -> None:
    from trainer.training import room
    from trainer.training.data import Tokens

    plan = msgspec.structs.replace(plan, context_length=10**9)
    endless = Tokens(range(10**9), [])  # type: ignore[arg-type]
    with pytest.raises(TrainingFailed, match="not enough memory to train tiny-random on examples of up to") as caught:
        room.plan_memory(plan, Hyperparameters(1, 1, 1.0, 0.1), [endless])
    assert caught.value.code == "not_enough_memory"


def _save_numbers(disk: Path) -> None:
    import torch

    torch.save(torch.zeros(100_000), disk)


@pytest.mark.skipif(not Path("/dev/full").is_char_device(), reason="needs a disk that is always full")
@pytest.mark.parametrize("save", [lambda disk: disk.write_bytes(b"x" * 100_000), _save_numbers])
def test_a_full_disk_is_told_as_such_whoever_notices_it(save: Any) -> None:
    with pytest.raises((OSError, RuntimeError)) as caught:
        save(Path("/dev/full"))
    code, sentence = explain(caught.value)
    assert code == "disk_full"
    assert sentence.startswith("The disk is full")


@pytest.mark.parametrize(
    ("error", "code", "said"),
    [
        (MemoryError(), "out_of_memory", "smaller batch_size"),
        (RuntimeError("CUDA out of memory. Tried to allocate 2 GiB"), "out_of_memory", "smaller batch_size"),
        (RuntimeError("DefaultCPUAllocator: can't allocate memory"), "out_of_memory", "smaller batch_size"),
        (OSError(errno.ENOSPC, "No space left on device"), "disk_full", "Make room"),
        (SafetensorError("I/O error: No space left on device (os error 28)"), "disk_full", "Make room"),
        (ValueError("odd"), "training_failed", "ValueError: odd"),
    ],
)
def test_each_way_to_die_has_a_sentence(error: Exception, code: str, said: str) -> None:
    assert explain(error)[0] == code
    assert said in explain(error)[1]


def test_fewer_answers_grow_side_by_side_where_memory_is_short() -> None:
    def rows(free: int, longest: int = 300) -> int:
        return rows_to_sample(SMOLLM2, longest=longest, rank=16, number_bytes=2, free=free, most=32)

    assert rows(8 << 30) == 32
    assert 1 < rows(2 << 30, longest=2000) < 32
    assert rows(1 << 30) == 1  # a step would not fit either, and says so
