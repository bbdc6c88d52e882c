"""The store, its disk, and whether a bot works there."""

from collections.abc import Sequence

from bot.errors import BotError
from texts import errors
from texts.doctor.table import FOUND
from texts.formats import enumerated, file_size, rough_duration, sentences
from texts.language import _, plural


@FOUND.sentence
def folder_not_written(folder: object) -> str:
    return _(
        "The folder {folder} cannot be written. Give it to the user that runs the bot, or set `FINETUNE_DATA` to "
        "another.",
        folder=folder,
    )


@FOUND.sentence
def disk(folder: object, free: int) -> str:
    return _("{free} are free on the disk of {folder}.", free=file_size(free), folder=folder)


@FOUND.sentence
def disk_low(folder: object, free: int) -> str:
    return _("Only {free} are free on the disk of {folder}. Make room soon.", free=file_size(free), folder=folder)


@FOUND.sentence
def disk_full(folder: object, free: int) -> str:
    return _(
        "Only {free} are free on the disk of {folder}: soon nothing can be kept any more. Make room.",
        free=file_size(free),
        folder=folder,
    )


@FOUND.sentence
def no_store_yet(folder: object) -> str:
    return _("There is no store in {folder} yet: the first start makes it.", folder=folder)


@FOUND.sentence
def store(folder: object, size: int) -> str:
    return _("The store in {folder} is whole ({size}).", folder=folder, size=file_size(size))


@FOUND.sentence
def store_in_postgresql(where: str) -> str:
    return _("The store is in the PostgreSQL database {where}, which answers.", where=where)


@FOUND.sentence
def no_store_in_postgresql_yet(where: str) -> str:
    return _("The PostgreSQL database {where} answers. It has no store yet: the first start makes it.", where=where)


@FOUND.sentence
def store_in_postgresql_behind(where: str) -> str:
    return sentences(
        store_in_postgresql(where),
        _("It is of an earlier version, and the next start brings it up to date: make a backup before."),
    )


@FOUND.sentence
def store_in_postgresql_newer(where: str) -> str:
    return _(
        "The store in the PostgreSQL database {where} is of a later version than this program. Install that version, "
        "or restore a backup that this one made.",
        where=where,
    )


@FOUND.sentence
def bot_runs_on_database(where: str) -> str:
    return _("A bot works in {where} now.", where=where)


@FOUND.sentence
def bots_run_on_database(where: str, count: int, leader: str) -> str:
    """`count`: two or more; `leader`: the process that leads."""
    return _("{count} bots work in {where} now; {leader} leads.", count=count, where=where, leader=leader)


@FOUND.sentence
def bot_does_not_run_on_database(where: str) -> str:
    return _("No bot works in {where} now.", where=where)


@FOUND.sentence
def store_behind(folder: object, size: int) -> str:
    return sentences(
        store(folder, size),
        _("It is of an earlier version, and the next start brings it up to date: make a backup before."),
    )


@FOUND.sentence
def store_newer(folder: object) -> str:
    return _(
        "The store in {folder} is of a later version than this program. Install that version, or restore a backup that "
        "this one made.",
        folder=folder,
    )


@FOUND.sentence
def store_damaged(folder: object, damage: str) -> str:
    """`damage`: in SQLite's words."""
    return _(
        "The store in {folder} is damaged ({damage}). Stop the bot, and restore a backup (`finetune-bot restore`).",
        folder=folder,
        damage=damage,
    )


@FOUND.sentence
def store_unreadable(error: BotError) -> str:
    return errors.sentence(error)


@FOUND.sentence
def files_encrypted(count: int) -> str:
    return plural(
        "{count} training file is encrypted, and its key is here.",
        "{count} training files are encrypted, and their keys are here.",
        count,
    )


@FOUND.sentence
def files_not_opened(error: BotError) -> str:
    return errors.sentence(error)


@FOUND.sentence
def bot_runs(folder: object) -> str:
    return _("A bot works in {folder} now.", folder=folder)


@FOUND.sentence
def bot_does_not_run(folder: object) -> str:
    return _("No bot works in {folder} now.", folder=folder)


@FOUND.sentence
def bot_well(address: str) -> str:
    return _("It says that it does its work ({address}).", address=address)


@FOUND.sentence
def bot_unwell(down: Sequence[str]) -> str:
    """`down`: names as the bot's answer has them, such as "store"."""
    return _(
        "The bot runs, and these parts of it do not work: {down}. Its log says why; start it again if that stays.",
        down=enumerated(down),
    )


@FOUND.sentence
def bot_silent(address: str) -> str:
    return _(
        "The bot does not say how it is at {address}. If `HEALTH_PORT` was set after its start, start it again.",
        address=address,
    )


@FOUND.sentence
def no_metrics(address: str) -> str:
    return _(
        "The bot does not say at {address} what waits. Set `METRICS_TOKEN` here and for the bot, to the same.",
        address=address,
    )


@FOUND.sentence
def backlog(inbox: int, outbox: int, seconds: float) -> str:
    """How many requests and notices wait, and for how long the oldest has."""
    if not inbox and not outbox:
        return _("Nothing waits in it.")
    return _(
        "What waits in it: {requests} and {notices}, for {duration} at most.",
        requests=plural("{count} request from Slack", "{count} requests from Slack", inbox),
        notices=plural("{count} notice to post", "{count} notices to post", outbox),
        duration=rough_duration(seconds),
    )


@FOUND.sentence
def backlog_old(inbox: int, outbox: int, seconds: float) -> str:
    return sentences(
        backlog(inbox, outbox, seconds),
        _("That is long: its log says why. If Slack and the providers are well, start it again."),
    )


@FOUND.sentence
def jobs_unheard(provider: str, seconds: float) -> str:
    return _(
        "For {duration} it has heard nothing of the jobs at {provider}. It keeps asking; above stands how the provider "
        "answers now.",
        duration=rough_duration(seconds),
        provider=provider,
    )
