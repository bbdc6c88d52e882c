"""The `finetune-bot` command, and the only place that puts the parts together.

Each command imports what it needs when it runs, so that `check` starts as fast as a small program should.
"""

import gc
import importlib.util
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Final, Literal

import typer

from bot.errors import BotError, StartError
from texts import command_line as help_texts
from texts import starting as texts
from texts.command_help import described
from texts.formats import enumerated
from texts.language import Language, current, speaking, terminal_language

app = typer.Typer(
    cls=described(help_texts.command, help_texts.option),
    name="finetune-bot",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
    rich_markup_mode=None,  # plain help: the boxes leave 20 columns for words where a window has 60
    context_settings={"help_option_names": ["-h", "--help"]},
)

_Workspace = Annotated[str, typer.Option(metavar="WORKSPACE")]
_PASSED_ON = {"allow_extra_args": True, "ignore_unknown_options": True, "help_option_names": []}


def main() -> None:
    """In the language of the terminal's locale."""
    with speaking(terminal_language(os.environ)):
        _run()


def _run() -> None:
    try:
        app()
    except BotError as error:
        from texts.errors import sentence  # brings most of the bot with it

        print(f"finetune-bot: {sentence(error)}", file=sys.stderr)  # noqa: T201
        raise SystemExit(1) from None
    except KeyboardInterrupt:  # on Windows, and before a command has set up its own ending
        raise SystemExit(130) from None


def _show_version(wanted: bool) -> None:
    if wanted:
        from bot.version import version as installed

        print(f"finetune-bot {installed()}")  # noqa: T201
        raise typer.Exit


@app.callback()
def _options(
    version: Annotated[bool, typer.Option("--version", callback=_show_version, is_eager=True)] = False,
) -> None:
    """Of the program itself."""


@app.command()
def run() -> None:
    from bot.settings import load

    settings = load()
    if settings.many_workspaces:
        from app.workspaces.run import run_command
    else:
        from app.run import run_command

    raise SystemExit(run_command(settings))


@app.command()
def doctor(
    as_json: Annotated[bool, typer.Option("--json")] = False,
    compare: Annotated[bool, typer.Option("--compare")] = False,
    compare_in: Annotated[str | None, typer.Option("--compare-in", metavar="CHANNEL")] = None,
    paid: Annotated[bool, typer.Option("--paid")] = False,
) -> None:
    from app.doctor.command import doctor_command
    from app.doctor.comparing import Comparing

    comparing = Comparing(compare_in, paid) if compare or compare_in is not None or paid else None

    with speaking(Language.ENGLISH if as_json else current()):  # programs read JSON
        code = doctor_command(as_json, comparing)
    raise SystemExit(code)


@app.command()
def backup(file: Annotated[Path, typer.Argument(metavar="FILE")], workspace: _Workspace = "") -> None:
    from app.stores import backup_command, of_workspace
    from bot.settings import load

    print(backup_command(of_workspace(load(), workspace), file))  # noqa: T201


@app.command()
def restore(file: Annotated[Path | None, typer.Argument(metavar="FILE")] = None, workspace: _Workspace = "") -> None:
    from app.stores import restore_command
    from app.workspace_settings import as_its_bot_has_them
    from bot.settings import load

    settings, _, _ = as_its_bot_has_them(load(), workspace)
    print("\n".join(restore_command(settings, file)))  # noqa: T201


@app.command("export-data")
def export_data(
    out: Annotated[Path, typer.Argument(metavar="FILE.zip")],
    person: Annotated[str, typer.Option("--person", metavar="PERSON")] = "",
    workspace: _Workspace = "",
) -> None:
    from app.data_export import export_command

    raise SystemExit(export_command(out, person, workspace))


@app.command("migrate-store")
def migrate_store(
    source: Annotated[str, typer.Argument(metavar="SOURCE")],
    target: Annotated[str, typer.Argument(metavar="TARGET")],
    workspace: _Workspace = "",
) -> None:
    from app.stores import migrate_command
    from bot.settings import load

    print("\n".join(migrate_command(load(), source, target, workspace)))  # noqa: T201


@app.command()
def workspaces(
    erase: Annotated[str | None, typer.Option(metavar="WORKSPACE")] = None,
    yes: Annotated[bool, typer.Option("--yes", "-y")] = False,
) -> None:
    from app.workspaces.terminal import workspaces_command
    from texts import installing

    if erase is None:
        raise SystemExit(workspaces_command("list"))
    if not yes:
        typer.confirm(installing.erase_question(erase), abort=True)
    raise SystemExit(workspaces_command("erase", erase))


@app.command("rotate-keys")
def rotate_keys() -> None:
    from app.workspaces.terminal import rotate_keys_command

    raise SystemExit(rotate_keys_command())


@app.command("try")
def try_(
    data: Annotated[Path, typer.Option(metavar="FOLDER")] = Path("finetune-bot-try"),
    reset: Annotated[bool, typer.Option("--reset")] = False,
    host: Annotated[str, typer.Option(metavar="ADDRESS")] = "127.0.0.1",
    port: Annotated[int, typer.Option(metavar="PORT", min=0, max=65535)] = 8900,
    smoke: Annotated[Path | None, typer.Option(metavar="FILE")] = None,
) -> None:
    from app.trying import Trial

    _needs("local", "try")
    raise SystemExit(Trial(data=data, host=host, port=port).run(reset=reset, smoke=smoke))


@app.command()
def check(
    file: Annotated[Path, typer.Argument(metavar="FILE")],
    model: Annotated[str | None, typer.Option(metavar="MODEL")] = None,
    epochs: Annotated[int | None, typer.Option(metavar="N")] = None,
    validation: Annotated[Path | None, typer.Option(metavar="FILE")] = None,
    as_json: Annotated[bool, typer.Option("--json")] = False,
    deep: Annotated[bool | None, typer.Option("--deep/--no-deep")] = None,
    all_findings: Annotated[Path | None, typer.Option(metavar="FILE.csv")] = None,
) -> None:
    gc.set_threshold(50_000)  # examples make no cycles: looking for some every 700 objects took a twentieth of the time
    from app.check import check_command

    with speaking(Language.ENGLISH if as_json else current()):  # programs read JSON
        code = check_command(file, model, epochs, as_json, validation=validation, deep=deep, all_findings=all_findings)
    raise SystemExit(code)


@app.command()
def prepare(
    file: Annotated[Path, typer.Argument(metavar="FILE")],
    out: Annotated[Path | None, typer.Option("--out", "-o", metavar="FILE")] = None,
    to: Annotated[Literal["chat", "completion", "preference"] | None, typer.Option(metavar="FORMAT")] = None,
    yes: Annotated[bool, typer.Option("--yes", "-y")] = False,
    choose: Annotated[str | None, typer.Option(metavar="ID,...")] = None,
    columns: Annotated[str | None, typer.Option(metavar="PART=COLUMN,...")] = None,
    validation: Annotated[Path | None, typer.Option(metavar="FILE")] = None,
    model: Annotated[str | None, typer.Option(metavar="MODEL")] = None,
    force: Annotated[bool, typer.Option("--force")] = False,
) -> None:
    from app.prepare import PrepareOptions, prepare_command

    options = PrepareOptions(out, to, yes, choose, columns, validation, model, force)
    raise SystemExit(prepare_command(file, options))


@app.command()
def split(
    file: Annotated[Path, typer.Argument(metavar="FILE")],
    share: Annotated[float, typer.Option(metavar="SHARE")] = 0.1,
    seed: Annotated[int, typer.Option(metavar="N")] = 42,
    force: Annotated[bool, typer.Option("--force")] = False,
) -> None:
    from app.prepare import split_command

    raise SystemExit(split_command(file, share, seed, force))


@app.command()
def rescue(
    folder: Annotated[Path, typer.Argument(metavar="FOLDER")],
    parallel: Annotated[int, typer.Option(metavar="N", min=1, max=64)] = 8,
    as_json: Annotated[bool, typer.Option("--json")] = False,
    into_bot: Annotated[str | None, typer.Option("--into-bot", metavar="CHANNEL")] = None,
    owner: Annotated[str | None, typer.Option(metavar="PERSON")] = None,
    everybody: Annotated[bool, typer.Option("--everybody")] = False,
    provider: Annotated[str | None, typer.Option(metavar="NAME")] = None,
) -> None:
    if into_bot is not None:
        from app.rescued_jobs import take_in_command

        raise SystemExit(take_in_command(folder, into_bot, owner, everybody, as_json, provider=provider))
    from app.rescue import rescue_command

    raise SystemExit(rescue_command(folder, parallel, as_json, provider=provider))


AS_IN_SLACK: Final = {
    "start": "FILE SETTING=VALUE confirm=yes",
    "jobs": "FILTER",
    "status": "JOB",
    "checkpoints": "JOB",
    "events": "JOB page=N",
    "results": "JOB",
    "models": "",
    "retiring": "page=N",
    "unused": "days=N",
    "deployments": "",
    "datasets": "NAME|page=N",
    "budget": "set WHOSE USD|approval USD",
    "audit": "page=N",
    "approve": "JOB",
    "decline": "JOB REASON",
    "cancel": "JOB confirm=yes",
    "erase": "PERSON confirm=yes",
    "pause": "JOB",
    "resume": "JOB",
}
"""Commands that do what those of Slack do, with the words that they take."""


_Channel = Annotated[str, typer.Option(metavar="ID")]
_Json = Annotated[bool, typer.Option("--json")]


def _as_in_slack(name: str, metavar: str) -> Callable[..., None]:
    def carry_out(words: list[str], channel: str, workspace: str, as_json: bool) -> None:
        from app.terminal.command import terminal_command

        with speaking(Language.ENGLISH if as_json else current()):  # programs read JSON
            code = terminal_command(name, words, channel, as_json, workspace)
        raise SystemExit(code)

    def with_words(
        words: Annotated[list[str] | None, typer.Argument(metavar=metavar)] = None,
        channel: _Channel = "",
        workspace: _Workspace = "",
        as_json: _Json = False,
    ) -> None:
        carry_out(words or [], channel, workspace, as_json)

    def alone(channel: _Channel = "", workspace: _Workspace = "", as_json: _Json = False) -> None:
        carry_out([], channel, workspace, as_json)

    return with_words if metavar else alone


for _name, _words in AS_IN_SLACK.items():
    app.command(_name)(_as_in_slack(_name, _words))


@app.command()
def retention(
    dry_run: Annotated[bool, typer.Option("--dry-run")] = False,
    workspace: _Workspace = "",
    as_json: _Json = False,
) -> None:
    from app.terminal.command import terminal_command
    from app.terminal.commands import DRY_RUN

    with speaking(Language.ENGLISH if as_json else current()):  # programs read JSON
        code = terminal_command("retention", [DRY_RUN] if dry_run else [], "", as_json, workspace)
    raise SystemExit(code)


@app.command(context_settings=_PASSED_ON)
def trainer(context: typer.Context) -> None:
    _needs("local", "trainer")
    # In this process: signals reach the server itself, and its exit code is the command's.
    from trainer.cli import main

    main(context.args, program=context.command_path)


@app.command(context_settings=_PASSED_ON)
def sandbox(context: typer.Context) -> None:
    _needs("sandbox", "sandbox")
    from sandbox.__main__ import main

    raise SystemExit(main(context.args, program=context.command_path))


_EXTRAS = {"local": ("torch", "trl", "fastapi", "jinja2"), "sandbox": ("starlette", "uvicorn", "jinja2", "websockets")}


def _needs(extra: str, command: str) -> None:
    missing = [name for name in _EXTRAS[extra] if importlib.util.find_spec(name) is None]
    if missing:
        raise StartError(texts.extra_needed(f"finetune-bot {command}", extra, enumerated(missing)))
