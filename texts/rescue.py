"""What `finetune-bot rescue` says in the terminal. Values come as they are."""

from texts.language import _, plural


def reading(address: str) -> str:
    return _("Reading what there is at {address} …", address=address)


def saving() -> str:
    return _("Saving")


def found(jobs: int, files: int, results: int, models: int) -> list[str]:
    """What is saved, by kind."""
    return [
        plural("{count} job", "{count} jobs", jobs),
        plural("{count} file", "{count} files", files),
        plural("{count} file of results", "{count} files of results", results),
        plural("{count} model", "{count} models", models),
    ]


def saved_all(folder: str, what: str, size: str) -> str:
    """`what`: the list of what is saved."""
    return _("All of it is in {folder}: {what} ({size}).", folder=folder, what=what, size=size)


def saved_most(folder: str, what: str, size: str) -> str:
    """`what`: the list of what is saved."""
    return _("In {folder}: {what} ({size}).", folder=folder, what=what, size=size)


def took(written: int, requests: int, duration: str) -> str:
    """`written`: how many objects were fetched now."""
    fetched = plural("{count} object fetched", "{count} objects fetched", written)
    asked = plural("{count} request", "{count} requests", requests)
    return _("{fetched}, {asked}, {duration}", fetched=fetched, asked=asked, duration=duration)


def could_not_be_had(count: int) -> str:
    return plural("{count} thing could not be had:", "{count} things could not be had:", count)


def missing(kind: str, id: str, name: str | None, why: str) -> str:
    """A line of that list. `kind` as in the manifest; `name`: a file's."""
    what = {
        "file": _("file {id}", id=id),
        "results": _("results {id}", id=id),
        "events": _("events of {id}", id=id),
        "checkpoints": _("checkpoints of {id}", id=id),
    }[kind]
    if name:
        return _("{what} ({name}): {why}", what=what, name=name, why=why)
    return _("{what}: {why}", what=what, why=why)


def gone() -> str:
    return _("It was deleted at the provider, or has expired there.")


def refused(status: int, said: str) -> str:
    """`said`: in the provider's words."""
    return _("The provider answered {status}: {said}", status=str(status), said=said)


def and_more(count: int) -> str:
    return plural("… and {count} more", "… and {count} more", count)


def all_stand_in(file: str) -> str:
    return _("All of them stand in {file}.", file=file)


def try_again() -> str:
    return _("Run the same command again for what the provider had only trouble with.")


def no_such_provider(name: str, names: str) -> str:
    """`names`: those that there are."""
    return _("No provider is called {name}. There are: {names}.", name=name, names=names)


def stopped() -> str:
    return _("Stopped.")


def goes_on(folder: str) -> str:
    """Behind why it broke off."""
    return _("What is saved stays in {folder}: run the same command again, and it goes on from there.", folder=folder)


# --into-bot


def taken_in(jobs: int, datasets: int, channel: str) -> str:
    what = plural("{count} job", "{count} jobs", jobs)
    files = plural("{count} training or validation file", "{count} training or validation files", datasets)
    return _("The bot has {what} and {files} more now, in channel {channel}.", what=what, files=files, channel=channel)


def known_before(jobs: int) -> str:
    return plural("{count} job it had already.", "{count} jobs it had already.", jobs)


def not_usable(files: str) -> str:
    """`files`: their names."""
    return _("These files it could not take in: {files}. `finetune-bot check` says why.", files=files)


def no_channel(word: str) -> str:
    return _(
        "{word} is no id of a channel. It stands at the end of the channel's details in Slack, and begins with C.",
        word=word,
    )


def no_owner() -> str:
    return _("Whose shall it be? Name a person with --owner (U…, the member ID of their profile).")
