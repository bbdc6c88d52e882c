"""The trainer's command line: `python -m trainer`, and `finetune-bot trainer`."""

from __future__ import annotations

import logging
import os
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TransferSpeedColumn
from rich.table import Table

from trainer import fetch
from trainer.base_models import BaseModel, read_table
from trainer.errors import TrainerError
from trainer.settings import Settings, load

app = typer.Typer(
    help="Fine-tune and serve open models on your own hardware, over OpenAI's protocol.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
)
keys = typer.Typer(help="The keys that clients use.", no_args_is_help=True)
app.add_typer(keys, name="keys")

Data = Annotated[
    Path, typer.Option("--data", metavar="FOLDER", help="Folder for the database, uploads and fine-tuned models.")
]
Cache = Annotated[
    Path | None, typer.Option("--cache", metavar="FOLDER", help="Folder for base models. [default: FINETUNE_CACHE]")
]

DEFAULT_DATA = Path("data/trainer")
# Columns that a terminal must have for all that `models` tells.
_WIDE = 76


@app.command()
def serve(
    host: Annotated[
        str, typer.Option(metavar="ADDRESS", help="Address to listen on. 0.0.0.0 lets other machines in.")
    ] = "127.0.0.1",
    port: Annotated[
        int, typer.Option(metavar="PORT", help="Port to listen on; 0 takes a free one.", min=0, max=65535)
    ] = 8902,
    data: Data = DEFAULT_DATA,
    org: Annotated[str, typer.Option(metavar="NAME", help="Stands in the names of fine-tuned models.")] = "local",
) -> None:
    """Serve the API until stopped."""
    from trainer.server import serve as run

    logging.basicConfig(level=logging.WARNING, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    with _sentences():
        run(load(data, org=org, host=host, port=port))


@app.command()
def pull(
    model: Annotated[
        str, typer.Argument(metavar="MODEL", help="A base model's id; `models` lists them.")
    ] = "SmolLM2-135M-Instruct",
    cache: Cache = None,
) -> None:
    """Fetch a base model. Of one that is there the hashes are checked."""
    os.environ["TQDM_DISABLE"] = "1"  # libraries' own bars would be drawn across ours
    # Ended like by Ctrl-C: what fetches for us ends, too, and what is half done is taken away.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    console = Console()
    with _sentences():
        settings = load(DEFAULT_DATA, cache=cache)
        base = _named(model, settings)
        here = fetch.located(base, settings.cache)
        if here is not None:
            damaged = fetch.damaged(here)
            if not damaged:
                console.print(f"{base.id} is here and whole: {here}", soft_wrap=True, highlight=False)
                return
            console.print(f"{', '.join(damaged)} of {base.id} is damaged; fetching the model again.", soft_wrap=True)
            fetch.remove(base, settings.cache)
        with Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            DownloadColumn(),
            TransferSpeedColumn(),
            console=console,
            transient=True,
        ) as bar:
            task = bar.add_task(base.id, total=None)

            def show(what: str, done: int, total: int) -> None:
                bar.update(task, description=what, completed=done, total=total or None)

            folder = fetch.ensure(base, settings.cache, show)
        console.print(f"{base.id} is ready: {folder}", soft_wrap=True, highlight=False)


@app.command()
def models(cache: Cache = None) -> None:
    """List the base models, and whether they are here."""
    with _sentences():
        settings = load(DEFAULT_DATA, cache=cache)
        console = Console()
        if not console.is_terminal:
            console = Console(width=200)  # a pipe has none: there one line is one model
        rows = [_row(base, settings) for base in read_table(settings.base_models).values()]
        table = Table(box=None, pad_edge=False, padding=(0, 1))
        shown = [name for name in rows[0] if console.width >= _WIDE or name not in {"context", "licence"}]
        for name in shown:
            # What a person copies from here is never cut.
            table.add_column(
                name, no_wrap=name not in {"licence", "note"}, min_width=len("Apache-2.0") * (name == "licence")
            )
        for row in rows:
            table.add_row(*(row[name] for name in shown))
        console.print(table)


def _row(base: BaseModel, settings: Settings) -> dict[str, str]:
    """What `models` tells of a base model, by the names of its columns."""
    notes = (("untried", base.untried), ("needs HF_TOKEN", base.gated))
    return {
        "model": base.id,
        "context": f"{base.context_length:,}",
        "train GB": f"{base.training_memory:g}" if base.training_memory else "",
        "serve GB": f"{base.serving_memory:g}" if base.serving_memory else "",
        "licence": base.licence,
        "here": "yes" if fetch.located(base, settings.cache) else "no",
        "note": ", ".join(word for word, so in notes if so),
    }


@app.command()
def export(
    model: Annotated[str, typer.Argument(metavar="MODEL", help="A fine-tuned model's id.")],
    output: Annotated[Path, typer.Option("--output", "-o", metavar="FOLDER", help="Folder to write; it is made.")],
    merged: Annotated[
        bool, typer.Option("--merged", help="Base and adapter as one model, not the adapter alone.")
    ] = False,
    data: Data = DEFAULT_DATA,
    cache: Cache = None,
) -> None:
    """Write a fine-tuned model to a folder. As safetensors, with a model card that tells where it comes from."""
    from trainer.export import plan_export, write
    from trainer.server import open_store

    with _sentences():
        settings = load(data, cache=cache)
        if output.exists() and any(output.iterdir()):
            raise TrainerError(f"{output} is not empty. Name another folder.")
        store = open_store(settings)
        found = store.model(model)
        if found is None:
            known = ", ".join(one.id for one in store.models()) or "none"
            raise TrainerError(f"There is no fine-tuned model {model!r} in {settings.data}. There are: {known}.")
        base = _named(found.base, settings)
        folder = settings.models / found.folder
        plan = plan_export(
            found,
            base,
            store.job(found.job_id),
            store.checkpoint_of(found.id),
            folder=folder,
            into=output,
            weights=fetch.ensure(base, settings.cache) if merged and not (folder / "config.json").is_file() else None,
        )
        try:
            write(plan)
        except OSError as error:
            raise TrainerError(f"{output} could not be written: {error.strerror or error}.") from error
        typer.echo(f"{model} is in {output}")


@app.command()
def retire(
    model: Annotated[
        str, typer.Argument(metavar="MODEL", help="A fine-tuned model's id, or a base model's for all on it.")
    ],
    on: Annotated[
        datetime | None,
        typer.Option(
            metavar="YYYY-MM-DD", formats=["%Y-%m-%d"], help="The first day (UTC) without it. [default: none]"
        ),
    ] = None,
    data: Data = DEFAULT_DATA,
) -> None:
    """Set the day on which a model stops answering. Clients see it as the model's shutdown_date."""
    from trainer.server import open_store

    with _sentences():
        settings = load(data)
        store = open_store(settings)
        if model not in read_table(settings.base_models) and store.model(model) is None:
            raise TrainerError(f"There is no model {model!r} in {settings.data}.")
        store.set_shutdown(model, on.strftime("%Y-%m-%d") if on else None)
        typer.echo(f"{model} answers until {on:%Y-%m-%d}." if on else f"{model} has no shutdown date.")


@keys.command("create")
def create_key(
    name: Annotated[str, typer.Argument(metavar="NAME", help="Whose key it is.")],
    admin: Annotated[bool, typer.Option("--admin", help="Let it see what all keys have made.")] = False,
    data: Data = DEFAULT_DATA,
) -> None:
    """Make a key and show it, this once. Its holder sees what it made itself, and the base models."""
    from trainer.server import new_key, open_store

    with _sentences():
        key = new_key()
        try:
            open_store(load(data)).add_key(name, key, admin=admin)
        except ValueError as error:
            raise TrainerError(str(error)) from error
        typer.echo(key)


@keys.command("list")
def list_keys(data: Data = DEFAULT_DATA) -> None:
    """Show the names of the keys. Those that see everything are marked (admin)."""
    from trainer.server import open_store

    with _sentences():
        for key in open_store(load(data)).all_keys():
            typer.echo(f"{key.name} (admin)" if key.admin else key.name)


@keys.command("delete")
def delete_key(
    name: Annotated[str, typer.Argument(metavar="NAME", help="As `list` shows it.")], data: Data = DEFAULT_DATA
) -> None:
    """Revoke a key."""
    from trainer.server import open_store

    with _sentences():
        if not open_store(load(data)).delete_key(name):
            raise TrainerError(f"There is no key named {name!r}.")


def main(arguments: list[str] | None = None, program: str | None = None) -> None:
    """Run the command line and exit; by default with the arguments and under the name of this process."""
    app(arguments, prog_name=program)


def _named(id: str, settings: Settings) -> BaseModel:
    table = read_table(settings.base_models)
    if id not in table:
        raise TrainerError(f"There is no base model {id!r}. There are: {', '.join(table)}.")
    return table[id]


@contextmanager
def _sentences() -> Iterator[None]:
    """Errors that are a person's to correct end the program with their sentence and code 1."""
    try:
        yield
    except TrainerError as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(1) from error
