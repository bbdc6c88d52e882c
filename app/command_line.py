"""The `finetune-bot` command, and the only place that puts the parts together.

Each command imports what it needs when it runs, so that `check` starts as fast as a small program should.
"""

import gc
import importlib.util
import os
import sys
from pathlib import Path
from typing import Annotated, Literal

import typer

from bot.errors import StartError
from texts import starting as texts
from texts.errors import sentence
from texts.formats import file_size
from texts.language import speaking, terminal_language

app = typer.Typer(
    name="finetune-bot",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
    rich_markup_mode=None,  # plain help: the boxes leave 20 columns for words where a window has 60
    context_settings={"help_option_names": ["-h", "--help"]},
)

_PASSED_ON = {"allow_extra_args": True, "ignore_unknown_options": True, "help_option_names": []}


def main() -> None:
    """In the language of the terminal's locale."""
    with speaking(terminal_language(os.environ)):
        _run()


def _run() -> None:
    try:
        app()
    except StartError as error:
        print(f"finetune-bot: {sentence(error)}", file=sys.stderr)  # noqa: T201
        raise SystemExit(1) from None
    except KeyboardInterrupt:  # on Windows, and before a command has set up its own ending
        raise SystemExit(130) from None


def _show_version(wanted: bool) -> None:
    if wanted:
        import importlib.metadata  # brings the e-mail parser with it

        print(f"finetune-bot {importlib.metadata.version('finetune-bot')}")  # noqa: T201
        raise typer.Exit


@app.callback()
def _options(
    version: Annotated[
        bool, typer.Option("--version", help="Show the version and exit.", callback=_show_version, is_eager=True)
    ] = False,
) -> None:
    """A Slack bot with which a team fine-tunes language models together."""


@app.command()
def run() -> None:
    """Run the bot in your Slack workspace. The settings (docs/settings.md) name it."""
    from app.run import run_command

    raise SystemExit(run_command())


@app.command()
def backup(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="The copy; it must not be there yet.")],
) -> None:
    """Copy the bot's store to a file. The bot may be running. Training files lie beside the store, in `files`."""
    from bot.settings import load
    from bot.store.backup import backup

    size = backup(load().finetune_data, file)
    print(f"{file}: {file_size(size)}")  # noqa: T201


@app.command()
def restore(file: Annotated[Path, typer.Argument(metavar="FILE", help="A backup.")]) -> None:
    """Put the store back to a backup. The bot must be stopped; the store that was there is kept beside it.

    Jobs and notices that were under way are looked up before anything is done about them.
    """
    from bot.settings import load
    from bot.store.backup import restore

    settings = load()
    kept = restore(settings.finetune_data, file, notices_channel=settings.finetune_notices_channel)
    print(texts.store_replaced(str(settings.finetune_data), str(file)))  # noqa: T201
    if kept is not None:
        print(texts.store_kept(str(kept)))  # noqa: T201


@app.command("try")
def try_(
    data: Annotated[
        Path, typer.Option(metavar="FOLDER", help="Folder for everything; a later start goes on from it.")
    ] = Path("finetune-bot-try"),
    reset: Annotated[bool, typer.Option("--reset", help="Start over: delete that folder first.")] = False,
    host: Annotated[
        str, typer.Option(metavar="ADDRESS", help="Address to listen on; 0.0.0.0 inside a container.")
    ] = "127.0.0.1",
    port: Annotated[int, typer.Option(metavar="PORT", help="Port of the page.", min=0, max=65535)] = 8900,
    smoke: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Go through everything without a browser, with this training file."),
    ] = None,
) -> None:
    """Try the bot on this machine. A local Slack workspace opens in the browser, with a real small model."""
    from app.trying import Trial

    _needs("local", "try")
    raise SystemExit(Trial(data=data, host=host, port=port).run(reset=reset, smoke=smoke))


@app.command()
def check(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A training file.")],
    model: Annotated[str | None, typer.Option(metavar="MODEL", help="The base model that it is meant for.")] = None,
    epochs: Annotated[
        int | None, typer.Option(metavar="N", help="Epochs, for the price; by default chosen by size.")
    ] = None,
    validation: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Its validation file: finds examples that stand in both.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
    deep: Annotated[
        bool | None,
        typer.Option(
            "--deep/--no-deep",
            help="Also look for near-duplicates, contradictions, refusals, keys and personal data; "
            "by default yes, with --json no.",
        ),
    ] = None,
    all_findings: Annotated[
        Path | None, typer.Option(metavar="FILE.csv", help="Write all findings kept (1,000 of each severity) there.")
    ] = None,
) -> None:
    """Check a training file. Exit code 0: fine, 1: errors found, 2: cannot be read."""
    gc.set_threshold(50_000)  # examples make no cycles: looking for some every 700 objects took a twentieth of the time
    from app.check import check_command

    raise SystemExit(
        check_command(file, model, epochs, as_json, validation=validation, deep=deep, all_findings=all_findings)
    )


@app.command()
def prepare(
    file: Annotated[
        Path, typer.Argument(metavar="FILE", help="A training file, or a table: CSV, TSV, XLSX, JSON, Parquet.")
    ],
    out: Annotated[
        Path | None, typer.Option("--out", "-o", metavar="FILE", help="The new file; by default NAME.repaired.jsonl.")
    ] = None,
    to: Annotated[
        Literal["chat", "completion", "preference"] | None,
        typer.Option(metavar="FORMAT", help="Make every example one of chat, completion or preference."),
    ] = None,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do what is recommended, without asking.")] = False,
    choose: Annotated[
        str | None, typer.Option(metavar="ID,...", help="Do these repairs, without asking; their ids are shown.")
    ] = None,
    columns: Annotated[
        str | None, typer.Option(metavar="PART=COLUMN,...", help="How to read a table: user=question,assistant=answer.")
    ] = None,
    validation: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Its validation file: what stands there is left out here.")
    ] = None,
    model: Annotated[str | None, typer.Option(metavar="MODEL", help="The base model that it is meant for.")] = None,
    force: Annotated[bool, typer.Option("--force", help="Overwrite the new file if it is there.")] = False,
) -> None:
    """Repair a training file, or convert a table. You choose what is done; the result is a new file.

    Exit code 0: the new file can be trained on, 1: not yet, or nothing was chosen, 2: cannot be read or written.
    """
    from app.prepare import Wishes, prepare_command

    wishes = Wishes(out, to, yes, choose, columns, validation, model, force)
    raise SystemExit(prepare_command(file, wishes))


@app.command()
def split(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A training file.")],
    share: Annotated[
        float, typer.Option(metavar="SHARE", help="The share of the examples that goes to the validation file.")
    ] = 0.1,
    seed: Annotated[int, typer.Option(metavar="N", help="The same seed gives the same split.")] = 42,
    force: Annotated[bool, typer.Option("--force", help="Overwrite the new files if they are there.")] = False,
) -> None:
    """Split off a validation file. NAME.training.jsonl and NAME.validation.jsonl are written beside the file.

    Exit code 0: done, 2: not.
    """
    from app.prepare import split_command

    raise SystemExit(split_command(file, share, seed, force))


@app.command(context_settings=_PASSED_ON)
def trainer(context: typer.Context) -> None:
    """Train and serve models on your own hardware. A server of OpenAI's fine-tuning protocol, and its tools."""
    _needs("local", "trainer")
    # In this process: signals reach the server itself, and its exit code is the command's.
    from trainer.cli import main

    main(context.args, program=context.command_path)


@app.command(context_settings=_PASSED_ON)
def sandbox(context: typer.Context) -> None:
    """Run a local Slack workspace by itself. For developing against it."""
    _needs("sandbox", "sandbox")
    from sandbox.__main__ import main

    raise SystemExit(main(context.args, program=context.command_path))


_EXTRAS = {
    "local": ("torch", "trl", "fastapi", "jinja2"),
    "sandbox": ("starlette", "uvicorn", "jinja2", "websockets"),
}


def _needs(extra: str, command: str) -> None:
    missing = [name for name in _EXTRAS[extra] if importlib.util.find_spec(name) is None]
    if missing:
        raise StartError(texts.extra_needed(f"finetune-bot {command}", extra, ", ".join(missing)))
