"""What a training will cost, and how long it will take."""

from bot.jobs.estimate import Estimate, TrainingTime
from bot.providers.interface import RemoteMemory
from texts.formats import file_size, money, rough_duration
from texts.language import _, plural


def heading() -> str:
    return _("Estimate:")


def estimate(told: Estimate, *, chosen: bool) -> str:
    """ "$0.05 · about 12 min of training · 10,400 billed tokens in 8 epochs". `chosen`: the epochs, by the person."""
    tokens = _tokens(told.tokens, told.epochs, chosen=chosen, billed=told.usd != 0)
    return " · ".join(filter(None, [money(told.usd), _time(told.time), _memory(told.memory), tokens]))


def _memory(memory: RemoteMemory | None) -> str:
    """ "3.1 GB of 24.6 GB memory"."""
    if memory is None:
        return ""
    needed = file_size(memory.needed)
    if memory.total is None:
        return _("{needed} memory", needed=needed)
    return _("{needed} of {total} memory", needed=needed, total=file_size(memory.total))


def _time(time: TrainingTime | None) -> str:
    """ "about 12 min of training (measured on 3 trainings here)"."""
    if time is None:
        return _("time not known yet")
    duration, rests = rough_duration(time.seconds), time_rests_on(time.trainings)
    if time.seconds >= 60:
        said = _("about {duration} of training", duration=duration)
    else:
        said = _("{duration} of training", duration=duration)
    return with_basis(said, rests) if rests else said


def with_basis(time: str, basis: str) -> str:
    return _("{time} ({basis})", time=time, basis=basis)


def time_rests_on(trainings: int | None) -> str:
    """On what it rests that a training takes so long: `trainings` on that machine, or 0: some steps that it tried. ""
    where the team's past jobs tell (None)."""
    if trainings is None:
        return ""
    if trainings == 0:
        return _("by a few steps tried there")
    return plural("measured on {count} training there", "measured on {count} trainings there", trainings)


def _tokens(tokens: int, epochs: int, *, chosen: bool, billed: bool) -> str:
    """The team's own hardware sends no bill."""
    if billed and chosen:
        return plural(
            "{tokens} billed tokens in {count} epoch",
            "{tokens} billed tokens in {count} epochs",
            epochs,
            tokens=tokens,
        )
    if billed:
        return plural(
            "{tokens} billed tokens in {count} epoch (auto)",
            "{tokens} billed tokens in {count} epochs (auto)",
            epochs,
            tokens=tokens,
        )
    if chosen:
        return plural("{tokens} tokens in {count} epoch", "{tokens} tokens in {count} epochs", epochs, tokens=tokens)
    return plural(
        "{tokens} tokens in {count} epoch (auto)", "{tokens} tokens in {count} epochs (auto)", epochs, tokens=tokens
    )


def price_unknown_by_hour() -> str:
    return _("Reinforcement fine-tuning is billed by the hour, so its price is not known beforehand.")


def free_and_time_shows(price: str) -> str:
    return _("{price}. How long reinforcement fine-tuning takes shows after its first steps.", price=price)


def tokens_unknown(price: str) -> str:
    return _("{price}. How many tokens the file has, only the provider knows.", price=price)


def not_known() -> str:
    return _("not known: only the provider knows how many tokens the file has.")


def shown_soon() -> str:
    return _("shown as soon as the epochs are a whole number from 1 to 50, or `auto`.")
