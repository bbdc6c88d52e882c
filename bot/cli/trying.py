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
from collections.abc import Iterator
from pathlib import Path

import msgspec
from filelock import FileLock, Timeout
from rich.console import Console
from rich.panel import Panel

from bot.cli.processes import Child
from bot.errors import StartError

BASE_MODEL = "SmolLM2-135M-Instruct"
ROOT = Path(__file__).parents[2]
# The first person of the sandbox (sandbox/seed.py) is an administrator of the bot: there is one to try that with.
_ANA = "U0ANAREED1"
_MARK = ".finetune-bot-try"
_NEEDED_BYTES = 1_500_000_000


class Keys(msgspec.Struct):
    """Made once for a folder, known to its processes only."""

    bot_token: str
    app_token: str
    signing_secret: str
    page: str
    trainer: str


class Trial:
    """`port` is the page's; the trainer takes a free one. `base_model` and `trainer_environment` are for tests."""

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
        self._lock = FileLock(self.data / "lock")

    def run(self, *, reset: bool = False, smoke: Path | None = None) -> int:
        """Until Ctrl-C; with `smoke`, until the whole loop was gone through. The exit code. Raises StartError."""
        if smoke is not None and not smoke.is_file():
            raise StartError(f"There is no file {smoke}.")
        self.prepare(reset=reset)
        self._fetch_model()
        with self.started() as page_url, _terminated_by_signal():
            try:
                if smoke is not None:
                    from bot.cli.smoke import smoke_test

                    return smoke_test(page_url, self.keys.page, smoke, self.console)
                self._show(page_url)
                return self._wait()
            except KeyboardInterrupt:
                self.console.print("\nStopping. Everything is kept in", str(self.data))
                return 0

    @contextlib.contextmanager
    def started(self) -> Iterator[str]:
        """All three processes, ready; the address of the page with its key. Stopped in order at the end."""
        keys = self.keys = _keys(self.data / "keys.json")
        logs = self.data / "logs"
        self._children: list[Child] = []
        try:
            with self.console.status("Starting the trainer …"):
                trainer = self._child(
                    "trainer",
                    ["trainer", "serve", "--port", "0", "--data", str(self.data / "trainer")],
                    {"TRAINER_KEY": keys.trainer, **self.trainer_environment},
                    logs / "trainer.log",
                )
                sandbox = self._child(
                    "sandbox",
                    [
                        *("sandbox", "--host", self.host, "--port", str(self.port)),
                        *("--data", str(self.data / "sandbox")),
                        *("--manifest", str(ROOT / "manifest.yml"), "--samples", str(ROOT / "examples")),
                    ],
                    {
                        "SANDBOX_BOT_TOKEN": keys.bot_token,
                        "SANDBOX_APP_TOKEN": keys.app_token,
                        "SANDBOX_SIGNING_SECRET": keys.signing_secret,
                        "SANDBOX_KEY": keys.page,
                    },
                    logs / "sandbox.log",
                )
                trainer_url = trainer.ready("trainer ready ", 60)
            with self.console.status("Starting the workspace …"):
                page_url = sandbox.ready("sandbox ready ", 60)
            with self.console.status("Starting the bot …"):
                bot = self._child("bot", ["bot", "run"], self._bot_environment(page_url, trainer_url), logs / "bot.log")
                bot.ready("bot ready", 60)
            yield page_url
        finally:
            for child in reversed(self._children):
                child.stop()
            self.release()

    def _child(self, name: str, arguments: list[str], environment: dict[str, str], log: Path) -> Child:
        child = Child(name, arguments, environment, log)
        self._children.append(child)
        return child

    def _bot_environment(self, page_url: str, trainer_url: str) -> dict[str, str]:
        keys = self.keys
        return {
            "SLACK_BOT_TOKEN": keys.bot_token,
            "SLACK_APP_TOKEN": keys.app_token,
            "SLACK_API_URL": page_url.split("/?", 1)[0] + "/api/",
            "OPENAI_API_KEY": keys.trainer,
            "OPENAI_BASE_URL": trainer_url,
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
        }

    def prepare(self, *, reset: bool) -> None:
        """The folder is ours alone until the end, and everything that can be known to be missing is said now.

        Raises StartError, and has then changed nothing in the folder.
        """
        self._check_port()
        mark = self.data / _MARK
        try:
            if self.data.exists() and any(self.data.iterdir()) and not mark.exists():
                raise StartError(
                    f"{self.data} holds other things, so I do not write into it. Name an empty or new folder with "
                    "--data."
                )
            self.data.mkdir(parents=True, exist_ok=True, mode=0o700)
            self._lock.acquire(timeout=0)
            self._check_disk()
            if reset:
                _empty(self.data, but=Path(self._lock.lock_file))
            mark.touch()
        except Timeout as error:
            raise StartError(
                f"Another `finetune-bot try` is working in {self.data}. Stop it first, or name another folder with "
                "--data."
            ) from error
        except OSError as error:
            raise StartError(f"The folder {self.data} cannot be written: {error.strerror}.") from error

    def release(self) -> None:
        """The folder is anybody's again."""
        self._lock.release()

    def _check_disk(self) -> None:
        free = shutil.disk_usage(self.data).free
        if free < _NEEDED_BYTES:
            raise StartError(
                f"Only {free // 1_000_000} MB are free on the disk of {self.data}; trying the bot takes about "
                f"{_NEEDED_BYTES // 1_000_000}. Make room, or name another folder with --data."
            )

    def _check_port(self) -> None:
        with socket.socket(socket.AF_INET6 if ":" in self.host else socket.AF_INET) as probe:
            if sys.platform != "win32":  # where it would let two programs have one port
                probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((self.host, self.port))
            except OSError as error:
                raise StartError(
                    f"Port {self.port} on {self.host} cannot be used ({error.strerror}). Another `finetune-bot try` "
                    "may be running; or choose another port with --port."
                ) from error

    def _fetch_model(self) -> None:
        """With a progress bar of its own; nothing to see where the model is there already."""
        environment = {**os.environ, **self.trainer_environment}
        code = subprocess.call([sys.executable, "-m", "trainer", "pull", self.base_model], env=environment)
        if code != 0:
            raise StartError(f"The base model {self.base_model} could not be fetched; the reason stands above.")

    def _show(self, page_url: str) -> None:
        self.console.print(
            Panel(
                f"Open  [bold link={page_url}]{page_url}[/]\n\n"
                "You are in a workspace with the bot. Choose a sample file below the message box, "
                "read the report, press [bold]Start fine-tuning[/], and talk to your model.\n\n"
                f"Model    {self.base_model}, trained on this machine\n"
                f"State    {self.data}\n"
                f"Logs     {self.data / 'logs'}\n\n"
                "Ctrl-C stops everything; the next start goes on from here.",
                title="Finetune Bot",
                expand=False,
                padding=(1, 2),
            )
        )

    def _wait(self) -> int:
        while True:
            time.sleep(0.5)
            for child in self._children:
                if not child.is_alive():
                    self.console.print(f"The {child.name} has stopped. {child.last_words()}", markup=False)
                    return 1


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
    from bot.datasets.tokens import models_cache

    return models_cache().parent


@contextlib.contextmanager
def _terminated_by_signal() -> Iterator[None]:
    """A polite end (SIGTERM) is treated like Ctrl-C."""

    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGTERM, interrupt)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)
