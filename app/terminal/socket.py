"""The socket in FINETUNE_DATA by which a running bot carries out what is asked for in a terminal.

It asks nobody who they are: whoever may open it may change the store beside it. Bots that share the folder have one
each.
"""

import asyncio
import contextlib
import sys
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Iterator
from pathlib import Path
from typing import Final

import msgspec
import structlog

from app.terminal.messages import Answer, Asked
from bot.errors import StartError
from texts import terminal_commands as texts

log = structlog.get_logger()

_PREFIX: Final = "terminal"
_SUFFIX: Final = ".sock"
NAME: Final = f"{_PREFIX}{_SUFFIX}"
_MOST_BYTES: Final = 1_000_000
_SECONDS: Final = 120.0


@contextlib.asynccontextmanager
async def listening(
    folder: Path, carry_out: Callable[[Asked], Awaitable[Answer]], process: str = ""
) -> AsyncIterator[None]:
    """Answers until the block ends. `process`: which it is of those that share the folder. On Windows, where asyncio
    has no such sockets, nothing listens."""
    if sys.platform == "win32":
        yield
        return
    at_work: set[asyncio.Task[None]] = set()

    async def hear(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        at_work.add(task)
        try:
            asked = msgspec.json.decode(await reader.readline(), type=Asked)
            writer.write(msgspec.json.encode(await carry_out(asked)))
            await writer.drain()
        except (msgspec.DecodeError, ValueError, ConnectionError) as error:
            log.warning("not understood in the terminal's socket", why=str(error))
        except Exception:
            log.exception("a command of the terminal broke off")
        finally:
            at_work.discard(task)
            writer.close()

    name = _name(process)
    with _short_path(folder, name) as path:
        server = await asyncio.start_unix_server(hear, path, limit=_MOST_BYTES, start_serving=False)
        Path(path).chmod(0o600)  # before anybody can connect
        await server.start_serving()
    try:
        yield
    finally:
        server.close()
        for under_way in at_work:
            under_way.cancel()
        (folder / name).unlink(missing_ok=True)


def is_there(folder: Path, process: str) -> bool:
    """Whether the process has, or had, a socket in `folder`."""
    return (folder / _name(process)).exists()


def forget_all_but(folder: Path, living: Collection[str]) -> None:
    """Remove what processes have left behind in `folder` that were killed."""
    kept = {_name(process) for process in living}
    for path in folder.glob(f"{_PREFIX}-*{_SUFFIX}"):
        if path.name not in kept:
            path.unlink(missing_ok=True)


def _name(process: str) -> str:
    return f"{_PREFIX}-{process}{_SUFFIX}" if process else NAME


async def ask(folder: Path, asked: Asked) -> Answer | None:
    """The answer of a bot that works in `folder`; None where none listens on this machine. Raises StartError where it
    broke off."""
    if sys.platform == "win32":
        return None
    for path in sorted(folder.glob(f"{_PREFIX}*{_SUFFIX}")):
        if (connection := await _connected(path)) is not None:
            return await _answer(*connection, asked)
    return None


async def _connected(socket: Path) -> tuple[asyncio.StreamReader, asyncio.StreamWriter] | None:
    """None where nobody listens any more, or somebody on another machine. Raises StartError."""
    try:
        with _short_path(socket.parent, socket.name) as path:
            return await asyncio.open_unix_connection(path)
    except (FileNotFoundError, ConnectionRefusedError):
        return None
    except OSError as error:
        raise StartError(texts.socket_not_opened(str(socket), error.strerror or str(error))) from error


async def _answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, asked: Asked) -> Answer:
    try:
        async with asyncio.timeout(_SECONDS):
            writer.write(msgspec.json.encode(asked) + b"\n")
            answered = await reader.read()
        return msgspec.json.decode(answered, type=Answer)
    except (msgspec.DecodeError, OSError) as error:  # TimeoutError is one, too
        raise StartError(texts.broke_off()) from error
    finally:
        writer.close()


@contextlib.contextmanager
def _short_path(folder: Path, name: str) -> Iterator[str]:
    """The socket's, by way of a link: systems take some hundred bytes for it (108 on Linux, 104 on macOS), and a folder
    may have a longer name."""
    with tempfile.TemporaryDirectory(prefix="finetune-") as place:
        link = Path(place, "data")
        link.symlink_to(folder.resolve(), target_is_directory=True)
        yield str(link / name)
