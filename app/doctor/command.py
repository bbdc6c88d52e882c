"""The command: asks everybody at the same time, and shows what was found."""

import asyncio
import io
import sys
from collections.abc import Mapping, Sequence
from typing import Final

import msgspec
from rich.console import Console

from app import connecting
from app.check import harmless
from app.doctor.comparing import Comparing
from app.doctor.health import check_health
from app.doctor.slack import check_slack
from app.files import of_each_workspace
from app.workspaces.requirements import required
from bot.doctor.finding import Finding, Level, ok, wrong
from bot.doctor.provider import check_provider
from bot.doctor.store import check_database, check_files, check_store
from bot.errors import BotError, StartError
from bot.providers.clients import client_of
from bot.providers.configured import ConfiguredProvider
from bot.providers.raw_objects import RawObjects
from bot.settings import Settings, load
from bot.store.inspection import is_in_use
from texts import doctor as texts

FINE, SOMETHING_WRONG = 0, 1
_MARKS: Final = {Level.OK: ("✓", "green"), Level.WARNING: ("!", "yellow"), Level.WRONG: ("✗", "red")}


class Section(msgspec.Struct, frozen=True):
    """What was found about "settings", "slack", "provider" or "store". `name`: the provider's."""

    about: str
    findings: Sequence[Finding]
    name: str | None = None


def doctor_command(as_json: bool, comparing: Comparing | None = None) -> int:
    """Exit code 0: nothing is wrong, 1: something is. With `as_json` one JSON object goes to standard output.
    `comparing`: what is tried besides."""
    # On a terminal only, beside what is printed: a provider that hangs is waited for.
    waiting = Console(stderr=True, quiet=as_json or not sys.stderr.isatty())
    with waiting.status(texts.asking()):
        found = asyncio.run(_examine(comparing))
    levels = [finding.level for section in found for finding in section.findings]
    if as_json:
        _write_json(found, fine=Level.WRONG not in levels)
    else:
        _show(found, levels)
    return SOMETHING_WRONG if Level.WRONG in levels else FINE


async def _examine(comparing: Comparing | None) -> list[Section]:
    try:
        settings = load()
    except StartError as error:
        return [Section("settings", [wrong("settings_wrong", error=error)])]
    if settings.finetune_database is None:
        bots = int(is_in_use(settings.finetune_data))
        found = list(check_store(settings.finetune_data, in_use=bool(bots)))
    else:
        schema = settings.finetune_database_schema
        bots, found = check_database(settings.finetune_data, settings.finetune_database, schema)
    files = check_files([each.finetune_data / "files" for each in of_each_workspace(settings)], settings)
    health = await check_health(settings, bot_runs_here=bool(bots))
    store = Section("store", [*found, *files, *health])
    try:
        configured = connecting.configured(settings)
        if settings.many_workspaces:
            required(settings)
            connecting.require_of_many(settings, configured)
        else:
            connecting.require(settings, configured)
    except StartError as error:
        # A token in the wrong place is sent nowhere, so nobody is asked.
        return [Section("settings", [wrong("settings_wrong", error=error)]), store]
    # Of many workspaces each has a token of its own, which the settings do not know.
    slack = [] if settings.many_workspaces else [_slack(settings, comparing, bots_here=bots)]
    asked = await asyncio.gather(*slack, *(_provider(one, comparing) for one in configured))
    names = [one.config.name for one in configured]
    return [Section("settings", [ok("settings", providers=names)]), *asked, store]


async def _slack(settings: Settings, comparing: Comparing | None, *, bots_here: int) -> Section:
    found = await check_slack(settings, bots_here=bots_here)
    return Section("slack", found if comparing is None else [*found, *await comparing.slack(settings)])


async def _provider(configured: ConfiguredProvider, comparing: Comparing | None) -> Section:
    source = RawObjects(client_of(configured.vendor, configured.key.get_secret_value(), configured.base_url))
    try:
        found = await check_provider(configured, source)
        if comparing is not None:
            found += await comparing.provider(configured)
    finally:
        await source.close()
    return Section("provider", found, configured.config.name)


def _show(found: Sequence[Section], levels: Sequence[Level]) -> None:
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="replace")  # an old terminal may not know every mark
    console = Console(highlight=False, soft_wrap=True)
    for section in found:
        console.print(harmless(texts.heading(section.about, section.name)), markup=False, style="bold")
        for finding in section.findings:
            mark, colour = _MARKS[finding.level]
            style = colour if finding.level is not Level.OK else None
            console.print(f"  {mark} {harmless(texts.sentence(finding))}", markup=False, style=style)
    console.print(texts.conclusion(levels.count(Level.WRONG), levels.count(Level.WARNING)), markup=False)


def _write_json(found: Sequence[Section], *, fine: bool) -> None:
    sections = [
        {
            "about": section.about,
            **({"name": section.name} if section.name is not None else {}),
            "findings": [_plain(finding) for finding in section.findings],
        }
        for section in found
    ]
    value = {"ok": fine, "sections": sections}
    sys.stdout.buffer.write(msgspec.json.format(msgspec.json.encode(value), indent=2) + b"\n")
    sys.stdout.buffer.flush()


def _plain(finding: Finding) -> dict[str, object]:
    return {
        "level": finding.level,
        "code": finding.code,
        "message": harmless(texts.sentence(finding)),
        "values": _plain_values(finding.values),
    }


def _plain_values(values: Mapping[str, object]) -> dict[str, object]:
    """Without errors, of which the message tells; a path as text."""
    told = {name: value for name, value in values.items() if not isinstance(value, BotError)}
    return {name: value if isinstance(value, int | float | list | None) else str(value) for name, value in told.items()}
