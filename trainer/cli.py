"""The trainer's command line: `python -m trainer`, and `finetune-bot trainer`."""

from __future__ import annotations

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
from rich.progress import BarColumn, DownloadColumn, TextColumn, TransferSpeedColumn
from rich.progress import Progress as Bar
from rich.table import Table

from texts import trainer as texts
from texts.command_help import described
from texts.formats import enumerated
from texts.language import speaking, terminal_language
from trainer import fetch
from trainer.base_models import BaseModel, TableModel, read_embedding_models, read_table
from trainer.errors import TrainerError
from trainer.logs import set_up_logging
from trainer.settings import Settings, load

app = typer.Typer(
    cls=described(texts.command, texts.option),
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
)
keys = typer.Typer(no_args_is_help=True)
app.add_typer(keys, name="keys")

Data = Annotated[Path, typer.Option("--data", metavar="FOLDER")]
Cache = Annotated[Path | None, typer.Option("--cache", metavar="FOLDER")]

DEFAULT_DATA = Path("data/trainer")
# Columns that a terminal must have for all that `models` tells.
_WIDE = 76


@app.command()
def serve(
    host: Annotated[str, typer.Option(metavar="ADDRESS")] = "127.0.0.1",
    port: Annotated[int, typer.Option(metavar="PORT", min=0, max=65535)] = 8902,
    data: Data = DEFAULT_DATA,
    org: Annotated[str, typer.Option(metavar="NAME")] = "local",
) -> None:
    from trainer.server import serve as run

    set_up_logging()
    with _sentences():
        run(load(data, org=org, host=host, port=port))


@app.command()
def pull(
    model: Annotated[str, typer.Argument(metavar="MODEL")] = "SmolLM2-135M-Instruct",
    cache: Cache = None,
) -> None:
    os.environ["TQDM_DISABLE"] = "1"  # libraries' own bars would be drawn across ours
    # Ended like by Ctrl-C: what fetches for us ends, too, and what is half done is taken away.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    console = Console()
    with _sentences():
        settings = load(DEFAULT_DATA, cache=cache)
        base = _pullable(model, settings)
        here = fetch.located(base, settings.cache)
        if here is not None:
            damaged = fetch.damaged(here)
            if not damaged:
                console.print(texts.whole(base.id, here), soft_wrap=True, highlight=False)
                return
            console.print(texts.damaged(enumerated(damaged), base.id), soft_wrap=True)
            fetch.remove(base, settings.cache)
        with Bar(
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
        console.print(texts.fetched(base.id, folder), soft_wrap=True, highlight=False)


@app.command()
def models(cache: Cache = None) -> None:
    with _sentences():
        settings = load(DEFAULT_DATA, cache=cache)
        console = Console()
        if not console.is_terminal:
            console = Console(width=200)  # a pipe has none: there one line is one model
        rows = [_row(base, settings) for base in read_table(settings.base_models).values()]
        rows += [_row(model, settings) for model in read_embedding_models(settings.base_models).values()]
        table = Table(box=None, pad_edge=False, padding=(0, 1))
        shown = [name for name in rows[0] if console.width >= _WIDE or name not in {"context", "licence"}]
        for name in shown:
            # What a person copies from here is never cut.
            table.add_column(
                texts.column(name),
                no_wrap=name not in {"licence", "note"},
                min_width=len("Apache-2.0") * (name == "licence"),
            )
        for row in rows:
            table.add_row(*(row[name] for name in shown))
        console.print(table)


def _row(base: TableModel, settings: Settings) -> dict[str, str]:
    """What `models` tells of a model, by the names of its columns."""
    trained = base if isinstance(base, BaseModel) else None
    notes = (
        (texts.untried(), base.untried),
        (texts.needs_token(), base.gated),
        (texts.for_embeddings(), trained is None),
    )
    return {
        "model": base.id,
        "context": f"{base.context_length:,}",
        "training": f"{trained.training_memory:g}" if trained and trained.training_memory else "",
        "serving": f"{trained.serving_memory:g}" if trained and trained.serving_memory else "",
        "licence": base.licence,
        "here": texts.is_here(fetch.located(base, settings.cache) is not None),
        "note": enumerated([words for words, so in notes if so]),
    }


@app.command()
def export(
    model: Annotated[str, typer.Argument(metavar="MODEL")],
    output: Annotated[Path, typer.Option("--output", "-o", metavar="FOLDER")],
    format: Annotated[str, typer.Option("--format", metavar="FORMAT")] = "adapter",
    quantization: Annotated[str | None, typer.Option("--quantization", metavar="NAME")] = None,
    data: Data = DEFAULT_DATA,
    cache: Cache = None,
) -> None:
    from trainer.exports.plan import DEFAULT_QUANTIZATION, FORMATS, QUANTIZATIONS, Progress, plan_export
    from trainer.exports.worker import problem, try_written, write
    from trainer.server import open_store

    with _sentences():
        settings = load(data, cache=cache)
        wanted = next((one for one in FORMATS if one == format), None)
        kind = next((one for one in QUANTIZATIONS if one == (quantization or DEFAULT_QUANTIZATION).lower()), None)
        if wanted is None:
            raise TrainerError(texts.unknown_format(format, enumerated(FORMATS)))
        if kind is None or (quantization and wanted != "gguf"):
            raise TrainerError(texts.unknown_quantization(str(quantization), enumerated(QUANTIZATIONS)))
        if output.exists() and any(output.iterdir()):
            raise TrainerError(texts.not_empty(output))
        store = open_store(settings)
        found = store.model(model)
        if found is None:
            known = enumerated([one.id for one in store.models()])
            raise TrainerError(texts.unknown_fine_tuned_model(model, settings.data, known))
        base = _named(found.base, settings)
        folder = settings.models / found.folder
        plan = plan_export(
            found,
            base,
            store.job(found.job_id),
            store.checkpoint_of(found.id),
            format=wanted,
            quantization=kind,
            folder=folder,
            weights=folder if (folder / "config.json").is_file() else fetch.ensure(base, settings.cache),
            into=output,
            cache=settings.cache,
        )
        columns = (TextColumn("{task.description}"), BarColumn(), DownloadColumn(), TransferSpeedColumn())
        with Bar(*columns, console=Console(stderr=True), transient=True) as bar:
            task = bar.add_task(model, total=None)

            def show(said: Progress) -> None:
                bar.update(
                    task, description=texts.export_step(said.step), completed=said.done, total=said.total or None
                )

            try:
                write(plan, show)
                trial = try_written(plan, show)
            except (OSError, ValueError, ImportError) as error:
                raise TrainerError(texts.not_exported(output, problem(error))) from error
        typer.echo(texts.exported(model, output))
        typer.echo(texts.export_tried(trial.prompt, trial.exported, trial.divergence))


@app.command()
def queue(data: Data = DEFAULT_DATA) -> None:
    from trainer.jobs.queue import Queue
    from trainer.server import open_store

    with _sentences():
        store = open_store(load(data))
        jobs = [("", job) for job in store.jobs_with_status("running")]
        jobs += [(str(place), job) for place, job in enumerate(Queue(store).jobs(), 1)]
        if not jobs:
            typer.echo(texts.empty_queue())
            return
        console = Console()
        if not console.is_terminal:
            console = Console(width=200)
        rows = [
            {
                "place": place or texts.trains(),
                "job": job.id,
                "model": job.model,
                "key": job.group[0],
                "channel": job.group[1],
                "priority": texts.priority(job.priority),
                "devices": str(job.devices),
                "since": datetime.fromtimestamp(job.queued_at or job.created_at).strftime("%Y-%m-%d %H:%M"),
            }
            for place, job in jobs
        ]
        table = Table(box=None, pad_edge=False, padding=(0, 1))
        for name in rows[0]:
            table.add_column(texts.queue_column(name), no_wrap=name == "job")
        for row in rows:
            table.add_row(*row.values())
        console.print(table)


@app.command()
def retire(
    model: Annotated[str, typer.Argument(metavar="MODEL")],
    on: Annotated[datetime | None, typer.Option(metavar="YYYY-MM-DD", formats=["%Y-%m-%d"])] = None,
    data: Data = DEFAULT_DATA,
) -> None:
    from trainer.server import open_store

    with _sentences():
        settings = load(data)
        store = open_store(settings)
        if model not in read_table(settings.base_models) and store.model(model) is None:
            raise TrainerError(texts.unknown_model(model, settings.data))
        day = on.strftime("%Y-%m-%d") if on else None
        store.set_shutdown(model, day)
        typer.echo(texts.retires(model, day or ""))


@app.command()
def alias(
    name: Annotated[str | None, typer.Argument(metavar="NAME")] = None,
    model: Annotated[str | None, typer.Argument(metavar="MODEL")] = None,
    remove: Annotated[bool, typer.Option("--remove")] = False,
    data: Data = DEFAULT_DATA,
) -> None:
    from trainer.server import open_store

    with _sentences():
        settings = load(data)
        store = open_store(settings)
        aliases = store.aliases()
        bases = {**read_table(settings.base_models), **read_embedding_models(settings.base_models)}
        if name is None:
            for one, meant in aliases.items():
                typer.echo(texts.alias_of(one, meant))
        elif remove:
            if name not in aliases:
                raise TrainerError(texts.unknown_alias(name))
            store.set_alias(name, None)
            typer.echo(texts.alias_removed(name))
        elif model is None:
            raise TrainerError(texts.alias_without_model(name))
        elif name in bases or store.model(name) is not None:
            raise TrainerError(texts.alias_is_a_model(name))
        elif model not in bases and store.model(model) is None:
            raise TrainerError(texts.unknown_model(model, settings.data))
        else:
            store.set_alias(name, model)
            typer.echo(texts.alias_of(name, model))


@keys.command("create")
def create_key(
    name: Annotated[str, typer.Argument(metavar="NAME")],
    admin: Annotated[bool, typer.Option("--admin")] = False,
    high_priority: Annotated[bool, typer.Option("--high-priority")] = False,
    data: Data = DEFAULT_DATA,
) -> None:
    from trainer.server import new_key, open_store

    with _sentences():
        key = new_key()
        open_store(load(data)).add_key(name, key, admin=admin, high_priority=high_priority)
        typer.echo(key)


@keys.command("list")
def list_keys(data: Data = DEFAULT_DATA) -> None:
    from trainer.server import open_store

    with _sentences():
        for key in open_store(load(data)).all_keys():
            typer.echo(f"{key.name} (admin)" if key.admin else key.name)


@keys.command("delete")
def delete_key(name: Annotated[str, typer.Argument(metavar="NAME")], data: Data = DEFAULT_DATA) -> None:
    from trainer.server import open_store

    with _sentences():
        if not open_store(load(data)).delete_key(name):
            raise TrainerError(texts.unknown_key(name))


def main(arguments: list[str] | None = None, program: str | None = None) -> None:
    """Run the command line, in the language of the terminal's locale, and exit; by default with the arguments and
    under the name of this process."""
    with speaking(terminal_language(os.environ)):
        app(arguments, prog_name=program)


def _pullable(id: str, settings: Settings) -> TableModel:
    embedding = read_embedding_models(settings.base_models).get(id)
    return embedding if embedding is not None else _named(id, settings)


def _named(id: str, settings: Settings) -> BaseModel:
    table = read_table(settings.base_models)
    if id not in table:
        raise TrainerError(texts.unknown_base_model(id, enumerated(list(table))))
    return table[id]


@contextmanager
def _sentences() -> Iterator[None]:
    """Errors that are a person's to correct end the program with their sentence and code 1."""
    try:
        yield
    except TrainerError as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(1) from error
