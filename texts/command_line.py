"""What `--help` says of the command `finetune-bot`, its commands and their options."""

from texts.language import _


def command(name: str) -> str:
    """The first sentence also stands in the list of the commands. The program itself has no name."""
    return {
        "": _("A Slack bot with which a team fine-tunes language models together."),
        "run": _("Run the bot in your Slack workspace. The settings (docs/settings.md) name it."),
        "doctor": _(
            "Look for what keeps the bot from working. Settings, Slack, providers and store; nothing is changed there."
            "\n\n"
            "Exit code 0: nothing is wrong, 1: something is."
        ),
        "backup": _(
            "Copy the bot's store to a file. The bot may be running. Training files lie beside the store, in `files`."
            "\n\nThe file is the same from SQLite and from PostgreSQL, and can be restored to either."
        ),
        "restore": _(
            "Put the store back to a backup. The bot must be stopped; the store that was there is kept beside it.\n\n"
            "Jobs and notices that were under way are looked up before anything is done about them. On PostgreSQL, run "
            "it without a file where the database was put back from a dump, before the bot starts."
        ),
        "migrate-store": _(
            "Move the store to another database. From SQLite to PostgreSQL, or back; no bot may be running. Every row "
            "is compared; if anything goes wrong, nothing has moved.\n\n"
            "SOURCE and TARGET are each a folder (as FINETUNE_DATA) or the URL of a PostgreSQL database (as "
            "FINETUNE_DATABASE). Keep a password out of your shell's history: PGPASSWORD and ~/.pgpass are read, too."
        ),
        "workspaces": _("List the workspaces that it serves. With their state, the day, and by whom."),
        "rotate-keys": _(
            "Encrypt anew with the first key. That is, of FINETUNE_ENCRYPTION_KEYS; the others may then be taken out."
        ),
        "export-data": _("Write all that is kept into an archive. In open formats, of the workspace or of one person."),
        "retention": _(
            "Delete what is too old to be kept. FINETUNE_KEEP_…_DAYS say what is; the bot does so by itself every hour."
        ),
        "try": _("Try the bot on this machine. A local Slack workspace opens in the browser, with a real small model."),
        "check": _("Check a training file. Exit code 0: fine, 1: errors found, 2: cannot be read."),
        "prepare": _(
            "Repair a file, or convert a table. You choose what is done; the result is a new file.\n\n"
            "Exit code 0: the new file can be trained on, 1: not yet, or nothing was chosen, 2: cannot be read or "
            "written."
        ),
        "split": _(
            "Split off a validation file. NAME.training.jsonl and NAME.validation.jsonl are written beside the file."
            "\n\nExit code 0: done, 2: not."
        ),
        "rescue": _(
            "Save what you have at a provider. In a folder: training files, jobs, events, checkpoints, results and the "
            "list of models; nothing is changed there.\n\n"
            "Run it again to go on after it broke off, or to fetch what is new. OPENAI_API_KEY and OPENAI_BASE_URL "
            "name the provider, or --provider one of providers.toml.\n\n"
            "Exit code 0: everything is there, 1: something could not be had, 2: broken off."
        ),
        "start": _(
            "Train a model on a file in Slack. Name the channel that it was dropped into with --channel. The command "
            "says what the job would cost; with confirm=yes the job begins, and its card appears there.\n\n"
            "Without a file it takes the latest of the channel. The bot must be running."
        ),
        "checkpoints": _("List what a job saved on its way. The best first."),
        "events": _("Show what the provider told about a job."),
        "results": _("Print a job's results as CSV. A line for each step."),
        "jobs": _(
            "List jobs. The words filter and sort them as in Slack: model=…, file=…, state=…, last=7d, sort=loss, "
            "page=2, a channel's or a person's id."
        ),
        "status": _("Show where a job stands. Without one, all jobs that go on or wait."),
        "models": _("List base models and fine-tuned ones."),
        "retiring": _("List models that stop answering. The next first, with their days."),
        "unused": _("List what nobody has used for a while. Models and training files."),
        "deployments": _("List deployed models. With what they cost an hour."),
        "datasets": _("List training sets that grow in Slack."),
        "budget": _(
            "Show or set budgets. WHOSE is workspace, a channel's id (C…) or a "
            "person's (U…); USD is an amount, or off.\n\n"
            "`approval` says above which price a job needs approval."
        ),
        "audit": _("Show who did what, the latest first."),
        "erase": _(
            "Erase a person (their id, U…). Deletes what they wrote and uploaded; a pseudonym takes the place of their "
            "id. On a terminal it asks first, unless you add confirm=yes.\n\n"
            "Asked for again, it goes on where it was cut off."
        ),
        "approve": _("Approve a job that waits for approval. Also all of a sweep or move, by its id."),
        "decline": _("Decline a job that waits, and say why. Also all of a sweep or move, by its id."),
        "cancel": _("Stop a job for good. On a terminal it asks first, unless you add confirm=yes."),
        "pause": _("Stop a job for a while. Not every provider can."),
        "resume": _("Let a paused job go on."),
        "trainer": _(
            "Train and serve models yourself. A server of OpenAI's fine-tuning protocol for your own hardware, and its "
            "tools."
        ),
        "sandbox": _("Run a local Slack workspace by itself. For developing against it."),
    }[name]


def option(command: str, name: str) -> str:
    """Of a parameter of a command; of the program itself, whose name is empty, too."""
    own = {
        ("", "version"): _("Show the version and exit."),
        ("doctor", "as_json"): _("Print one JSON object."),
        ("doctor", "compare"): _(
            "Also try what the bot relies on with small cases, and say where a provider deviates from it. A small file "
            "is uploaded and deleted; nothing is trained, and nothing costs anything."
        ),
        ("doctor", "compare_in"): _(
            "Compare Slack, too, in this channel (its ID, C…). The bot must be in it; what is posted is deleted again."
        ),
        ("doctor", "paid"): _("Compare what costs something, too: two answers of a few tokens at each provider."),
        ("backup", "file"): _("The copy; it must not be there yet."),
        ("restore", "file"): _("A backup."),
        ("migrate-store", "source"): _("Where the store is. It stays there, too."),
        ("migrate-store", "target"): _("Where it goes: a database or folder with no store in it."),
        ("workspaces", "erase"): _(
            "Erase everything of this one (its id, T…): its store, its files, its tokens. Removing the app in Slack "
            "does the same."
        ),
        ("workspaces", "yes"): _("Do not ask first."),
        ("export-data", "out"): _("The archive; it must not be there yet."),
        ("export-data", "person"): _("Only what is kept of this person (their id, U…)."),
        ("retention", "dry_run"): _("Only say what would be deleted."),
        ("try", "data"): _("Folder for everything; a later start goes on from it."),
        ("try", "reset"): _("Start over: delete that folder first."),
        ("try", "host"): _("Address to listen on; 0.0.0.0 inside a container."),
        ("try", "port"): _("Port of the page."),
        ("try", "smoke"): _("Go through everything without a browser, with this training file."),
        ("check", "file"): _("A training file."),
        ("check", "model"): _("The base model that it is meant for."),
        ("check", "epochs"): _("Epochs, for the price; by default chosen by size."),
        ("check", "validation"): _("Its validation file: finds examples that stand in both."),
        ("check", "as_json"): _("Print one JSON object."),
        ("check", "deep"): _(
            "Also look for near-duplicates, contradictions, refusals, keys and personal data; by default yes, with "
            "--json no."
        ),
        ("check", "all_findings"): _("Write all findings kept (1,000 of each severity) there."),
        ("prepare", "file"): _("A training file, or a table: CSV, TSV, XLSX, JSON, Parquet."),
        ("prepare", "out"): _("The new file; by default NAME.repaired.jsonl."),
        ("prepare", "to"): _("Make every example one of chat, completion or preference."),
        ("prepare", "yes"): _("Do what is recommended, without asking."),
        ("prepare", "choose"): _("Do these repairs, without asking; their ids are shown."),
        ("prepare", "columns"): _("How to read a table: user=question,assistant=answer."),
        ("prepare", "validation"): _("Its validation file: what stands there is left out here."),
        ("prepare", "model"): _("The base model that it is meant for."),
        ("prepare", "force"): _("Overwrite the new file if it is there."),
        ("split", "file"): _("A training file."),
        ("split", "share"): _("The share of the examples that goes to the validation file."),
        ("split", "seed"): _("The same seed gives the same split."),
        ("split", "force"): _("Overwrite the new files if they are there."),
        ("rescue", "folder"): _("Where it is saved; new, empty, or of an earlier rescue."),
        ("rescue", "parallel"): _("Requests at a time."),
        ("rescue", "as_json"): _("Print one JSON object."),
        ("rescue", "into_bot"): _(
            "Ask no provider: give what lies in FOLDER to the bot, as made in this channel (its id, C…). The bot must "
            "be stopped."
        ),
        ("rescue", "provider"): _("A provider of providers.toml, by its name there."),
        ("rescue", "owner"): _("With --into-bot: whose it is (U…); by default the first of FINETUNE_ADMINS."),
        ("rescue", "everybody"): _("With --into-bot: let it be seen in all channels, not only in that one."),
    }
    return own.get((command, name)) or _option_as_in_slack(name)


def _option_as_in_slack(name: str) -> str:
    """Of a command that does what one of Slack's does."""
    return {
        "words": _("As after `/finetune` in Slack."),
        "channel": _(
            "The channel in Slack (its id, C…) in which it counts as asked. What was made in a private channel is "
            "shown only for that channel."
        ),
        "workspace": _("The workspace (its id, T…), where the bot serves many."),
        "as_json": _("Print one JSON object."),
    }[name]
