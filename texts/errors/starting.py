"""Starting the bot, and its store."""

from collections.abc import Sequence

from bot.errors import UnusableSetting
from texts import settings
from texts.errors.table import ERRORS
from texts.formats import enumerated, sentences
from texts.language import _, plural


@ERRORS.sentence
def store_trouble(trouble: str) -> str:
    why = {
        "locked": _("another program holds it locked"),
        "readonly": _("it is read-only"),
        "full": _("the disk is full"),
        "io": _("the disk does not do its work"),
        "cannot_open": _("its file cannot be opened"),
        "away": _("the database does not answer"),
        "taken_over": _("another bot has taken it over"),
    }
    if trouble == "in_doubt":
        return _(
            "The connection to my store broke just as something was stored, and I do not know whether it was. Look "
            "before you try again."
        )
    return _("My store cannot be used: {why}. Nothing was changed; try again in a while.", why=why[trouble])


@ERRORS.sentence
def settings_unusable(problems: Sequence[UnusableSetting]) -> str:
    return sentences(_("A setting cannot be used."), *(settings.unusable(*problem) for problem in problems))


@ERRORS.sentence
def env_unreadable(why: object) -> str:
    return settings.env_unreadable(why)


@ERRORS.sentence
def providers_unusable(file: object, problems: Sequence[UnusableSetting]) -> str:
    return sentences(
        _("The providers in {file} cannot be used.", file=file), *(settings.unusable(*problem) for problem in problems)
    )


@ERRORS.sentence
def providers_no_toml(file: object, line: str) -> str:
    """`line`: where; "" where that is not known."""
    if line:
        return _("{file} is no TOML: look at line {line}.", file=file, line=line)
    return _("{file} is no TOML.", file=file)


@ERRORS.sentence
def providers_unreadable(file: object, why: object) -> str:
    return _(
        "The file {file} cannot be read: {why}. `FINETUNE_PROVIDERS` names it; without it there is one provider, that "
        "of `OPENAI_API_KEY`.",
        file=file,
        why=why,
    )


@ERRORS.sentence
def no_workspace_id(word: str) -> str:
    return _("{word} is no ID of a workspace (T…). `finetune-bot workspaces` lists them.", word=word)


@ERRORS.sentence
def unknown_workspace(team: str) -> str:
    return _("The app is not installed in {team}. `finetune-bot workspaces` lists where it is.", team=team)


@ERRORS.sentence
def encryption_keys_unreadable(file: object, why: object) -> str:
    return _("The encryption keys in {file} cannot be read: {why}.", file=file, why=why)


@ERRORS.sentence
def encryption_keys_unusable(number: int) -> str:
    return _(
        "Encryption key {number} is no key: each is 32 bytes in Base64. `openssl rand -base64 32` makes one; "
        "`FINETUNE_ENCRYPTION_KEYS` or the file of `FINETUNE_ENCRYPTION_KEYS_FILE` holds them.",
        number=number,
    )


@ERRORS.sentence
def no_keys_for_files() -> str:
    return _(
        "`FINETUNE_ENCRYPT_FILES` needs a key. Make one with `openssl rand -base64 32`, put it into "
        "`FINETUNE_ENCRYPTION_KEYS`, and keep a copy elsewhere: without it nobody can read the files again."
    )


@ERRORS.sentence
def files_without_key(count: int, folder: object, keys: Sequence[str]) -> str:
    """`keys`: the ids of those that are missing."""
    return sentences(
        plural(
            "{count} training file in {folder} was encrypted with a key that is not in `FINETUNE_ENCRYPTION_KEYS` or "
            "its file ({keys}).",
            "{count} training files in {folder} were encrypted with a key that is not in `FINETUNE_ENCRYPTION_KEYS` or "
            "its file ({keys}).",
            count,
            folder=folder,
            keys=enumerated(keys),
        ),
        _(
            "Add that key again, behind the others, and start again. If it is lost, move those files (`*.sealed`) out "
            "of the folder: they can be dropped again from Slack."
        ),
    )


@ERRORS.sentence
def key_missing(key: str) -> str:
    return _(
        "Something here was encrypted with key {key}, which is not among those of `FINETUNE_ENCRYPTION_KEYS`. Add that "
        "key again, behind the others; without it this cannot be read.",
        key=key,
    )


@ERRORS.sentence
def sealed_damaged() -> str:
    return _("Something encrypted was damaged or changed since, and cannot be read.")


@ERRORS.sentence
def folder_in_use(folder: object) -> str:
    return _(
        "Another finetune-bot is working in {folder}. Stop it first, or give this one its own folder "
        "(`FINETUNE_DATA`).",
        folder=folder,
    )


@ERRORS.sentence
def folder_not_written(folder: object, why: object) -> str:
    return _("The folder {folder} cannot be written: {why}.", folder=folder, why=why)


@ERRORS.sentence
def no_psycopg() -> str:
    return _(
        "The library for PostgreSQL is not installed. Install it with `pip install -c constraints.txt -e "
        '".[postgres]"`, or take `FINETUNE_DATABASE` out.'
    )


@ERRORS.sentence
def database_url_unusable() -> str:
    return _(
        "The URL of the PostgreSQL database (`FINETUNE_DATABASE`) cannot be read. It should look like this: "
        "`postgresql://USER:PASSWORD@HOST/DATABASE`, with `%`-escapes for special characters in the password."
    )


@ERRORS.sentence
def no_backup_named() -> str:
    return _("Name the backup: `finetune-bot restore FILE`.")


@ERRORS.sentence
def database_unusable(where: str, why: str) -> str:
    """`where`: host and database; `why`: in PostgreSQL's words."""
    return _("The PostgreSQL database {where} cannot be used: {why}.", where=where, why=why.rstrip("."))


@ERRORS.sentence
def database_in_use(where: str) -> str:
    return _("Another finetune-bot is working in the PostgreSQL database {where}. Stop it first.", where=where)


@ERRORS.sentence
def database_of_another_app() -> str:
    return _(
        "A bot of another Slack app is working in this PostgreSQL database. Stop it first, or give this one a database "
        "of its own (`FINETUNE_DATABASE`)."
    )


@ERRORS.sentence
def folder_not_shared(folder: object) -> str:
    return _(
        "Another bot works in the same PostgreSQL database, but not in {folder}. Bots that share a database share that "
        "folder, too (`FINETUNE_DATA`): put it on a volume that all of them use.",
        folder=folder,
    )


@ERRORS.sentence
def database_too_old(where: str, version: str, oldest: int) -> str:
    return _(
        "The PostgreSQL server of {where} is version {version}; {oldest} or later is needed.",
        where=where,
        version=version,
        oldest=oldest,
    )


@ERRORS.sentence
def store_unusable(file: object, why: object) -> str:
    return _(
        "The store {file} cannot be used: {why}. If it is damaged, put it aside (or back from a backup) and start "
        "again.",
        file=file,
        why=why,
    )


@ERRORS.sentence
def no_store(folder: object) -> str:
    return _("There is no store in {folder}. `FINETUNE_DATA` says which folder it is in.", folder=folder)


@ERRORS.sentence
def no_store_to_move(where: str) -> str:
    """`where`: a folder, or host and database."""
    return _("There is no store of a finetune-bot in {where}.", where=where)


@ERRORS.sentence
def database_of_other_version(where: str) -> str:
    return _(
        "The store in {where} is of another version of finetune-bot than this program. Use the version of the bot that "
        "works in it, or start this one once: that brings it up to date.",
        where=where,
    )


@ERRORS.sentence
def store_not_empty(where: str) -> str:
    return _(
        "There is a store in {where} already, and nothing is mixed with it. Name an empty database, or a new folder.",
        where=where,
    )


@ERRORS.sentence
def store_not_copied(table: str) -> str:
    """`table`: its name."""
    return _(
        "What arrived in the table `{table}` is not what was sent, so nothing of it was kept. Everything is as it was; "
        "please report this.",
        table=table,
    )


@ERRORS.sentence
def backup_exists(file: object) -> str:
    return _("{file} is there already, and a backup overwrites nothing. Choose another name.", file=file)


@ERRORS.sentence
def backup_not_written(file: object, why: object) -> str:
    return _("The backup could not be written to {file}: {why}.", file=file, why=why)


@ERRORS.sentence
def export_exists(file: object) -> str:
    return _("{file} is there already, and an export overwrites nothing. Choose another name.", file=file)


@ERRORS.sentence
def not_exported(file: object, why: object) -> str:
    return _(
        "The archive could not be written to {file}: {why}. Where the store is of another version, start the bot once.",
        file=file,
        why=why,
    )


@ERRORS.sentence
def no_such_person(word: str) -> str:
    return _("{word} is no id of a person. In Slack, their profile has it: ⋮, Copy member ID (U…).", word=word)


@ERRORS.sentence
def no_file(file: object) -> str:
    return _("There is no file {file}.", file=file)


@ERRORS.sentence
def stop_first(folder: object) -> str:
    return _("A finetune-bot is working in {folder}. Stop it first.", folder=folder)


@ERRORS.sentence
def not_restored(file: object, why: object) -> str:
    return _("{file} could not be restored: {why}. The store is as it was.", file=file, why=why)


@ERRORS.sentence
def no_backup(file: object) -> str:
    return _("{file} is no backup of a finetune-bot.", file=file)


@ERRORS.sentence
def backup_too_new(file: object) -> str:
    return _("{file} is the backup of a newer version. Install that one, then restore.", file=file)


@ERRORS.sentence
def rescue_folder_of_others(folder: object) -> str:
    return _("{folder} holds other things, so I do not write into it. Name an empty or new folder.", folder=folder)


@ERRORS.sentence
def rescue_folder_in_use(folder: object) -> str:
    return _("Another `finetune-bot rescue` is working in {folder}. Wait for it, or stop it.", folder=folder)


@ERRORS.sentence
def rescue_of_another(folder: object, there: str, here: str) -> str:
    return _(
        "{folder} holds what {there} had, and this is {here}. Name another folder for it.",
        folder=folder,
        there=there,
        here=here,
    )


@ERRORS.sentence
def rescue_manifest_unreadable(file: object, why: object) -> str:
    return _(
        "{file} cannot be read: {why}. Move it away, with its folder, and save everything anew.", file=file, why=why
    )


@ERRORS.sentence
def no_rescue(folder: object) -> str:
    return _("Nothing was saved in {folder} yet. Run `finetune-bot rescue` first.", folder=folder)
