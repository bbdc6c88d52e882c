"""Slack: the app, its tokens, its connection, and what the settings name there."""

from collections.abc import Sequence

from bot.errors import BotError
from texts import errors
from texts.doctor.table import FOUND
from texts.formats import duration, enumerated, sentences
from texts.language import _, plural


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
def links(domain: str) -> str:
    return _(
        "Jobs have links that work outside Slack. Slack does not tell whether the app's manifest has {domain} under "
        "unfurl_domains and the event link_shared.",
        domain=domain,
    )


@FOUND.sentence
def links_lead_nowhere() -> str:
    return _("FINETUNE_PUBLIC_URL leads nowhere: in Socket Mode the bot listens only where HEALTH_PORT is set, too.")


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
