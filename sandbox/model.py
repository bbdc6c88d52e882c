"""The objects of a workspace, and their form in Slack's API (`to_api`)."""

import mimetypes
import re
from dataclasses import asdict, dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sandbox.dates import zone

Json = dict[str, Any]

FILETYPES = {
    "txt": ("text", "Plain Text", "text/plain"),
    "json": ("json", "JSON", "application/json"),
    "csv": ("csv", "CSV", "text/csv"),
    "py": ("python", "Python", "text/x-python"),
    "md": ("markdown", "Markdown (raw)", "text/markdown"),
    "png": ("png", "PNG", "image/png"),
    "jpg": ("jpg", "JPEG", "image/jpeg"),
    "jpeg": ("jpg", "JPEG", "image/jpeg"),
    "gif": ("gif", "GIF", "image/gif"),
    "pdf": ("pdf", "PDF", "application/pdf"),
    "zip": ("zip", "Zip", "application/zip"),
    "xlsx": (
        "xlsx",
        "Excel Spreadsheet",
        "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    ),
}


@dataclass(slots=True)
class User:
    id: str
    name: str
    real_name: str
    team_id: str
    title: str = ""
    tz: str = "Europe/London"
    locale: str = ""
    """An IETF language code such as zh-CN; empty means the workspace's."""
    is_admin: bool = False
    is_bot: bool = False
    is_guest: bool = False
    deleted: bool = False
    selectable: bool = True
    """Whether the page offers this person to act as."""
    bot_id: str = ""
    app_id: str = ""

    def to_api(self, *, home_team: str) -> Json:
        """The user object (docs.slack.dev/reference/objects/user-object), without `locale`."""
        external = self.team_id != home_team
        user: Json = {
            "id": self.id,
            "team_id": self.team_id,
            "name": self.name,
            "deleted": self.deleted,
            "color": "9f69e7",
            "real_name": self.real_name,
            "tz": self.tz,
            "tz_label": self.tz,
            "tz_offset": int((datetime.now(zone(self.tz)).utcoffset() or timedelta()).total_seconds()),
            "profile": {
                "title": self.title,
                "real_name": self.real_name,
                "real_name_normalized": self.real_name,
                "display_name": "" if self.is_bot else self.name,
                "display_name_normalized": "" if self.is_bot else self.name,
                "team": self.team_id,
            },
            "is_admin": self.is_admin,
            "is_owner": False,
            "is_primary_owner": False,
            "is_restricted": self.is_guest,
            "is_ultra_restricted": False,
            "is_bot": self.is_bot,
            "is_app_user": False,
            "updated": 1_700_000_000,
        }
        if external:
            user["is_stranger"] = True
        if self.is_bot:
            user["profile"] |= {"bot_id": self.bot_id, "api_app_id": self.app_id}
        return user


@dataclass(slots=True)
class Channel:
    id: str
    name: str
    kind: str  # channel | group | im
    created: int
    creator: str
    members: list[str] = field(default_factory=list)
    user: str = ""
    """In a direct message with the bot, the person."""
    topic: str = ""
    archived: bool = False
    read: dict[str, str] = field(default_factory=dict)
    """User id -> time stamp of the last message they have read."""

    @property
    def is_im(self) -> bool:
        return self.kind == "im"

    @property
    def is_private(self) -> bool:
        return self.kind == "group"

    def to_api(self, viewer: str, *, num_members: bool = False) -> Json:
        """The conversation object (docs.slack.dev/reference/objects/conversation-object)."""
        base: Json = {
            "id": self.id,
            "created": self.created,
            "is_archived": self.archived,
            "is_im": self.is_im,
            "is_org_shared": False,
            "updated": self.created * 1000,
        }
        if self.is_im:
            return base | {"user": self.user, "is_user_deleted": False, "priority": 0}
        base |= {
            "name": self.name,
            "name_normalized": self.name,
            "is_channel": self.kind == "channel",
            "is_group": False,
            "is_mpim": False,
            "is_private": self.is_private,
            "is_general": self.name == "general",
            "is_shared": False,
            "is_ext_shared": False,
            "is_member": viewer in self.members,
            "creator": self.creator,
            "topic": {"value": self.topic, "creator": self.creator, "last_set": self.created},
            "purpose": {"value": self.topic, "creator": self.creator, "last_set": self.created},
        }
        if num_members:
            base["num_members"] = len(self.members)
        return base


@dataclass(slots=True)
class Message:
    channel: str
    ts: str
    user: str
    text: str = ""
    thread_ts: str = ""
    subtype: str = ""
    blocks: list[Json] | None = None
    attachments: list[Json] | None = None
    files: list[str] = field(default_factory=list)
    metadata: Json | None = None
    edited: Json | None = None
    bot_id: str = ""
    app_id: str = ""
    client_msg_id: str = ""
    reactions: dict[str, list[str]] = field(default_factory=dict)
    ephemeral_to: str = ""
    broadcast: bool = False
    streaming: str = ""
    """`streaming` until the stream ends, then `completed`, or `stopped` when a person ended it."""
    stream_started: float = 0.0
    response_url: str = ""
    version: int = 0
    """Counts changes, so that a page renders a message again only after a change."""

    @property
    def is_reply(self) -> bool:
        return bool(self.thread_ts) and self.thread_ts != self.ts


@dataclass(slots=True)
class File:
    id: str
    name: str
    title: str
    size: int
    user: str
    created: int
    ready_at: float
    """When Slack has processed the file: from then on it has a mimetype."""
    mimetype: str = ""
    filetype: str = ""
    pretty_type: str = ""
    alt_text: str = ""
    width: int = 0
    height: int = 0
    state: str = "hosted"  # uploading | uploaded | hosted | deleted
    shares: dict[str, list[str]] = field(default_factory=dict)
    """Channel id -> time stamps of the messages with this file."""
    given: bool = False
    """Whether somebody put it into a modal of the app."""
    file_access: str = "visible"

    def classify(self) -> None:
        """Set the type as Slack does, by the extension; an unknown one is binary."""
        suffix = self.name.rpartition(".")[2].lower()
        if suffix in FILETYPES:
            self.filetype, self.pretty_type, self.mimetype = FILETYPES[suffix]
        elif suffix in ("jsonl", "ndjson", "log"):
            # Slack has no type `jsonl` and calls such a file text.
            self.filetype, self.pretty_type, self.mimetype = "text", "Plain Text", "text/plain"
        else:
            self.filetype, self.pretty_type = "binary", "Binary"
            self.mimetype = mimetypes.guess_type(self.name)[0] or "application/octet-stream"

    @property
    def is_image(self) -> bool:
        return self.mimetype in ("image/png", "image/jpeg", "image/gif")

    def to_api(self, base_url: str, team: str, *, ready: bool, kinds: dict[str, str] | None = None) -> Json:
        """The file object (docs.slack.dev/reference/objects/file-object).

        ready -- Slack has processed the file; before that the type fields are empty.
        kinds -- channel id -> kind, to sort `shares` into public and private.
        """
        if self.state == "deleted":
            return {"id": self.id, "mode": "tombstone"}
        if self.file_access == "check_file_info":
            return {"id": self.id, "file_access": "check_file_info"}
        path = f"{base_url}/files-pri/{team}-{self.id}"
        safe = re.sub(r"[^A-Za-z0-9._-]", "_", self.name) or "file"
        api: Json = {
            "id": self.id,
            "created": self.created,
            "timestamp": self.created,
            "name": self.name,
            "title": self.title,
            "mimetype": self.mimetype if ready else "",
            "filetype": self.filetype if ready else "",
            "pretty_type": self.pretty_type if ready else "",
            "user": self.user,
            "user_team": team,
            "editable": False,
            "size": self.size,
            "mode": "hosted",
            "is_external": False,
            "external_type": "",
            "is_public": any((kinds or {}).get(c) == "channel" for c in self.shares),
            "public_url_shared": False,
            "display_as_bot": False,
            "username": "",
            "url_private": f"{path}/{safe}",
            "url_private_download": f"{path}/download/{safe}",
            "permalink": f"{base_url}/files/{self.user}/{self.id}/{safe}",
            "has_rich_preview": False,
            "file_access": self.file_access,
        }
        if self.alt_text:
            api["alt_txt"] = self.alt_text
        if self.is_image and ready:
            api |= {"original_w": self.width, "original_h": self.height}
        if kinds is not None:
            shares: Json = {}
            for channel, stamps in self.shares.items():
                where = "public" if kinds.get(channel) == "channel" else "private"
                shares.setdefault(where, {})[channel] = [{"ts": ts, "team_id": team} for ts in stamps]
            api |= {
                "shares": shares,
                "channels": [c for c in self.shares if kinds.get(c) == "channel"],
                "groups": [c for c in self.shares if kinds.get(c) == "group"],
                "ims": [c for c in self.shares if kinds.get(c) == "im"],
            }
        return api


@dataclass(slots=True)
class View:
    """A modal, or a person's Home tab."""

    id: str
    user: str
    body: Json
    """What the app sent: type, title, blocks, callback_id, private_metadata and so on."""
    hash: str
    root: str
    previous: str = ""
    state: dict[str, dict[str, Json]] = field(default_factory=dict)
    """block_id -> action_id -> what the person has entered."""
    errors: dict[str, str] = field(default_factory=dict)
    version: int = 0
    response_channel: str = ""

    def to_api(self, *, team: str, app_id: str, bot_id: str) -> Json:
        """The view object (docs.slack.dev/reference/views)."""
        body = self.body
        return {
            "id": self.id,
            "team_id": team,
            "type": body["type"],
            "blocks": body["blocks"],
            "private_metadata": body.get("private_metadata", ""),
            "callback_id": body.get("callback_id", ""),
            "external_id": body.get("external_id", ""),
            "state": {"values": self.state},
            "hash": self.hash,
            "title": body.get("title"),
            "clear_on_close": body.get("clear_on_close", False),
            "notify_on_close": body.get("notify_on_close", False),
            "close": body.get("close"),
            "submit": body.get("submit"),
            "previous_view_id": self.previous or None,
            "root_view_id": self.root,
            "app_id": app_id,
            "app_installed_team_id": team,
            "bot_id": bot_id,
        }


def as_json(item: User | Channel | Message | File | View) -> Json:
    return asdict(item)
