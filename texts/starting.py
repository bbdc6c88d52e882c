"""What the program says while it starts, and why it cannot: of `run`, `try`, `backup`, `restore` and `migrate-store`.

Values come as they are.
"""

from typing import Final

from texts.language import _, plural

_TOKEN_PAGE: Final = "OAuth & Permissions"

# Any command


def extra_needed(command: str, extra: str, missing: str) -> str:
    return _(
        "`{command}` needs the extra {extra} ({missing} missing). Install it with: {how}",
        command=command,
        extra=f"[{extra}]",
        missing=missing,
        how=f'pip install -c constraints.txt -e ".[{extra}]"',
    )


# run: tokens and keys


def tokens_swapped() -> str:
    return _(
        "SLACK_BOT_TOKEN and SLACK_APP_TOKEN are swapped: the bot's token begins with xoxb-, the app's with xapp-."
    )


def no_bot_token() -> str:
    return _(
        "SLACK_BOT_TOKEN is missing. Put the bot's token (xoxb-…, from {page} of your Slack app) into the environment "
        "or a file .env. To try the bot without Slack: finetune-bot try.",
        page=_TOKEN_PAGE,
    )


def wrong_bot_token(kind: str) -> str:
    """`kind`: what it is, by `token_kind`."""
    return _(
        "SLACK_BOT_TOKEN is {kind}. The bot's token begins with xoxb- and stands under {page}.",
        kind=kind,
        page=_TOKEN_PAGE,
    )


def no_app_token() -> str:
    return _(
        "SLACK_APP_TOKEN is missing. Create an app-level token (xapp-…, scope connections:write) under Basic "
        "Information, or set SLACK_SIGNING_SECRET to receive Slack's requests over HTTP."
    )


def wrong_app_token(kind: str) -> str:
    return _(
        "SLACK_APP_TOKEN is {kind}. The app-level token begins with xapp- and stands under Basic Information.",
        kind=kind,
    )


def tracker_not_installed(setting: str, package: str) -> str:
    return _(
        '{setting} needs the package {package}, which is not installed: `pip install -e ".[tracking]"`.',
        setting=setting,
        package=package,
    )


def telemetry_not_installed() -> str:
    return _(
        "OTEL_EXPORTER_OTLP_ENDPOINT needs the packages for traces, which are not installed: "
        '`pip install -e ".[telemetry]"`.'
    )


def no_wandb_key() -> str:
    return _(
        "FINETUNE_WANDB_PROJECT needs WANDB_API_KEY, the key of your account at {service}, or WANDB_MODE=offline.",
        service="Weights & Biases",
    )


def no_provider_key() -> str:
    return _(
        "OPENAI_API_KEY is missing. Put the provider's key into the environment or a file .env; for your own trainer, "
        "the key that `finetune-bot trainer keys create` prints."
    )


def token_in_the_wrong_place(setting: str, kind: str) -> str:
    return _(
        "{setting} holds {kind} of Slack's. Put that into its own setting, and the right one here.",
        setting=setting,
        kind=kind,
    )


def token_kind(prefix: str | None) -> str:
    """By how a token begins, None for none of Slack's."""
    return {
        "xoxb-": _("a bot's token"),
        "xapp-": _("an app-level token"),
        "xoxp-": _("a person's token"),
        "xoxe-": _("a refresh token"),
        "xwfp-": _("a workflow's token"),
    }.get(prefix or "") or _("no token of Slack's")


# run: Slack and the provider are asked


def persons_token() -> str:
    return _(
        "SLACK_BOT_TOKEN cannot be used. It is a person's token (xoxp-…); the bot's begins with xoxb- and stands under "
        "{page}.",
        page=_TOKEN_PAGE,
    )


def not_slacks_api(address: str) -> str:
    return _(
        "{address} does not answer as Slack's Web API does. Check SLACK_API_URL; if it is right, try again in a "
        "minute.",
        address=address,
    )


def slack_asks_to_wait() -> str:
    return _("Slack asks to wait (too many starts). Start again in a minute.")


def token_refused(setting: str, code: str, scope: str) -> str:
    """`code`: Slack's error; `scope`: the one that is missing, where that is the error."""
    why = {
        "invalid_auth": _("Slack does not accept it: it is wrong, or of another kind."),
        "not_allowed_token_type": _("It is a token of another kind."),
        "account_inactive": _("The app was removed from the workspace; install it again."),
        "token_revoked": _("It was revoked; install the app again and take the new one."),
        "token_expired": _("It has expired; take a new one."),
        "missing_scope": _("It lacks the scope {scope}.", scope=scope),
    }.get(code) or _("Slack answered: {code}.", code=code)
    return _("{setting} cannot be used. {why}", setting=setting, why=why)


def slack_unreachable(why: str, *, usual_address: bool) -> str:
    if usual_address:
        return _("Slack cannot be reached. {why} Check the network.", why=why)
    return _("Slack cannot be reached. {why} Check the network, and SLACK_API_URL.", why=why)


def key_refused(provider: str, said: str) -> str:
    return _("OPENAI_API_KEY cannot be used: {provider} answered: {said}", provider=provider, said=said)


def not_the_protocol(provider: str, address: str, status: int | None) -> str:
    """`status`: that of its answer; None for an answer that cannot be understood."""
    why = _("its answer is something else") if status is None else _("status {status}", status=str(status))
    return _(
        "{provider} does not speak OpenAI's protocol at {address} ({why}). Check OPENAI_BASE_URL; it usually ends in "
        "/v1.",
        provider=provider,
        address=address,
        why=why,
    )


def usual_address() -> str:
    """Of a provider whose address nobody has set."""
    return _("its usual address")


def port_taken(port: str, host: str, why: str, settings: str) -> str:
    """`settings`: what the names of those of port and host begin with."""
    return _(
        "I cannot listen on port {port} of {host}: {why}. Set {settings}_PORT to a free one (and {settings}_HOST to an "
        "address of this machine), or stop the other program.",
        port=port,
        host=host,
        why=why,
        settings=settings,
    )


def taken_by_another() -> str:
    return _("it is taken by another program")


def unknown_log_level(level: str) -> str:
    return _("FINETUNE_LOG_LEVEL is {level}; it must be DEBUG, INFO, WARNING or ERROR.", level=level)


# try


def folder_of_others(folder: str) -> str:
    return _(
        "{folder} holds other things, so I do not write into it. Name an empty or new folder with --data.",
        folder=folder,
    )


def tried_already(folder: str) -> str:
    return _(
        "Another `finetune-bot try` is working in {folder}. Stop it first, or name another folder with --data.",
        folder=folder,
    )


def disk_full(folder: str, free: str, needed: str) -> str:
    """Sizes with their unit."""
    return _(
        "Only {free} are free on the disk of {folder}; trying the bot takes about {needed}. Make room, or name another "
        "folder with --data.",
        free=free,
        folder=folder,
        needed=needed,
    )


def page_port_taken(port: str, host: str, why: str) -> str:
    return _(
        "Port {port} on {host} cannot be used ({why}). Another `finetune-bot try` may be running; or choose another "
        "port with --port.",
        port=port,
        host=host,
        why=why,
    )


def model_not_fetched(model: str) -> str:
    return _("The base model {model} could not be fetched; the reason stands above.", model=model)


def starting(process: str) -> str:
    return {
        "trainer": _("Starting the trainer …"),
        "sandbox": _("Starting the workspace …"),
        "bot": _("Starting the bot …"),
    }[process]


def _process(name: str) -> str:
    return {"trainer": _("trainer"), "sandbox": _("workspace"), "bot": _("bot")}.get(name, name)


def stopping() -> str:
    return _("Stopping …")


def stopped(folder: str) -> str:
    return _("Stopped. Everything is kept in {folder}", folder=folder)


def open_page(page: str) -> str:
    return _("Open  {page}", page=page)


def what_to_do(start_button: str) -> str:
    return _(
        "You are in a workspace with the bot. Choose a sample file below the message box, read the report, press "
        "{start_button}, and talk to your model.",
        start_button=start_button,
    )


def model_row(model: str) -> tuple[str, str]:
    return _("Model"), _("{model}, trained on this machine", model=model)


def state_label() -> str:
    """Of the folder that everything is kept in."""
    return _("State")


def logs_label() -> str:
    return _("Logs")


def how_to_stop() -> str:
    return _("Ctrl-C stops everything; the next start goes on from here.")


def process_stopped(name: str, last_words: str) -> str:
    return _("The {name} has stopped. {last_words}", name=_process(name), last_words=last_words)


def stays_away(times: int) -> str:
    return plural(
        "It has stopped {count} time, so it stays away. The rest goes on; Ctrl-C stops it.",
        "It has stopped {count} times, so it stays away. The rest goes on; Ctrl-C stops it.",
        times,
    )


def process_is_back(name: str) -> str:
    return _("The {name} is back.", name=_process(name))


def nothing_runs() -> str:
    return _("Nothing is left that runs.")


def stopped_before_ready(name: str, last_words: str) -> str:
    return _("The {name} stopped before it was ready. {last_words}", name=_process(name), last_words=last_words)


def not_ready_in_time(name: str, seconds: str, last_words: str) -> str:
    return _(
        "The {name} was not ready within {seconds} s. {last_words}",
        name=_process(name),
        seconds=seconds,
        last_words=last_words,
    )


def its_log(log: str) -> str:
    return _("Its log is {log}.", log=log)


def it_said(words: str, log: str) -> str:
    """`log`: the sentence that names it."""
    return _("It said: {words} {log}", words=words, log=log)


# backup and restore


def store_replaced(folder: str, file: str) -> str:
    return _("The store in {folder} is {file} now.", folder=folder, file=file)


def store_taken_for_restored() -> str:
    return _(
        "The database counts as restored: what was under way is looked up before anything is done about it. Start the "
        "bot."
    )


def store_kept(file: str) -> str:
    return _("What was there: {file}", file=file)


def store_kept_in_schema(schema: str) -> str:
    return _("What was there: in the schema `{schema}` of that database.", schema=schema)


def store_moved(rows: int, tables: int) -> str:
    return plural(
        "Moved and compared: {count} row in {tables} tables.",
        "Moved and compared: {count} rows in {tables} tables.",
        rows,
        tables=tables,
    )


def store_moved_next() -> str:
    return _(
        "Now set `FINETUNE_DATABASE` to the new database, or take it out for the new folder, and start the bot. "
        "Training files have not moved: they stay in `files` in `FINETUNE_DATA`."
    )
