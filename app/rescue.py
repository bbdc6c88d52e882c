"""`finetune-bot rescue`: everything that a provider holds of one's fine-tuning, saved in a folder before it is gone."""

import asyncio
import io
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import msgspec
from openai import AsyncOpenAI
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from app import connecting
from app.check import harmless
from bot.errors import BotError, StartError
from bot.providers.clients import client_of
from bot.providers.configured import ConfiguredProvider
from bot.providers.interface import ProviderError, Refused
from bot.providers.raw_objects import RawObjects
from bot.rescue.folder import MANIFEST, Missing, RescueFolder, opened
from bot.rescue.patience import Patience
from bot.rescue.rescue import Outcome, Rescue
from bot.settings import Settings, load
from texts import rescue as texts
from texts import starting
from texts.errors import recorded_sentence, sentence
from texts.formats import duration, enumerated, file_size, listed, sentences
from training_files.redact import redact

COMPLETE, INCOMPLETE, BROKEN_OFF, INTERRUPTED = 0, 1, 2, 130
SHOWN: Final = 20
"""Things that could not be had, that are named."""


def rescue_command(folder: Path, parallel: int, as_json: bool, *, provider: str | None = None, pace: float = 1) -> int:
    """Saves in `folder` what there is at the provider, by default that of the environment: exit code 0 all of it, 1
    something could not be had, 2 broken off.

    With `as_json` exactly one JSON object goes to standard output.
    """
    began = time.monotonic()
    try:
        source = _configured(load(), provider)
        with opened(folder, redact(str(_client(source).base_url))) as rescued:
            outcome = asyncio.run(_rescue(source, rescued, Patience(parallel, pace), as_json))
    except KeyboardInterrupt:
        return _stop(sentences(texts.stopped(), texts.goes_on(str(folder))), as_json, INTERRUPTED)
    except BotError as error:
        return _stop(_why_broken_off(error, folder), as_json, BROKEN_OFF)
    seconds = time.monotonic() - began
    size = sum(saved.bytes for saved in rescued.manifest.saved.values())
    if as_json:
        measured = {"bytes": size, "seconds": round(seconds, 3)}
        _write_json({"ok": not outcome.missing, "folder": str(folder), **measured}, outcome)
    else:
        _show(outcome, folder, size, seconds)
    return INCOMPLETE if outcome.missing else COMPLETE


def _configured(settings: Settings, name: str | None) -> ConfiguredProvider:
    """The provider of this name; without one, that of the environment. Raises StartError where there is none, or no key
    for it."""
    found = connecting.of_environment(settings) if name is None else _named(connecting.configured(settings), name)
    if not found.key.get_secret_value():
        raise StartError(starting.no_provider_key())
    return found


def _named(configured: Sequence[ConfiguredProvider], name: str) -> ConfiguredProvider:
    for one in configured:
        if one.config.name == name:
            return one
    raise StartError(texts.no_such_provider(name, enumerated([one.config.name for one in configured])))


def _client(provider: ConfiguredProvider) -> AsyncOpenAI:
    return client_of(provider.vendor, provider.key.get_secret_value(), provider.base_url)


async def _rescue(provider: ConfiguredProvider, folder: RescueFolder, patience: Patience, quiet: bool) -> Outcome:
    source = RawObjects(_client(provider))
    try:
        with _progress_bar(folder.manifest.provider, quiet) as progress:
            return await Rescue(source, folder, patience, progress).run()
    except Refused as error:
        if error.status == 401:
            raise StartError(starting.key_refused(provider.config.name, sentence(error))) from error
        raise
    finally:
        await source.close()


@contextmanager
def _progress_bar(address: str, quiet: bool) -> Iterator[Callable[[int, int], None]]:
    """On a terminal only, beside what the command prints."""
    console = Console(stderr=True, quiet=quiet or not sys.stderr.isatty())
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console, transient=True) as progress:
        task = progress.add_task(harmless(texts.reading(address)), total=None)
        yield lambda done, total: progress.update(task, description=texts.saving(), completed=done, total=total)


def _show(outcome: Outcome, folder: Path, size: int, seconds: float) -> None:
    console = _console()
    what = listed(texts.found(outcome.jobs, outcome.files, outcome.results, outcome.models))
    say = texts.saved_most if outcome.missing else texts.saved_all
    console.print(harmless(say(str(folder), what, file_size(size))), markup=False)
    console.print(texts.took(outcome.written, outcome.requests, duration(seconds)), markup=False, style="dim")
    if not outcome.missing:
        return
    console.print(texts.could_not_be_had(len(outcome.missing)), markup=False, style="yellow")
    for missing in outcome.missing[:SHOWN]:
        line = texts.missing(missing.kind, missing.id, missing.name, _why(missing))
        console.print(f"  {harmless(line)}", markup=False)
    if len(outcome.missing) > SHOWN:
        console.print(f"  {texts.and_more(len(outcome.missing) - SHOWN)}", markup=False)
    again = None if all(missing.status for missing in outcome.missing) else texts.try_again()
    console.print(sentences(texts.all_stand_in(harmless(str(folder / MANIFEST))), again), markup=False)


def _why(missing: Missing) -> str:
    if missing.is_gone:
        return texts.gone()
    if missing.status is not None:
        return texts.refused(missing.status, missing.why)
    return recorded_sentence(missing.why)


def _why_broken_off(error: BotError, folder: Path) -> str:
    full = error.kind == "folder_not_written" and (folder / MANIFEST).exists()
    if isinstance(error, ProviderError) or full:
        return sentences(sentence(error), texts.goes_on(str(folder)))
    return sentence(error)


def _stop(why: str, as_json: bool, code: int) -> int:
    if as_json:
        _write_json({"ok": False, "error": harmless(why)})
    else:
        sys.stderr.write(harmless(why) + "\n")
    return code


def _write_json(about: dict[str, object], outcome: Outcome | None = None) -> None:
    value = {**about, **(msgspec.to_builtins(outcome) if outcome else {})}
    sys.stdout.buffer.write(msgspec.json.format(msgspec.json.encode(value), indent=2) + b"\n")
    sys.stdout.buffer.flush()


def _console() -> Console:
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="replace")  # an old terminal may not know every letter
    return Console(highlight=False, soft_wrap=True)
