"""`--compare`: where a real workspace or provider does something else than the bot relies on, and what that means.
`seen`: what it did, in its own words."""

from texts.doctor.table import FOUND
from texts.language import _, plural


@FOUND.sentence
def as_expected(count: int) -> str:
    return plural(
        "Compared: {count} thing is as in the sandbox and the trainer.",
        "Compared: {count} things are as in the sandbox and the trainer.",
        count,
    )


@FOUND.sentence
def not_compared(why: str) -> str:
    return _("Not compared: {why}", why=why)


def no_channel() -> str:
    return _("name a channel for it, with --compare-in and its ID (C…). What is posted there is deleted again.")


def no_model() -> str:
    return _("no model is known to ask. Set `default_model` or `models` for this provider.")


@FOUND.sentence
def other_models(seen: str) -> str:
    return _("The list of models is another one ({seen}): menus of models will be empty.", seen=seen)


@FOUND.sentence
def other_key(seen: str) -> str:
    return _(
        "A key that is not valid is not refused with status 401 ({seen}): a wrong key will not be named as such.",
        seen=seen,
    )


@FOUND.sentence
def other_unknown_job(seen: str) -> str:
    return _(
        "A job that does not exist is not refused as the bot knows it ({seen}): one that was deleted there will look "
        "like trouble of the server.",
        seen=seen,
    )


@FOUND.sentence
def other_unknown_file(seen: str) -> str:
    return _(
        "A file that does not exist is not refused as the bot knows it ({seen}): it may not upload its copy anew.",
        seen=seen,
    )


@FOUND.sentence
def other_unknown_model(seen: str) -> str:
    return _(
        "A model that does not exist is not refused as the bot knows it ({seen}): chats will speak of trouble instead.",
        seen=seen,
    )


@FOUND.sentence
def other_jobs(seen: str) -> str:
    return _("The list of jobs cannot be read as the bot reads it ({seen}): jobs cannot be followed.", seen=seen)


@FOUND.sentence
def other_files(seen: str) -> str:
    return _(
        "A file is not kept, found by its name, read and deleted as the bot does it ({seen}): training files may be "
        "uploaded twice, or stay there.",
        seen=seen,
    )


@FOUND.sentence
def other_stream(seen: str) -> str:
    return _("An answer does not come in pieces that say why it ended ({seen}): chats will look cut off.", seen=seen)


@FOUND.sentence
def other_usage(seen: str) -> str:
    return _("An answer does not tell its tokens ({seen}): costs of chats are estimates.", seen=seen)


@FOUND.sentence
def slack_posts(seen: str) -> str:
    return _("A message with blocks and metadata cannot be posted ({seen}): the bot can say nothing there.", seen=seen)


@FOUND.sentence
def slack_edits(seen: str) -> str:
    return _("A message cannot be edited as in the sandbox ({seen}): job cards will not move.", seen=seen)


@FOUND.sentence
def slack_threads(seen: str) -> str:
    return _("A thread does not read as it was written ({seen}): after a crash a notice may be said twice.", seen=seen)


@FOUND.sentence
def slack_permalinks(seen: str) -> str:
    return _("A permalink looks otherwise ({seen}): links to cards and threads may lead nowhere.", seen=seen)


@FOUND.sentence
def slack_blocks(seen: str) -> str:
    return _(
        "51 blocks are not refused as `invalid_blocks` ({seen}): long messages may be cut in another way.", seen=seen
    )


@FOUND.sentence
def slack_channels(seen: str) -> str:
    return _(
        "A channel that does not exist is not refused as `channel_not_found` ({seen}): the bot may go on trying.",
        seen=seen,
    )


@FOUND.sentence
def slack_triggers(seen: str) -> str:
    return _("A window with a trigger that is not valid is not refused ({seen}): look whether windows open.", seen=seen)


@FOUND.sentence
def slack_files(seen: str) -> str:
    return _("A file cannot be uploaded and deleted ({seen}): charts and results will be missing.", seen=seen)


@FOUND.sentence
def slack_ephemeral(seen: str) -> str:
    return _("What only one person sees cannot be posted ({seen}): answers to commands will be missing.", seen=seen)


@FOUND.sentence
def slack_deletes(seen: str) -> str:
    return _(
        "What was posted for this comparison could not be deleted ({seen}): delete it by hand, it says "
        "`finetune-bot doctor --compare`.",
        seen=seen,
    )
