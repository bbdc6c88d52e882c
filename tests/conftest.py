"""What all tests share: a new store and training files, where they are asked for; long runs wait until they are asked
for, and no property has to be shown within a time."""

import gc
import importlib.util
import json
import os
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest
import structlog
from hypothesis import settings

from bot.providers.openai_protocol import OpenAIProtocol
from bot.store.database import Database
from bot.store.jobs import SqlJobStore
from bot.store.outbox import SqlOutbox
from tests import migrated_store, postgresql_server
from tests.parts import provider_over
from tests.stand_in_provider import StandInProvider

pytest.register_assert_rewrite("tests.contract.cases")

# All that the modules of the tests bring along stays to the end. No garbage is looked for in it, nor while it comes,
# which would take a sixth of the time, in each process.
gc.disable()

# A fault that is logged has no frames drawn around it, with all that they hold: that takes half a second.
structlog.configure(
    processors=[
        *structlog.get_config()["processors"][:-1],
        structlog.dev.ConsoleRenderer(exception_formatter=structlog.dev.plain_traceback),
    ]
)

# What Hypothesis takes by itself, in CI another one; a busy machine is no reason to fail.
settings.register_profile("patient", settings.get_profile(settings.get_current_profile_name()), deadline=None)
settings.load_profile("patient")


# Files whose few tests take minutes. They begin first, or one process would be left alone with them at the end.
_LONG = (
    *("test_private.py", "test_learns.py", "test_kills.py", "test_crash.py", "test_slack_trouble.py"),
    "test_ray.py",
    "test_recovery.py",
)
# Whose tests share a running trainer, which takes ten seconds of a processor to start: one process has all of them.
_TRAINER = Path(__file__).parent / "trainer"

# The bot runs without its extras, and so do its tests. What drives the sandbox or the trainer is left out where these
# are not installed; in CI they have to be, and it fails there.
_OF_THE_SANDBOX = ("e2e", "sandbox", "test_start.py")
_OF_THE_TRAINER = (
    *("foreign", "trainer", "app/test_passing_on.py", "training_files/test_trained_tokens.py"),
    *("e2e/test_browser.py", "e2e/test_kills.py", "e2e/test_try.py"),
)
_OF_TRACKING = ("tracking", "trainer/test_tracking.py")


def _installed(name: str) -> bool:
    return "CI" in os.environ or importlib.util.find_spec(name) is not None


collect_ignore = [
    *(() if _installed("starlette") else _OF_THE_SANDBOX),
    *(() if _installed("torch") else _OF_THE_TRAINER),
    *(() if _installed("wandb") and _installed("mlflow") else _OF_TRACKING),
]


def pytest_report_header() -> str | None:
    return f"without the extra [local], left out: {', '.join(collect_ignore)}" if collect_ignore else None


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    items.sort(key=_turn)
    if "soak" in config.getoption("-m"):
        return
    for item in items:
        if item.get_closest_marker("soak"):
            item.add_marker(pytest.mark.skip(reason="a long run: pytest -m soak"))


def _turn(item: pytest.Item) -> int:
    if item.path.name in _LONG:
        return _LONG.index(item.path.name)
    return len(_LONG) if item.path.parent == _TRAINER else len(_LONG) + 1


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    if config.getoption("dist") != "loadfile":
        return None
    from xdist.scheduler import LoadFileScheduling

    class Scheduling(LoadFileScheduling):
        def _split_scope(self, nodeid: str) -> str:
            file = Path(super()._split_scope(nodeid))
            shares = config.rootpath / file.parent == _TRAINER and file.name not in _LONG
            return str(_TRAINER if shares else file)

    return Scheduling(config, log)


def pytest_collection_finish() -> None:
    gc.freeze()
    gc.enable()


@pytest.fixture
async def database(tmp_path: Path) -> AsyncIterator[Database]:
    if postgresql_server.is_the_store():
        url, schema = postgresql_server.store()
        opened = await Database.open(tmp_path / "data", url, schema=schema)
    else:
        opened = await Database.open(migrated_store.place(tmp_path / "data"))
    yield opened
    await opened.close()


@pytest.fixture
def jobs(database: Database) -> SqlJobStore:
    return SqlJobStore(database)


@pytest.fixture
def outbox(database: Database) -> SqlOutbox:
    return SqlOutbox(database)


@pytest.fixture
async def stand_in() -> AsyncIterator[StandInProvider]:
    async with StandInProvider() as provider:
        yield provider


@pytest.fixture
async def provider(stand_in: StandInProvider) -> AsyncIterator[OpenAIProtocol]:
    async with provider_over(stand_in) as made:
        yield made


@pytest.fixture(scope="session")
def root() -> Path:
    return Path(__file__).parents[1]


@pytest.fixture
def write(tmp_path: Path) -> Callable[..., Path]:
    """Writes a training file: its examples as values, or as raw lines."""

    def write(*examples: Any, name: str = "file.jsonl") -> Path:
        lines = [one if isinstance(one, bytes) else json.dumps(one).encode() for one in examples]
        path = tmp_path / name
        path.write_bytes(b"".join(line + b"\n" for line in lines))
        return path

    return write


@pytest.fixture
def good() -> list[dict[str, Any]]:
    """Ten examples with which nothing is wrong."""
    return [
        {"messages": [{"role": "user", "content": f"What is {n} + 1?"}, {"role": "assistant", "content": str(n + 1)}]}
        for n in range(10)
    ]
