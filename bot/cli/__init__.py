"""The `finetune-bot` command, and the only place that puts the parts together.

Each command imports what it needs when it runs, so that `check` starts as fast as a small program should.
"""

import importlib.util
import subprocess
import sys
from pathlib import Path
from typing import Annotated

import typer

from bot.errors import StartError

app = typer.Typer(
    name="finetune-bot",
    help="A Slack bot with which a team fine-tunes language models together.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
)

_PASSED_ON = {"allow_extra_args": True, "ignore_unknown_options": True, "help_option_names": []}


def main() -> None:
    try:
        app()
    except StartError as error:
        print(f"finetune-bot: {error}", file=sys.stderr)  # noqa: T201
        raise SystemExit(1) from None
    except KeyboardInterrupt:  # on Windows, and before a command has set up its own ending
        raise SystemExit(130) from None


@app.command()
def run() -> None:
    """Run the bot in the Slack workspace that the settings name."""
    from bot.cli.run import run_command

    raise SystemExit(run_command())


@app.command("try")
def try_(
    data: Annotated[Path, typer.Option(help="Folder for everything; a later start goes on from it.")] = Path(
        "finetune-bot-try"
    ),
    reset: Annotated[bool, typer.Option("--reset", help="Start over: delete that folder first.")] = False,
    host: Annotated[str, typer.Option(help="Address to listen on; 0.0.0.0 inside a container.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="Port of the page.", min=0, max=65535)] = 8900,
    smoke: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Go through everything without a browser, with this training file."),
    ] = None,
) -> None:
    """Try the bot on this machine: a local Slack workspace in the browser, and a real small model."""
    from bot.cli.trying import Trial

    _needs_local("try")
    raise SystemExit(Trial(data=data, host=host, port=port).run(reset=reset, smoke=smoke))


@app.command()
def check(
    file: Annotated[Path, typer.Argument(help="A training file.")],
    model: Annotated[str | None, typer.Option(help="The base model that it is meant for.")] = None,
    epochs: Annotated[int | None, typer.Option(help="Epochs, for the price; by default chosen by size.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Check a training file. Exit code 0: fine, 1: errors found, 2: cannot be read."""
    from bot.check_command import check_command

    raise SystemExit(check_command(file, model, epochs, as_json))


@app.command(context_settings=_PASSED_ON)
def trainer(context: typer.Context) -> None:
    """OpenAI's fine-tuning protocol on this machine: `serve`, `keys`, `pull`, `models`."""
    _needs_local("trainer")
    raise SystemExit(_pass_on("trainer", context.args))


@app.command(context_settings=_PASSED_ON)
def sandbox(context: typer.Context) -> None:
    """The local Slack workspace alone, for developing against it."""
    _needs_local("sandbox")
    raise SystemExit(_pass_on("sandbox", context.args))


def _pass_on(module: str, arguments: list[str]) -> int:
    """Run another room as the process that it is; Ctrl-C reaches it by itself."""
    process = subprocess.Popen([sys.executable, "-m", module, *arguments])
    while True:
        try:
            return process.wait()
        except KeyboardInterrupt:
            continue


def _needs_local(command: str) -> None:
    missing = [name for name in ("torch", "trl", "fastapi", "jinja2") if importlib.util.find_spec(name) is None]
    if missing:
        raise StartError(
            f"`finetune-bot {command}` needs the extra [local] ({', '.join(missing)} missing). "
            'Install it with: pip install -e ".[local]"'
        )
