"""The trainer's command line: `python -m trainer`, and `finetune-bot trainer`."""

from __future__ import annotations

import logging
import os
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
from trainer.settings import Settings, from_environment

app = typer.Typer(
    help="Fine-tune and serve open models on your own hardware, over OpenAI's protocol.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
)
keys = typer.Typer(help="The keys that clients use.", no_args_is_help=True)
app.add_typer(keys, name="keys")

Data = Annotated[Path, typer.Option("--data", help="Folder for the database, uploads and fine-tuned models.")]
Cache = Annotated[Path | None, typer.Option("--cache", help="Folder for base models. [default: FINETUNE_CACHE]")]

DEFAULT_DATA = Path("data/trainer")


@app.command()
def serve(
    host: Annotated[str, typer.Option(help="Address to listen on. 0.0.0.0 lets other machines in.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="Port to listen on; 0 takes a free one.", min=0, max=65535)] = 8902,
    data: Data = DEFAULT_DATA,
    org: Annotated[str, typer.Option(help="Stands in the names of fine-tuned models.")] = "local",
) -> None:
    """Serve the API until stopped."""
    from trainer.server import serve as run

    logging.basicConfig(level=logging.WARNING, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    with _sentences():
        run(from_environment(data, org=org, host=host, port=port))


@app.command()
def pull(
    model: Annotated[str, typer.Argument(help="A base model's id; `models` lists them.")] = "SmolLM2-135M-Instruct",
    cache: Cache = None,
) -> None:
    """Fetch a base model, or check the hashes of one that is there."""
    os.environ["TQDM_DISABLE"] = "1"  # libraries' own bars would be drawn across ours
    settings = from_environment(DEFAULT_DATA, cache=cache)
    console = Console()
    with _sentences():
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
    """List the base models and whether they are on this machine."""
    settings = from_environment(DEFAULT_DATA, cache=cache)
    with _sentences():
        table = Table("model", "size", "context", "GB to train", "to serve", "licence", "here", "note")
        for base in read_table(settings.base_models).values():
            here = "yes" if fetch.located(base, settings.cache) else "no"
            note = ", ".join(word for word, so in (("untried", base.untried), ("needs HF_TOKEN", base.gated)) if so)
            size = f"{base.parameters / 1e9:.2g}B" if base.parameters else ""
            memory = [f"{need:g}" if need else "" for need in (base.training_memory, base.serving_memory)]
            table.add_row(base.id, size, f"{base.context_length:,}", *memory, base.licence, here, note)
        Console().print(table)


@app.command()
def export(
    model: Annotated[str, typer.Argument(help="A fine-tuned model's id.")],
    output: Annotated[Path, typer.Option("--output", "-o", help="Folder to write; it is made.")],
    merged: Annotated[bool, typer.Option(help="Base and adapter as one model, not the adapter alone.")] = False,
    data: Data = DEFAULT_DATA,
    cache: Cache = None,
) -> None:
    """Write a fine-tuned model as safetensors, with a model card that tells where it comes from."""
    from trainer.export import plan_export, write
    from trainer.server import open_store

    settings = from_environment(data, cache=cache)
    with _sentences():
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
    model: Annotated[str, typer.Argument(help="A model's id: a fine-tuned one, or a base model with all on it.")],
    on: Annotated[
        datetime | None, typer.Option(formats=["%Y-%m-%d"], help="The first day (UTC) without it. [default: none]")
    ] = None,
    data: Data = DEFAULT_DATA,
) -> None:
    """Set the day from which a model answers no more; clients see it as the model's shutdown_date."""
    from trainer.server import open_store

    settings = from_environment(data)
    with _sentences():
        store = open_store(settings)
        if model not in read_table(settings.base_models) and store.model(model) is None:
            raise TrainerError(f"There is no model {model!r} in {settings.data}.")
        store.set_shutdown(model, on.strftime("%Y-%m-%d") if on else None)
        typer.echo(f"{model} answers until {on:%Y-%m-%d}." if on else f"{model} has no shutdown date.")


@keys.command("create")
def create_key(
    name: Annotated[str, typer.Argument(help="Whose key it is.")],
    admin: Annotated[bool, typer.Option("--admin", help="Let it see what all keys have made.")] = False,
    data: Data = DEFAULT_DATA,
) -> None:
    """Make a key and show it, this once. It sees what it made itself, and the base models."""
    from trainer.server import new_key, open_store

    with _sentences():
        key = new_key()
        try:
            open_store(from_environment(data)).add_key(name, key, admin=admin)
        except ValueError as error:
            raise TrainerError(str(error)) from error
        typer.echo(key)


@keys.command("list")
def list_keys(data: Data = DEFAULT_DATA) -> None:
    """Show the names of the keys, and which are admins'."""
    from trainer.server import open_store

    with _sentences():
        for key in open_store(from_environment(data)).all_keys():
            typer.echo(f"{key.name} (admin)" if key.admin else key.name)


@keys.command("delete")
def delete_key(name: str, data: Data = DEFAULT_DATA) -> None:
    """Make a key useless."""
    from trainer.server import open_store

    with _sentences():
        if not open_store(from_environment(data)).delete_key(name):
            raise TrainerError(f"There is no key named {name!r}.")


def main() -> None:
    app()


def _named(id: str, settings: Settings) -> BaseModel:
    table = read_table(settings.base_models)
    if id not in table:
        raise TrainerError(f"There is no base model {id!r}. There are: {', '.join(table)}.")
    return table[id]


@contextmanager
def _sentences() -> Iterator[None]:
    """Errors that are a person's to mend end the program with their sentence and code 1."""
    try:
        yield
    except TrainerError as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(1) from error
