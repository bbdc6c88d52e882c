"""The pages that somebody sees who installs the app in their workspace, and what the terminal says of workspaces."""

from texts.language import _, plural


def install_title() -> str:
    return _("Install Finetune Bot")


def install_offer() -> str:
    return _(
        "Fine-tune language models together, right in Slack. Slack asks you next which workspace it is for, and what "
        "the bot may do there."
    )


def install_button() -> str:
    return _("Add to Slack")


def installed_title() -> str:
    return _("Finetune Bot is installed")


def installed(workspace: str) -> str:
    return _(
        "It is ready in {workspace}. Invite it to a channel, drop a training file there, or write /finetune help.",
        workspace=workspace,
    )


def open_slack() -> str:
    return _("Open Slack")


def not_installed_title() -> str:
    return _("Finetune Bot was not installed")


def try_again() -> str:
    return _("Try again")


def why_not_installed(reason: str) -> str:
    """`reason`: Slack's or Bolt's code of what went wrong."""
    match reason:
        case "access_denied":
            return _("You did not allow it. Nothing was changed.")
        case "invalid_browser":
            return _(
                "You came back in another browser than the one in which you began, or without its cookies. Begin again "
                "here."
            )
        case "invalid_state":
            return _("This link was used before, or is more than ten minutes old. Begin again here.")
        case "org_wide":
            return _(
                "It was allowed for a whole organisation. Finetune Bot serves single workspaces, each apart from the "
                "others: choose one workspace, and install it there."
            )
        case "storage_error":
            return _("What Slack answered could not be stored. Try again in a while, or ask whoever runs the bot.")
        case "no_connection":
            return _("Slack could not be reached. Try again in a while.")
    return _("Slack did not confirm it ({code}). Begin again here.", code=reason)


def no_client_secret() -> str:
    return _(
        "SLACK_CLIENT_ID is set, but SLACK_CLIENT_SECRET is missing. Both stand under Basic Information of your Slack "
        "app."
    )


def no_public_url() -> str:
    return _(
        "FINETUNE_PUBLIC_URL is missing. Slack sends people who install the app back to that address, such as "
        "https://finetune.example.com."
    )


def no_keys() -> str:
    return _(
        "FINETUNE_ENCRYPTION_KEYS is missing: the tokens of workspaces are only kept encrypted. `openssl rand -base64 "
        "32` makes a key. Keep a copy of it elsewhere."
    )


def token_of_one() -> str:
    return _("SLACK_BOT_TOKEN is for one workspace, SLACK_CLIENT_ID for many. Take one of them out of the settings.")


def keys_rotated(count: int) -> str:
    return plural(
        "{count} token was encrypted anew with the first key.",
        "{count} tokens were encrypted anew with the first key.",
        count,
    )


def files_encrypted_anew(count: int) -> str:
    return plural(
        "{count} training file was encrypted anew with the first key.",
        "{count} training files were encrypted anew with the first key.",
        count,
    )


def no_workspaces() -> str:
    return _("The app is installed in no workspace yet.")


def state(code: str) -> str:
    return {
        "installed": _("installed"),
        "revoked": _("token revoked"),
        "removed": _("being erased"),
    }[code]


def will_be_erased(team: str) -> str:
    return _("Everything of {team} is erased as soon as the bot runs: its store, its files, its tokens.", team=team)


def erase_question(team: str) -> str:
    return _("Erase everything of {team}? This cannot be undone.", team=team)
