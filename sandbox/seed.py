"""The people and channels of a new sandbox."""

import time

from sandbox.manifest import Manifest
from sandbox.model import Channel, User
from sandbox.workspace import Workspace

ANA = "U0ANAREED1"
BEN = "U0BENHALL1"
MEI = "U0MEILIN01"
GUEST = "U0GUESTGIL"
STRANGER = "U0STRANGER"
SLACKBOT = "USLACKBOT"

GENERAL = "C0GENERAL1"
SUPPORT = "C0SUPPORT1"
LEADS = "C0LEADSPRV"
RANDOM = "C0RANDOM01"


def seed(workspace: Workspace, manifest: Manifest) -> None:
    """Fill an empty workspace. In an existing one, only update the bot's name.

    The bot is in #general, #support-model and the private #support-leads, and not in #random. Of the people only Ana
    is in #support-leads. Mei's language is Chinese. The guest and the person from another organisation are in
    #general; the page does not offer to be them.
    """
    ws, team = workspace, workspace.TEAM
    ws.add_user(
        User(
            ws.BOT,
            manifest.bot_name.lower().replace(" ", "_"),
            manifest.bot_name,
            team,
            is_bot=True,
            selectable=False,
            bot_id=ws.BOT_ID,
            app_id=ws.APP,
            tz="UTC",
        )
    )
    if GENERAL in ws.channels:
        return
    for user in (
        User(ANA, "ana", "Ana Reed", team, title="Support lead", locale="en-GB", is_admin=True),
        User(BEN, "ben", "Ben Hall", team, title="ML engineer", tz="America/New_York", locale="en-US"),
        User(MEI, "mei", "Mei Lin", team, title="ML engineer", tz="Asia/Shanghai", locale="zh-CN"),
        User(GUEST, "gil", "Gil Moss", team, title="Contractor", is_guest=True, selectable=False),
        User(STRANGER, "sam", "Sam Vale", ws.OTHER_TEAM, title="Partner Ltd", selectable=False),
        User(SLACKBOT, "slackbot", "Slackbot", team, selectable=False),
    ):
        ws.add_user(user)
    now, everybody = int(time.time()), [ANA, BEN, MEI]
    for channel in (
        Channel(
            GENERAL,
            "general",
            "channel",
            now,
            ANA,
            [*everybody, GUEST, STRANGER, ws.BOT],
            topic="Company-wide news and work-based matters",
        ),
        Channel(
            SUPPORT,
            "support-model",
            "channel",
            now,
            ANA,
            [*everybody, ws.BOT],
            topic="Teaching a model to answer the way we do",
        ),
        Channel(
            LEADS,
            "support-leads",
            "group",
            now,
            ANA,
            [ANA, ws.BOT],
            topic="Only for support leads",
        ),
        Channel(RANDOM, "random", "channel", now, BEN, everybody, topic="Everything else (without the bot)"),
    ):
        ws.save_channel(channel)
    for person in everybody:
        ws.im(person)
