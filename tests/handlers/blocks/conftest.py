"""Ordinary values to show, and a reader that turns a message back into what people see."""

from collections.abc import Callable
from typing import Any

import msgspec
import pytest

from bot.datasets.dataset import Dataset
from bot.jobs.assessment import Assessment, assess
from bot.jobs.job import Job, Origin
from bot.providers.protocol import Hyperparameters, Metrics
from handlers.blocks.message import Message
from training_files.report import Report, Tokens

T0 = 1_795_000_000.0

_TOKENS = Tokens(total=1234, max=140, median=98, p95=130, billed=1300, exact=True, tokenizer="o200k_base")
_REPORT = Report(
    ok=True,
    format="chat",
    examples=12,
    errors=[],
    warnings=[],
    counts={},
    tokens=_TOKENS,
    epochs=8,
    cost={"gpt-4.1-mini": 0.052},
    model="gpt-4.1-mini",
    bytes=3000,
    sha256="aa",
)
_DATASET = Dataset(
    id="ds-1",
    sha256="aa",
    name="support.jsonl",
    bytes=3000,
    owner="U0ADA",
    team="T1",
    channel="C1",
    channel_private=False,
    thread_ts="1795000000.000100",
    created_at=T0,
    report=_REPORT,
)
_JOB = Job(
    id="job-1",
    state="running",
    provider="openai",
    base_model="gpt-4.1-mini",
    requester="U0ADA",
    origin=Origin("T1", "C1", private=False),
    created_at=T0,
    started_at=T0 + 60,
    hyperparameters=Hyperparameters(n_epochs=4),
    suffix="support",
    dataset_id="ds-1",
    file_name="support.jsonl",
    estimated_cost=0.05,
    latest=Metrics(30, 100, 1.234, 0.61),
)


MEASURED = (Metrics(30, 100, 1.234, 0.61, full_valid_loss=1.1, full_valid_mean_token_accuracy=0.6),)


def _changed(value: Any) -> Callable[..., Any]:
    return lambda **changes: msgspec.structs.replace(value, **changes)


@pytest.fixture(scope="session")
def make_report() -> Callable[..., Report]:
    return _changed(_REPORT)


@pytest.fixture(scope="session")
def make_dataset() -> Callable[..., Dataset]:
    return _changed(_DATASET)


@pytest.fixture(scope="session")
def make_job() -> Callable[..., Job]:
    return _changed(_JOB)


@pytest.fixture(scope="session")
def measured() -> Assessment:
    """Of one step, with a validation file."""
    return assess(_JOB, MEASURED)


@pytest.fixture(scope="session")
def t0() -> float:
    return T0


@pytest.fixture(scope="session")
def seen() -> Callable[[Message], str]:
    """All that a message shows, top to bottom, a line for each text; buttons in square brackets."""

    def read(message: Message) -> str:
        return "\n".join(_lines(message.as_arguments().get("blocks")))

    return read


@pytest.fixture(scope="session")
def buttons() -> Callable[[Message], dict[str, dict[str, Any]]]:
    """The buttons of a message by action_id, as Slack gets them."""

    def read(message: Message) -> dict[str, dict[str, Any]]:
        return {element["action_id"]: element for element in _buttons(message.as_arguments().get("blocks"))}

    return read


@pytest.fixture(scope="session")
def entries() -> Callable[[Message], dict[str, str]]:
    """The entries of a message's menu: what each is about, by the word that says who takes it."""

    def read(message: Message) -> dict[str, str]:
        elements = [one for block in message.as_arguments().get("blocks", []) for one in block.get("elements", [])]
        options = [one["value"] for menu in elements if menu["type"] == "overflow" for one in menu["options"]]
        return {word: about for word, _, about in (value.partition(" ") for value in options)}

    return read


def _lines(value: Any) -> list[str]:
    if isinstance(value, list):
        return [line for inner in value for line in _lines(inner)]
    if not isinstance(value, dict):
        return []
    if value.get("type") == "button":
        return [f"[{value['text']['text']}]"]
    if value.get("type") == "overflow":
        return ["[… " + ", ".join(option["text"]["text"] for option in value["options"]) + "]"]
    if value.get("type") in ("mrkdwn", "plain_text"):
        return [value["text"]]
    if value.get("type") == "image":
        return [f"(picture {value['slack_file']['id']}: {value['alt_text']})"]
    return [line for key in ("text", "fields", "elements", "accessory") for line in _lines(value.get(key))]


def _buttons(value: Any) -> list[dict[str, Any]]:
    if isinstance(value, list):
        return [button for inner in value for button in _buttons(inner)]
    if not isinstance(value, dict):
        return []
    if value.get("type") == "button":
        return [value]
    return [button for inner in value.values() for button in _buttons(inner)]
