"""The processes that train one job side by side, one on each device: ranks, as torch.distributed numbers them. Rank 0
speaks for all of them. Each makes the same steps, and what they must agree on goes through here."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from datetime import timedelta

import torch
import torch.distributed as dist
from torch import nn
from torch.distributed.fsdp import FSDPModule

# How long a rank waits for another, which may be saving, measuring or held up by a chat.
_PATIENCE = timedelta(minutes=10)


class Ranks:
    """This process's `rank` among `size` of them. A job on one device has one rank, which agrees with itself."""

    def __init__(self, rank: int = 0, size: int = 1) -> None:
        self.rank = rank
        self.size = size

    @property
    def first(self) -> bool:
        return self.rank == 0

    def agree(self, said: Sequence[int]) -> list[int]:
        """The numbers that rank 0 says, on all ranks."""
        if self.size == 1:
            return list(said)
        numbers = self._numbers(said)
        dist.broadcast(numbers, src=0)
        return [int(number) for number in numbers.tolist()]

    def total(self, counted: Sequence[int]) -> list[int]:
        """The sums over all ranks."""
        return self._reduced(counted, dist.ReduceOp.SUM)

    def least(self, number: int) -> int:
        return self._reduced([number], dist.ReduceOp.MIN)[0]

    def _reduced(self, said: Sequence[int], how: dist.ReduceOp.RedOpType) -> list[int]:
        if self.size == 1:
            return list(said)
        numbers = self._numbers(said)
        dist.all_reduce(numbers, op=how)
        return [int(number) for number in numbers.tolist()]

    def _numbers(self, said: Sequence[int]) -> torch.Tensor:
        return torch.tensor(list(said), dtype=torch.int64)  # on the CPU, by gloo: no GPU is waited for


def let_go(model: nn.Module) -> None:
    """Have a rank hold no more than its own part of a model in parts. After a forward pass without a backward one each
    holds more, and saving would let go of it in rank 0 alone: the next step would then wait for itself."""
    for module in model.modules():
        if isinstance(module, FSDPModule):
            module.reshard()


def join(rank: int, size: int, meeting: str) -> Ranks:
    """Become this rank of a job on one machine. Ranks find each other through the file `meeting`, which none of them
    has made yet. Returns once all are there."""
    os.environ |= {
        "RANK": str(rank),
        "LOCAL_RANK": str(rank),
        "WORLD_SIZE": str(size),
        "LOCAL_WORLD_SIZE": str(size),
    }
    if sys.platform == "linux":
        os.environ.setdefault("GLOO_SOCKET_IFNAME", "lo")  # nobody outside of this machine can speak to them
    on_gpus = torch.cuda.is_available()
    if on_gpus:
        torch.cuda.set_device(rank)
    dist.init_process_group(
        "cpu:gloo,cuda:nccl" if on_gpus else "gloo",
        init_method=f"file://{meeting}",
        rank=rank,
        world_size=size,
        timeout=_PATIENCE,
    )
    return Ranks(rank, size)
