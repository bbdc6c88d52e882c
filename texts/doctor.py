"""What `finetune-bot doctor` says: a line for each thing that it has looked at, and what to do where one is not well.

A function marked with `@FOUND.sentence` says one kind of finding: its name is the code, its parameters are the
values, which come as they are.
"""

from collections.abc import Sequence

from bot.doctor.finding import Finding
from bot.errors import BotError
from texts import errors, starting
from texts.formats import duration, enumerated, file_size, first_of, sentences
from texts.language import _, plural
from texts.sentences import Sentences

FOUND = Sentences()


def sentence(finding: Finding) -> str:
    return FOUND[finding.code](**finding.values)


def heading(about: str, name: str | None) -> str:
    """`name`: the provider's."""
    if name is not None:
        return _("Provider {name}", name=name)
    return {"settings": _("The settings"), "slack": "Slack", "store": _("The store")}[about]


def asking() -> str:
    """While it does."""
    return _("Asking Slack and the providers …")


def conclusion(wrong: int, warnings: int) -> str:
    """How many there are of each."""
    if not wrong and not warnings:
        return _("Everything is well.")
    noted = plural("{count} warning", "{count} warnings", warnings)
    if not wrong:
        return _("Nothing is wrong: {warnings}.", warnings=noted)
    found = plural("{count} thing is wrong", "{count} things are wrong", wrong)
    return _("{wrong}; {warnings}.", wrong=found, warnings=noted) if warnings else _("{wrong}.", wrong=found)


# The settings


@FOUND.sentence
def settings(providers: Sequence[str]) -> str:
    return plural(
        "All that is needed is set, for {count} provider: {providers}.",
        "All that is needed is set, for {count} providers: {providers}.",
        len(providers),
        providers=enumerated(providers),
    )


@FOUND.sentence
def settings_wrong(error: BotError) -> str:
    return sentences(errors.sentence(error), _("Nobody was asked anything yet: run it again when that is put right."))


# Slack


@FOUND.sentence
def slack_refuses(error: BotError) -> str:
    return errors.sentence(error)


@FOUND.sentence
def bot_token(bot: str, team: str, team_id: str) -> str:
    return _("The bot's token is that of {bot} in {team} ({team_id}).", bot=bot, team=team, team_id=team_id)


@FOUND.sentence
def scopes(count: int) -> str:
    return plural("The app has the one scope that it needs.", "The app has all {count} scopes that it needs.", count)


@FOUND.sentence
def scopes_missing(scopes: Sequence[str]) -> str:
    missing = plural(
        "The app lacks a scope: {scopes}.", "The app lacks scopes: {scopes}.", len(scopes), scopes=enumerated(scopes)
    )
    how = _("Add what is missing under {page}, then install the app again.", page="OAuth & Permissions")
    return sentences(missing, how)


@FOUND.sentence
def scopes_not_told() -> str:
    return _("Slack does not say which scopes the app has.")


@FOUND.sentence
def scopes_not_needed(scopes: Sequence[str]) -> str:
    return _(
        "The app may do more than the bot needs: {scopes}. If nothing else uses the app, take that away.",
        scopes=enumerated(scopes),
    )


@FOUND.sentence
def clock() -> str:
    return _("This machine's clock agrees with Slack's.")


@FOUND.sentence
def clock_off(seconds: int, ahead: bool) -> str:
    """`ahead`: this machine's clock, of Slack's."""
    off = duration(seconds)
    is_off = (
        _("This machine's clock is {duration} ahead of Slack's.", duration=off)
        if ahead
        else _("This machine's clock is {duration} behind Slack's.", duration=off)
    )
    return sentences(is_off, _("Let the machine set its clock by the network (NTP)."))


@FOUND.sentence
def over_http(port: str) -> str:
    return _(
        "There is no app token, so the bot listens for Slack's requests on port {port}. Whether they arrive, only "
        "Slack can tell: see the app's request URLs.",
        port=port,
    )


@FOUND.sentence
def no_socket(error: BotError) -> str:
    return sentences(_("No connection for events (Socket Mode) came about."), errors.sentence(error))


@FOUND.sentence
def no_connection() -> str:
    return _("A connection for events opens, and nobody else is connected.")


@FOUND.sentence
def bot_connected() -> str:
    return _("A connection for events opens, and beside it only the bot that runs here is connected.")


@FOUND.sentence
def bot_not_connected() -> str:
    return _(
        "The bot that runs here is not connected: it is just connecting again, or was started with another app's "
        "token. Run this again in a minute; then start the bot again."
    )


@FOUND.sentence
def other_connections(count: int) -> str:
    found = plural(
        "{count} other connection with the same tokens is open: it takes a part of what people send to the bot.",
        "{count} other connections with the same tokens are open: they take a part of what people send to the bot.",
        count,
    )
    return sentences(
        found,
        _(
            "Find the forgotten process (another machine, a container, somebody's terminal) and stop it, or revoke the "
            "app-level token and make a new one."
        ),
    )


@FOUND.sentence
def tokens_of_two_apps(bot: str, app: str) -> str:
    """The ids of the apps."""
    return _(
        "SLACK_BOT_TOKEN is that of app {bot}, SLACK_APP_TOKEN that of app {app}: the bot would not hear what is said "
        "to it. Take both from the same app.",
        bot=bot,
        app=app,
    )


@FOUND.sentence
def notices_channel(channel: str) -> str:
    return _("The bot is in #{channel}, where it tells of jobs that end.", channel=channel)


@FOUND.sentence
def not_in_notices_channel(channel: str) -> str:
    return _(
        "The bot is not in #{channel}, where it should tell of jobs that end (`FINETUNE_NOTICES_CHANNEL`). Invite it "
        "there.",
        channel=channel,
    )


@FOUND.sentence
def notices_channel_archived(channel: str) -> str:
    return _("#{channel} is archived. Choose another channel for `FINETUNE_NOTICES_CHANNEL`.", channel=channel)


@FOUND.sentence
def notices_channel_unknown(channel: str, code: str) -> str:
    """`code`: Slack's error."""
    return _(
        "Slack does not show the channel {channel} of `FINETUNE_NOTICES_CHANNEL` ({code}). Check its id, and invite "
        "the bot there if it is private.",
        channel=channel,
        code=code,
    )


@FOUND.sentence
def people(count: int) -> str:
    """Of the settings, with the user groups."""
    return plural(
        "Slack knows the one whom the settings give a role.",
        "Slack knows all {count} whom the settings give a role.",
        count,
    )


@FOUND.sentence
def people_unknown(people: Sequence[str]) -> str:
    return _(
        "The settings give a role to whom Slack does not know, or not any more: {people}. Check `FINETUNE_ADMINS`, "
        "`FINETUNE_APPROVERS` and `FINETUNE_MEMBERS`.",
        people=enumerated(people),
    )


# A provider


@FOUND.sentence
def answers(models: int, seconds: float) -> str:
    return plural(
        "The key is accepted; {count} model is listed, in {seconds} s.",
        "The key is accepted; {count} models are listed, in {seconds} s.",
        models,
        seconds=f"{seconds:.2f}",
    )


@FOUND.sentence
def answers_slowly(models: int, seconds: float) -> str:
    return sentences(
        answers(models, seconds),
        _("That is slow: Slack waits three seconds for a window. Look at the network in between, or at the server."),
    )


@FOUND.sentence
def key_refused(error: BotError) -> str:
    return _(
        "The key is not accepted: {why} Check `OPENAI_API_KEY`, or what `key_env` or `key_file` in providers.toml "
        "names.",
        why=errors.sentence(error),
    )


@FOUND.sentence
def not_the_protocol(address: str | None, status: int | None) -> str:
    """`address`: None for the vendor's usual one; `status`: None for an answer that cannot be understood."""
    why = _("its answer is something else") if status is None else _("status {status}", status=str(status))
    return _(
        "What answers at {address} is not OpenAI's protocol ({why}). Check `OPENAI_BASE_URL`, or `base_url` in "
        "providers.toml; it usually ends in /v1.",
        address=address or starting.usual_address(),
        why=why,
    )


@FOUND.sentence
def no_answer(error: BotError) -> str:
    return sentences(errors.sentence(error), _("The bot starts all the same, and keeps trying."))


@FOUND.sentence
def base_models(models: Sequence[str]) -> str:
    return plural(
        "{count} base model is on offer for training: {models}.",
        "{count} base models are on offer for training: {models}.",
        len(models),
        models=first_of(models),
    )


@FOUND.sentence
def no_base_models() -> str:
    return _(
        "None of its models is known to be trainable, so no job can be started there. Name those that are: "
        "`FINETUNE_MODELS`, or `models` in providers.toml."
    )


@FOUND.sentence
def models_not_listed(models: Sequence[str]) -> str:
    return _(
        "The settings offer what it does not list: {models}. Check how that is written there.",
        models=enumerated(models),
    )


@FOUND.sentence
def training_ended(models: Sequence[str]) -> str:
    return _(
        "The settings offer what can be trained no more: {models}. Take that out of them.", models=enumerated(models)
    )


@FOUND.sentence
def default_not_offered(model: str) -> str:
    return _(
        "The default model {model} is none of those on offer. Check `FINETUNE_DEFAULT_MODEL`, or `default_model` in "
        "providers.toml.",
        model=model,
    )


@FOUND.sentence
def fine_tuned_models(count: int) -> str:
    return plural("{count} fine-tuned model is listed.", "{count} fine-tuned models are listed.", count)


@FOUND.sentence
def embeddings(model: str) -> str:
    return _("The grader `cosine` works, with {model}.", model=model)


@FOUND.sentence
def no_embeddings() -> str:
    return _("No model for embeddings is set, so the grader `cosine` does not work there.")


@FOUND.sentence
def embeddings_not_listed(model: str) -> str:
    return _(
        "The model for embeddings, {model}, is not listed, so the grader `cosine` may not work there. Check "
        "`FINETUNE_EMBEDDING_MODEL`, or `embedding_model` in providers.toml.",
        model=model,
    )


@FOUND.sentence
def trainer() -> str:
    return _("All parts of the trainer are at work.")


@FOUND.sentence
def trainer_in_trouble(parts: Sequence[str]) -> str:
    """`parts`: as the trainer calls them."""
    return _(
        "Parts of the trainer fail, and are tried again and again: {parts}. Its log says why.", parts=enumerated(parts)
    )


@FOUND.sentence
def files(count: int, more: bool) -> str:
    """`more`: these are the first of them."""
    if more:
        return plural("More than {count} file is there.", "More than {count} files are there.", count)
    return plural("{count} file is there.", "{count} files are there.", count)


@FOUND.sentence
def files_refused(error: BotError) -> str:
    return _("It does not list files: {why} Check what the key may do.", why=errors.sentence(error))


@FOUND.sentence
def jobs(count: int, more: bool) -> str:
    """`more`: these are the first of them."""
    if more:
        return plural("More than {count} job is there.", "More than {count} jobs are there.", count)
    return plural("{count} job is there.", "{count} jobs are there.", count)


@FOUND.sentence
def jobs_refused(error: BotError) -> str:
    return _("It does not list jobs: {why} Check what the key may do.", why=errors.sentence(error))


@FOUND.sentence
def job(job: str, events: int, figures: int, checkpoints: int) -> str:
    told = enumerated(
        [
            plural("{count} event", "{count} events", events),
            plural("{count} with figures", "{count} with figures", figures),
            plural("{count} checkpoint", "{count} checkpoints", checkpoints),
        ]
    )
    silent = None if figures else _("So cards of its jobs have no chart.")
    return sentences(_("Of the latest job ({job}) it tells: {told}.", job=job, told=told), silent)


@FOUND.sentence
def job_refused(job: str, error: BotError) -> str:
    return _(
        "It does not tell the events and checkpoints of the latest job ({job}): {why}",
        job=job,
        why=errors.sentence(error),
    )


@FOUND.sentence
def keeps_metadata() -> str:
    return _("It keeps metadata, which the bot does not send there. `metadata = true` in providers.toml changes that.")


@FOUND.sentence
def keeps_no_metadata() -> str:
    return _(
        "None of its jobs has metadata, so the bot would not know its own by them. `metadata = false` in "
        "providers.toml lets it know them by file, model, seed and time."
    )


@FOUND.sentence
def pauses() -> str:
    return _("It pauses jobs, which the bot does not offer there. `pause = true` in providers.toml changes that.")


@FOUND.sentence
def reports_to_wandb() -> str:
    return _(
        "It reports to {service}, which the bot does not offer there. `wandb = true` in providers.toml changes that.",
        service="Weights & Biases",
    )


@FOUND.sentence
def has_methods(methods: Sequence[str]) -> str:
    return _(
        "It trains by methods that the bot does not offer there: {methods}. `methods` in providers.toml changes that.",
        methods=enumerated(methods),
    )


# The store


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
def bot_runs(folder: object) -> str:
    return _("A bot works in {folder} now.", folder=folder)


@FOUND.sentence
def bot_does_not_run(folder: object) -> str:
    return _("No bot works in {folder} now.", folder=folder)
