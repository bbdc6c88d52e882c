"""Models, and what nobody uses."""

from collections.abc import Sequence
from typing import Any

import msgspec

from app.terminal.answers import shown
from app.terminal.messages import Answer, Table
from bot.datasets.dataset import Dataset
from bot.models.model import FineTunedModel
from bot.models.retirement_calendar import CalendarPage
from bot.models.trainable import TrainableModel
from bot.unused import Unused
from texts import models as model_texts
from texts import retirement
from texts import terminal_commands as texts
from texts.formats import full_day


def models(base: Sequence[TrainableModel], tuned: Sequence[FineTunedModel]) -> Answer:
    value = {
        "fine_tuned": [msgspec.to_builtins(model) | {"name": model.name} for model in tuned],
        "base": [
            {
                "id": model.id,
                "provider": model.provider,
                "usd_per_million_tokens": model.price_per_million,
                "training_ends": shown.iso(model.retirement.training_ends),
                "shutdown_date": shown.iso(model.retirement.shutdown_date),
            }
            for model in base
        ],
    }
    tuned_rows = [
        (
            model.name,
            model.id,
            model.base_model,
            shown.person(model.owner or ""),
            full_day(model.shutdown_date) if model.shutdown_date else "",
        )
        for model in tuned
    ]
    base_rows = [
        (model.id, model.provider, full_day(ends) if (ends := model.retirement.training_ends) else "") for model in base
    ]
    return Answer(
        value,
        (
            Table(
                model_texts.fine_tuned_models(),
                (texts.name(), texts.model(), texts.base_model(), texts.by(), texts.answers_until()),
                tuple(tuned_rows),
            ),
            Table(
                model_texts.base_models(),
                (texts.model(), texts.provider(), texts.trains_until()),
                tuple(base_rows),
            ),
        ),
    )


def retiring(page: CalendarPage) -> Answer:
    value = {
        "models": msgspec.to_builtins(page.entries),
        **shown.page_value(page.number, page.pages),
        "count": page.count,
    }
    if not page.entries:
        return Answer(value, notes=(retirement.nothing_ends(),))
    rows = [
        (
            retirement.day_ahead(full_day(entry.day), entry.days)
            if entry.days > 0
            else retirement.day_over(full_day(entry.day)),
            entry.name,
            entry.base_model,
            shown.person(entry.owner),
            str(entry.channels or ""),
            shown.moment(entry.last_used_at),
        )
        for entry in page.entries
    ]
    columns = (
        texts.stops_answering(),
        texts.name(),
        texts.base_model(),
        texts.by(),
        texts.channels(),
        texts.last_used_at(),
    )
    return Answer(
        value, (Table(retirement.calendar(page.count), columns, tuple(rows)),), shown.turn(page.number, page.pages)
    )


def unused(found: Unused) -> Answer:
    value = {
        "days": found.days,
        "models": [
            {
                "id": one.model.id,
                "name": one.model.name,
                "base_model": one.model.base_model,
                "owner": one.model.owner,
                "created_at": one.model.created_at,
                "last_used_at": one.last_used_at,
                "current_somewhere": one.current,
                "evaluated_regularly": one.repeated,
            }
            for one in found.models
        ],
        "files": [
            _dataset(one.dataset) | {"last_used_at": one.last_used_at, "models": list(one.models)}
            for one in found.files
        ],
    }
    if not found.models and not found.files:
        return Answer(value, notes=(retirement.all_used(found.days),))
    tables = []
    if found.models:
        rows = [
            (one.model.name, one.model.base_model, shown.person(one.model.owner or ""), shown.moment(one.last_used_at))
            for one in found.models
        ]
        columns = (texts.name(), texts.base_model(), texts.by(), texts.last_used_at())
        title = retirement.unused_models(len(found.models), found.days)
        tables.append(Table(title, columns, tuple(rows)))
    if found.files:
        rows = [
            (one.dataset.name, one.dataset.id, shown.person(one.dataset.owner), shown.moment(one.last_used_at))
            for one in found.files
        ]
        columns = (texts.file(), texts.dataset(), texts.by(), texts.last_used_at())
        title = retirement.unused_files(len(found.files), found.days)
        tables.append(Table(title, columns, tuple(rows)))
    return Answer(value, tuple(tables))


def _dataset(dataset: Dataset) -> dict[str, Any]:
    report = dataset.report
    return {
        "id": dataset.id,
        "name": dataset.name,
        "bytes": dataset.bytes,
        "sha256": dataset.sha256,
        "owner": dataset.owner,
        "channel": dataset.channel,
        "private": dataset.channel_private,
        "created_at": dataset.created_at,
        "ok": report.ok if report else None,
        "format": dataset.format,
        "examples": report.examples if report else None,
    }
