"""A local Slack workspace in a web page: `python -m sandbox`, and `finetune-bot sandbox`."""

import argparse
import asyncio
import os
import signal
import sys
from pathlib import Path

from sandbox.server import Sandbox
from sandbox.settings import Settings

SECRETS = {
    "bot_token": "SANDBOX_BOT_TOKEN",
    "app_token": "SANDBOX_APP_TOKEN",
    "signing_secret": "SANDBOX_SIGNING_SECRET",
    "key": "SANDBOX_KEY",
}


def parser_of(program: str) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog=program, description="A local Slack workspace in a web page.")
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on (default: %(default)s)")
    parser.add_argument("--port", type=int, default=8901, help="port; 0 picks a free one (default: %(default)s)")
    parser.add_argument("--data", type=Path, required=True, help="folder for everything that is said")
    parser.add_argument("--manifest", type=Path, required=True, help="the app's manifest.yml")
    parser.add_argument("--samples", type=Path, help="folder with the files that the page offers to drop")
    parser.add_argument("--http-delivery", default="", metavar="URL", help="signed POSTs instead of Socket Mode")
    parser.add_argument("--allow-host", action="append", default=[], help="a further host name to answer under")
    parser.add_argument("--rates", choices=("strict", "off"), default="strict", help="Slack's rate limits")
    return parser


async def serve(options: argparse.Namespace) -> None:
    sandbox = Sandbox(
        data=options.data,
        manifest=options.manifest,
        samples=options.samples,
        host=options.host,
        port=options.port,
        settings=Settings(http_delivery=options.http_delivery, rates=options.rates),
        tokens={name: os.environ.get(variable, "") for name, variable in SECRETS.items()},
        allowed_hosts=frozenset(options.allow_host),
    )
    await sandbox.start()
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        try:
            loop.add_signal_handler(number, stop.set)
        except NotImplementedError:  # Windows has none for event loops
            signal.signal(number, lambda *_: loop.call_soon_threadsafe(stop.set))
    sys.stdout.write(f"sandbox ready {sandbox.page_url}\n")
    sys.stdout.flush()
    await stop.wait()
    await sandbox.stop()


def main(arguments: list[str] | None = None, program: str = "python -m sandbox") -> int:
    """Serve until stopped; the exit code. By default with the arguments of this process."""
    options = parser_of(program).parse_args(arguments)
    try:
        asyncio.run(serve(options))
    except OSError as error:
        where, option = (error.filename, "--data") if error.filename else (f"{options.host}:{options.port}", "--port")
        why = f"{where} cannot be used ({error.strerror}). Choose another with {option}."
        sys.stderr.write(f"The sandbox cannot start: {why}\n")
        return 1
    except ValueError as error:
        sys.stderr.write(f"The sandbox cannot start: {error}\n")
        return 1
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
