"""A real provider keeps the contract: by hand, with a key, for it trains a model and so costs money.

    FINETUNE_CONTRACT=openai FINETUNE_CONTRACT_KEY=sk-… FINETUNE_CONTRACT_MODEL=… pytest tests/contract/test_real.py

FINETUNE_CONTRACT names the vendor. FINETUNE_CONTRACT_URL: its address, where it has no usual one.
FINETUNE_CONTRACT_JOB: a job that has succeeded there, instead of training one. FINETUNE_CONTRACT_ANSWERS: what its
model answers by, on Azure its deployment.
"""

import os

import pytest

from tests.contract.cases import *  # noqa: F403
from tests.contract.server import RealServer, Server

if "FINETUNE_CONTRACT" not in os.environ:
    pytest.skip("by hand, with the key of a provider", allow_module_level=True)


@pytest.fixture(scope="module")
def server() -> Server:
    return RealServer(os.environ)
