"""The trainer keeps the contract of tests/contract."""

from typing import Any

import pytest

from tests.contract.cases import *  # noqa: F403
from tests.contract.server import Server, TrainerServer
from tests.trainer_process import Trainer


@pytest.fixture(scope="module")
def server(trainer: Trainer, finished: Any) -> Server:
    return TrainerServer(trainer, finished.id)
