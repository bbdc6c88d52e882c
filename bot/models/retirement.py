"""The day on which a model stops answering, the day from which its base takes no more jobs, and who says so."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date

import msgspec

from bot.jobs.job import Job
from bot.providers.interface import RemoteModel
from bot.providers.vendors import VENDORS, vendor_of
from training_files import ModelFacts, lookup
from training_files.catalog import base_of


class Retirement(msgspec.Struct, frozen=True):
    """`shutdown_date`: the first day on which the model does not answer; `training_ends`: the first on which no job on
    it is taken. None where no such day is announced. `source`: who names the day of the shutdown: the provider's list
    of models (""), or what training_files/models.toml was taken from.
    """

    shutdown_date: date | None = None
    training_ends: date | None = None
    source: str = ""

    def answers(self, on: date) -> bool:
        return self.shutdown_date is None or on < self.shutdown_date

    def trains(self, on: date) -> bool:
        return self.trained_until(on) is None

    def trained_until(self, on: date) -> date | None:
        """The first day without training, if that has come."""
        over = [day for day in (self.training_ends, self.shutdown_date) if day is not None and day <= on]
        return min(over, default=None)


class ToldDates(msgspec.Struct, frozen=True):
    """The shutdown dates (YYYY-MM-DD) that a provider's list of models names, by model. `complete`: it says of its
    models whether they can be trained, too, so that nobody else is asked about them."""

    dates: Mapping[str, str] = {}
    complete: bool = False


def told_dates(listed: Sequence[RemoteModel]) -> ToldDates:
    dates = {model.id: model.shutdown_date for model in listed if model.shutdown_date}
    return ToldDates(dates, any(model.fine_tunable is not None for model in listed))


def retirement(model: str, provider: str, told: ToldDates, made: Mapping[str, Job]) -> Retirement:
    """Of a model at a provider, by what that has told; `made`: the jobs that made models, by model.

    A fine-tuned model goes when the one that it was trained from goes, and that when its own does. What the provider
    says of the nearest of them counts; where it says nothing, our table of models.
    """
    line = list(_parents(model, made))
    known = () if told.complete else (_facts(one, provider) for one in line)
    facts = next((facts for facts in known if facts), None)
    training_ends = facts.training_ends if facts else None
    for one in line:
        if (day := read_day(told.dates.get(one))) is not None:
            return Retirement(day, training_ends)
    if facts is None:
        return Retirement()
    return Retirement(facts.shutdown_date, training_ends, facts.source if facts.shutdown_date else "")


def read_day(told: str | None) -> date | None:
    """None for what is no date: what a provider writes there is its own affair."""
    try:
        return date.fromisoformat(told[:10]) if told else None
    except ValueError:
        return None


def _parents(model: str, made: Mapping[str, Job]) -> Iterator[str]:
    """The model, the one that it was trained from, and so on to the base."""
    seen: set[str] = set()
    while model not in seen:
        seen.add(model)
        yield model
        model = made[model].base_model if model in made else base_of(model)


def _facts(model: str, provider: str) -> ModelFacts | None:
    """Those that hold at this provider: another vendor that serves a model of the same name has its own days."""
    facts, vendor = lookup(model), vendor_of(provider)
    return None if facts and vendor in VENDORS and facts.provider != vendor.name else facts
