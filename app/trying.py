"""`finetune-bot try`: a local Slack workspace, a trainer and the bot, started together on this machine."""

import contextlib
import os
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import urlsplit

import msgspec
from filelock import FileLock, Timeout
from rich.console import Console, Group
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from app.processes import Child
from bot.errors import StartError
from texts import starting as texts
from texts.datasets.report import start_button
from texts.formats import file_size
from texts.language import Language, current

BASE_MODEL = "SmolLM2-135M-Instruct"
_IN_WHEEL = Path(__file__).with_name("shipped")  # pyproject.toml puts them there
ROOT = _IN_WHEEL if _IN_WHEEL.exists() else Path(__file__).parents[1]
"""Holds the app's manifest and the examples."""
# The first person of the sandbox (sandbox/seed.py) is an administrator of the bot: there is one to try that with.
_ANA = "U0ANAREED1"
_MARK = ".finetune-bot-try"
_NEEDED_BYTES = 1_500_000_000
_RESTARTS = 3
_LOOK_EVERY = 0.5


class Keys(msgspec.Struct):
    """Made once for a folder, known to its processes only."""

    bot_token: str
    app_token: str
    signing_secret: str
    page: str
    trainer: str


class Trial:
    """`port` is the page's; the trainer takes a free one. `base_model` and `trainer_environment` are for tests.
    `language` is what the bot speaks in channels.
    """

    def __init__(
        self,
        data: Path,
        host: str = "127.0.0.1",
        port: int = 8900,
        *,
        base_model: str = BASE_MODEL,
        trainer_environment: dict[str, str] | None = None,
        console: Console | None = None,
    ) -> None:
        self.data = data.resolve()
        self.host = host
        self.port = port
        self.base_model = base_model
        self.trainer_environment = trainer_environment or {}
        self.console = console or Console(highlight=False)
        self.language = os.environ.get("FINETUNE_LANGUAGE") or current()
        self._lock = FileLock(self.data / "lock")
        self._children: dict[str, Child] = {}
        self._trainer_port = 0
        self._trainer_url = ""
        self._page_url = ""

    def run(self, *, reset: bool = False, smoke: Path | None = None) -> int:
        """Until Ctrl-C; with `smoke`, until the whole loop was gone through. The exit code. Raises StartError."""
        if smoke is not None and not smoke.is_file():
            raise StartError("no_file", file=smoke)
        if smoke is not None:  # its words are looked for
            self.language = Language.ENGLISH
        self.prepare(reset=reset)
        with _terminated_by_signal():
            try:
                self._fetch_model()
                with self.started() as page_url:
                    if smoke is not None:
                        from app.smoke import smoke_test

                        return smoke_test(page_url, self.keys.page, smoke, self.console)
                    self._show(page_url)
                    self.watch()
            except KeyboardInterrupt:
                self.console.print(f"\n{texts.stopped(str(self.data))}", markup=False)
        return 0

    @contextlib.contextmanager
    def started(self) -> Iterator[str]:
        """All three processes, ready; the address of the page with its key. Stopped in order at the end."""
        self.keys = _keys(self.data / "keys.json")
        try:
            # The workspace needs nobody: it starts beside the trainer.
            trainer, sandbox = self._child("trainer"), self._child("sandbox")
            with self.console.status(texts.starting("trainer")):
                self._await("trainer", trainer)
            with self.console.status(texts.starting("sandbox")):
                self._await("sandbox", sandbox)
            with self.console.status(texts.starting("bot")):
                self._await("bot", self._child("bot"))
            yield self._page_url
        finally:
            with self.console.status(texts.stopping()):
                for child in reversed(self._children.values()):
                    child.stop()
            self.release()

    def _child(self, name: str) -> Child:
        """Start one of the three. One that was there before comes back where it was: others know its address."""
        keys = self.keys
        if name == "trainer":
            arguments = ["trainer", "serve", "--port", str(self._trainer_port), "--data", str(self.data / "trainer")]
            environment = {"TRAINER_KEY": keys.trainer, **self.trainer_environment}
        elif name == "sandbox":
            arguments = [
                *("sandbox", "--host", self.host, "--port", str(self.port)),
                *("--data", str(self.data / "sandbox")),
                *("--manifest", str(ROOT / "manifest-workflow.yml"), "--samples", str(ROOT / "examples")),
            ]
            environment = {
                "SANDBOX_BOT_TOKEN": keys.bot_token,
                "SANDBOX_APP_TOKEN": keys.app_token,
                "SANDBOX_SIGNING_SECRET": keys.signing_secret,
                "SANDBOX_KEY": keys.page,
            }
        else:
            arguments = ["app", "run"]
            environment = self._bot_environment(self._page_url, self._trainer_url)
        with _interrupted_afterwards():
            child = self._children[name] = Child(name, arguments, environment, self.data / "logs" / f"{name}.log")
        return child

    def _await(self, name: str, child: Child) -> None:
        """Until it is ready. Raises StartError where it does not become that."""
        told = child.ready("bot ready" if name == "bot" else f"{name} ready ", 60)
        if name == "trainer":
            self._trainer_url, self._trainer_port = told, urlsplit(told).port or 0
        elif name == "sandbox":
            self._page_url, self.port = told, urlsplit(told).port or self.port

    def _bot_environment(self, page_url: str, trainer_url: str) -> dict[str, str]:
        keys = self.keys
        return {
            "SLACK_BOT_TOKEN": keys.bot_token,
            "SLACK_APP_TOKEN": keys.app_token,
            "SLACK_API_URL": page_url.split("/?", 1)[0] + "/api/",
            "OPENAI_API_KEY": keys.trainer,
            "OPENAI_BASE_URL": trainer_url,
            "FINETUNE_PROVIDERS": "none",
            "FINETUNE_PROVIDER": "trainer",
            "FINETUNE_DEFAULT_MODEL": self.base_model,
            "FINETUNE_MODELS": "",
            "FINETUNE_ADMINS": _ANA,
            "FINETUNE_APPROVERS": "",
            "FINETUNE_MEMBERS": "",
            "FINETUNE_APPROVAL_ABOVE": "",
            "FINETUNE_MAX_RUNNING": "",
            "FINETUNE_NOTICES_CHANNEL": "",
            "FINETUNE_DATA": str(self.data / "bot"),
            "FINETUNE_POLL_SECONDS": "1",
            "FINETUNE_LANGUAGE": self.language,
        }

    def prepare(self, *, reset: bool) -> None:
        """The folder is ours alone until the end, and everything that can be known to be missing is said now.

        Raises StartError, and has then changed nothing in the folder.
        """
        self._check_port()
        mark = self.data / _MARK
        try:
            if self.data.exists() and any(self.data.iterdir()) and not mark.exists():
                raise StartError(texts.folder_of_others(str(self.data)))
            self.data.mkdir(parents=True, exist_ok=True, mode=0o700)
            self._lock.acquire(timeout=0)
            self._check_disk()
            if reset:
                _empty(self.data, but=Path(self._lock.lock_file))
            mark.touch()
        except Timeout as error:
            raise StartError(texts.tried_already(str(self.data))) from error
        except OSError as error:
            raise StartError("folder_not_written", folder=self.data, why=error.strerror) from error

    def release(self) -> None:
        """The folder is anybody's again."""
        self._lock.release()

    def _check_disk(self) -> None:
        free = shutil.disk_usage(self.data).free
        if free < _NEEDED_BYTES:
            raise StartError(texts.disk_full(str(self.data), file_size(free), file_size(_NEEDED_BYTES)))

    def _check_port(self) -> None:
        with socket.socket(socket.AF_INET6 if ":" in self.host else socket.AF_INET) as probe:
            if sys.platform != "win32":  # where it would let two programs have one port
                probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((self.host, self.port))
            except OSError as error:
                why = error.strerror or str(error)
                raise StartError(texts.page_port_taken(str(self.port), self.host, why)) from error

    def _fetch_model(self) -> None:
        """With a progress bar of its own; nothing to see where the model is there already."""
        environment = {**os.environ, **self.trainer_environment}
        pull: subprocess.Popen[bytes] | None = None
        try:
            with _interrupted_afterwards():
                pull = subprocess.Popen([sys.executable, "-m", "trainer", "pull", self.base_model], env=environment)
            code = pull.wait()
        except KeyboardInterrupt:
            if pull is not None:
                pull.terminate()  # Ctrl-C reached it by itself, another signal did not
                pull.wait()
            raise
        if code != 0:
            raise StartError(texts.model_not_fetched(self.base_model))

    def _show(self, page_url: str) -> None:
        words = Text(f"{texts.open_page(page_url)}\n\n")
        words.highlight_words([page_url], f"bold link {page_url}")
        what_to_do = Text(f"{texts.what_to_do(start_button())}\n\n")
        what_to_do.highlight_words([start_button()], "bold")
        rows = Table.grid(padding=(0, 2))
        for label, value in (
            texts.model_row(self.base_model),
            (texts.state_label(), str(self.data)),
            (texts.logs_label(), str(self.data / "logs")),
        ):
            rows.add_row(Text(label), Text(value))
        shown = Group(words + what_to_do, rows, Text(f"\n{texts.how_to_stop()}"))
        self.console.print(Panel(shown, title="Finetune Bot", expand=False, padding=(1, 2)))

    def watch(self) -> None:
        """For ever: one of the processes that ended is started again, three times; the others go on meanwhile."""
        left = dict.fromkeys(self._children, _RESTARTS)
        while left:
            time.sleep(_LOOK_EVERY)
            for name in list(left):
                if self._children[name].is_alive():
                    continue
                self._say(texts.process_stopped(name, self._children[name].last_words()))
                if not left[name]:
                    del left[name]
                    self._say(texts.stays_away(_RESTARTS + 1))
                    continue
                left[name] -= 1
                self._children[name].stop()
                try:
                    self._await(name, self._child(name))
                except StartError:
                    self._children[name].stop()
                else:
                    self._say(texts.process_is_back(name))
        self._say(texts.nothing_runs())

    def _say(self, words: str) -> None:
        self.console.print(words, markup=False)


def _empty(folder: Path, but: Path) -> None:
    for entry in folder.iterdir():
        if entry.is_dir() and not entry.is_symlink():
            shutil.rmtree(entry)
        elif entry != but:
            entry.unlink()


def _keys(path: Path) -> Keys:
    """The folder's keys, made at the first start."""
    if path.exists():
        return msgspec.json.decode(path.read_bytes(), type=Keys)
    token = secrets.token_hex(12)
    keys = Keys(
        bot_token=f"xoxb-{token}",
        app_token=f"xapp-1-{secrets.token_hex(12)}",
        signing_secret=secrets.token_hex(16),
        page=secrets.token_urlsafe(16),
        trainer=f"sk-{secrets.token_hex(16)}",
    )
    path.touch(mode=0o600)
    path.write_bytes(msgspec.json.encode(keys))
    return keys


def _cache() -> Path:
    from training_files.tokens import models_cache

    return models_cache().parent


@contextlib.contextmanager
def _terminated_by_signal() -> Iterator[None]:
    """A polite end (SIGTERM), or a window that is closed (SIGHUP), is treated like Ctrl-C."""

    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    with _handled(interrupt, "SIGTERM", "SIGHUP"):
        yield


@contextlib.contextmanager
def _interrupted_afterwards() -> Iterator[None]:
    """What comes within the block interrupts at its end: in the midst of starting a process it would leave one that
    nobody knows of."""
    came = []
    with _handled(lambda *_: came.append(True), "SIGINT", "SIGTERM", "SIGHUP"):
        yield
    if came:
        raise KeyboardInterrupt


@contextlib.contextmanager
def _handled(handler: Callable[..., object], *names: str) -> Iterator[None]:
    numbers = [getattr(signal, name) for name in names if hasattr(signal, name)]
    before = [(number, signal.signal(number, handler)) for number in numbers]
    try:
        yield
    finally:
        for number, other in before:
            signal.signal(number, other)
