"""The training files that the provider has. Buttons and dialogs of Slack take plain text."""

from texts.language import _, plural


def none_there(provider: str) -> str:
    return _("{provider} has no training files that you may see.", provider=provider)


def heading(count: int, provider: str, size: str) -> str:
    return plural(
        "{count} training file at {provider}, {size} together",
        "{count} training files at {provider}, {size} together",
        count,
        provider=provider,
        size=size,
    )


def used_by(jobs: str) -> str:
    """`jobs`: a list of their ids."""
    return _("used by {jobs}", jobs=jobs)


def used_by_a_job() -> str:
    return _("used by a job")


def newer() -> str:
    return _("Newer")


def older() -> str:
    return _("Older")


def page(number: int, pages: int) -> str:
    return _("Page {number} of {pages}", number=number, pages=pages)


def how_to_train() -> str:
    return _("`/finetune start file-…` trains on one of them.")


def delete_button() -> str:
    return _("Delete")


def delete_question(name: str) -> tuple[str, str, str, str]:
    """Heading, what happens, yes and no."""
    return (
        _("Delete {name}?", name=name),
        _("The provider's file goes; my copy and models trained on it stay. Starting a job on it uploads it again."),
        _("Delete"),
        _("Keep it"),
    )


def delete_unused_button(count: int) -> str:
    return _("Delete all {count} unused", count=count)


def delete_unused_question(count: int, provider: str) -> tuple[str, str, str, str]:
    """Heading, what happens, yes and no."""
    return (
        plural("Delete {count} file?", "Delete {count} files?", count),
        _(
            "This deletes all training files at {provider} that no job uses, also those that others uploaded there. My "
            "copies and models trained on them stay.",
            provider=provider,
        ),
        _("Delete them"),
        _("Keep them"),
    )
