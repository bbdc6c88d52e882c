"""The workspace: people, channels, messages and files, in memory and on disk."""

import re
import time
from collections.abc import Iterable
from typing import Final, NamedTuple, Protocol

from sandbox.changes import Change, Changes
from sandbox.ids import Clock, new_id
from sandbox.model import Channel, File, Json, Message, User, as_json
from sandbox.offered import Offered
from sandbox.settings import Settings
from sandbox.store import Store

JPEG_FRAMES = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
"""The markers of a JPEG's segments that begin a frame, which has its size."""


class Team(NamedTuple):
    id: str = "T0SANDBOX1"
    name: str = "Sandbox"
    domain: str = "sandbox"


SANDBOX: Final = Team()


class Observer(Protocol):
    """Is notified of what happens in the workspace: the Events API."""

    def posted(self, message: Message) -> None: ...
    def changed(self, message: Message, previous: Json) -> None: ...
    def deleted(self, message: Message, previous: Json) -> None: ...
    def joined(self, channel: Channel, user: str, inviter: str) -> None: ...
    def user_changed(self, user: User) -> None: ...
    def left(self, channel: Channel, user: str) -> None: ...
    def file_shared(self, file: File, message: Message) -> None: ...
    def file_deleted(self, file: File) -> None: ...
    def reacted(self, message: Message, user: str, name: str, added: bool) -> None: ...


class Workspace:
    """People, channels, messages and files. Knows Slack's objects, but not HTTP."""

    TEAM = SANDBOX.id
    OTHER_TEAM = "T0ELSEWHER"
    APP = "A0SANDBOX1"
    BOT = "U0SANDBOT1"
    BOT_ID = "B0SANDBOT1"

    def __init__(self, store: Store, settings: Settings, base_url: str, team: Team = SANDBOX) -> None:
        self.TEAM, self.name, self.DOMAIN = team.id, team.name, team.domain
        self.store = store
        self.settings = settings
        self.clock = Clock()
        self.changes = Changes()
        self.observer: Observer | None = None
        self.base_url = base_url
        self.offered = Offered()
        self.users = {u["id"]: User(**u) for u in store.all("user")}
        self.channels = {c["id"]: Channel(**c) for c in store.all("channel")}
        self.files = {f["id"]: File(**f) for f in store.all("file")}
        self.groups: dict[str, list[str]] = {g["id"]: g["users"] for g in store.all("group")}
        """User group id -> ids of its people."""
        self.group_names: dict[str, str] = {g["id"]: g.get("name", "") for g in store.all("group")}
        """User group id -> the name that a mention shows."""
        self.locale = next((w["locale"] for w in store.all("workspace")), "en-US")
        """The workspace's language: that of its channels, and of people who have not chosen one."""
        self._messages: dict[str, dict[str, Message]] = {}
        for body in store.all("message"):
            message = Message(**body)
            self._messages.setdefault(message.channel, {})[message.ts] = message
            self.clock.seen(message.ts)

    # People and channels

    def user(self, key: str) -> User | None:
        """By id, handle or real name."""
        if key in self.users:
            return self.users[key]
        key = key.removeprefix("@").casefold()
        return next((u for u in self.users.values() if key in (u.name.casefold(), u.real_name.casefold())), None)

    def channel(self, key: str) -> Channel | None:
        """By id, or by name with or without #."""
        if key in self.channels:
            return self.channels[key]
        name = key.removeprefix("#")
        return next((c for c in self.channels.values() if c.name and c.name == name), None)

    def im(self, user: str) -> Channel:
        """The direct messages between the bot and a person; created at first use."""
        for channel in self.channels.values():
            if channel.is_im and channel.user == user:
                return channel
        channel = Channel(new_id("D"), "", "im", int(time.time()), self.BOT, members=[user, self.BOT], user=user)
        self.save_channel(channel)
        return channel

    def add_user(self, user: User) -> User:
        self.users[user.id] = user
        self.store.put("user", user.id, as_json(user))
        self.changes.publish(Change("channel"))
        return user

    def set_locale(self, locale: str, user: User | None = None) -> None:
        """Set a person's language, or the workspace's. Raises ValueError if it is not a code such as zh-CN."""
        if not re.fullmatch(r"[a-z]{2,3}-[A-Z]{2}", locale):
            raise ValueError(f"a language is a code such as en-US or zh-CN, not {locale!r}")
        if user is None:
            self.locale = locale
            self.store.put("workspace", "settings", {"locale": locale})
            self.changes.publish(Change("locale"))
            return
        user.locale = locale
        self.add_user(user)
        self.changes.publish(Change("locale", user=user.id))
        if self.observer:
            self.observer.user_changed(user)

    def user_to_api(self, user: User, *, with_locale: bool = False) -> Json:
        locale = {"locale": user.locale or self.locale} if with_locale else {}
        return user.to_api(home_team=self.TEAM) | locale

    def set_group(self, group: str, users: list[str], name: str = "") -> None:
        name = name or self.group_names.get(group, "")
        self.groups[group], self.group_names[group] = users, name
        self.store.put("group", group, {"id": group, "users": users, "name": name})

    def save_channel(self, channel: Channel) -> None:
        self.channels[channel.id] = channel
        self.store.put("channel", channel.id, as_json(channel))
        self.changes.publish(Change("channel", channel=channel.id))

    def join(self, channel: Channel, user: str, inviter: str = "") -> None:
        if user in channel.members:
            return
        channel.members.append(user)
        self.save_channel(channel)
        text = f"<@{user}> has joined the channel"
        self.post(channel, user, text, subtype="channel_join")
        if self.observer:
            self.observer.joined(channel, user, inviter)

    def leave(self, channel: Channel, user: str) -> None:
        if user in channel.members:
            channel.members.remove(user)
            self.save_channel(channel)
            if self.observer:
                self.observer.left(channel, user)

    # Messages

    def message(self, channel: str, ts: str) -> Message | None:
        return self._messages.get(channel, {}).get(ts)

    def messages(self, channel: str) -> list[Message]:
        """All messages of a channel, oldest first, including replies and ephemeral messages."""
        return list(self._messages.get(channel, {}).values())

    def history(self, channel: str) -> list[Message]:
        """The channel's messages without replies (other than broadcast ones) and without ephemeral messages."""
        return [m for m in self.messages(channel) if (not m.is_reply or m.broadcast) and not m.ephemeral_to]

    def thread(self, channel: str, thread_ts: str) -> list[Message]:
        """The parent and its replies, oldest first, without ephemeral messages."""
        return [m for m in self.messages(channel) if thread_ts in (m.ts, m.thread_ts) and not m.ephemeral_to]

    def post(self, channel: Channel, user: str, text: str, **fields: object) -> Message:
        """Post a message, and notify the app and open pages."""
        author = self.users.get(user)
        if author is not None and author.is_bot:
            fields |= {"bot_id": author.bot_id, "app_id": author.app_id}
        message = Message(channel.id, self.clock.ts(), user, text, **fields)  # type: ignore[arg-type]
        if message.thread_ts and not message.ephemeral_to:
            parent = self.message(channel.id, message.thread_ts)
            if parent is not None and not parent.thread_ts:
                parent.thread_ts = parent.ts
                self._save(parent)
        self._messages.setdefault(channel.id, {})[message.ts] = message
        self._save(message)
        for file_id in message.files:
            file = self.files[file_id]
            file.shares.setdefault(channel.id, []).append(message.ts)
            self.save_file(file)
        channel.read[user] = message.ts
        self.store.put("channel", channel.id, as_json(channel))
        self._publish(message)
        if self.observer and not message.ephemeral_to:
            self.observer.posted(message)
            for file_id in message.files:
                self.observer.file_shared(self.files[file_id], message)
        return message

    def edit(self, message: Message, *, by: str = "", quiet: bool = False, **fields: object) -> None:
        """Change a message. `quiet` neither marks it as edited nor notifies the app, as for a stream."""
        previous = self.to_api(message)
        for name, value in fields.items():
            setattr(message, name, value)
        if not quiet:
            message.edited = {"user": by or message.user, "ts": self.clock.ts()}
        self._save(message)
        self._publish(message)
        if self.observer and not quiet and not message.ephemeral_to:
            self.observer.changed(message, previous)

    def expire_stream(self, message: Message) -> None:
        """End a stream that has lived for `stream_life`. From then on the message is like any other."""
        if message.streaming == "streaming" and time.time() - message.stream_started > self.settings.stream_life:
            self.edit(message, quiet=True, streaming="completed")

    def delete(self, message: Message) -> None:
        """Delete a message. One with replies stays as a tombstone, as in Slack."""
        previous = self.to_api(message)
        replies = [m for m in self.thread(message.channel, message.ts) if m.ts != message.ts]
        if replies and not message.is_reply:
            self.edit(
                message,
                quiet=True,
                subtype="tombstone",
                text="This message was deleted.",
                user="USLACKBOT",
                blocks=None,
                attachments=None,
                files=[],
                metadata=None,
            )
            if self.observer:
                self.observer.changed(message, previous)
            return
        self.forget(message)
        if self.observer and not message.ephemeral_to:
            self.observer.deleted(message, previous)

    def forget(self, message: Message) -> None:
        """Remove a message without notifying the app, as for ephemeral ones."""
        self._messages.get(message.channel, {}).pop(message.ts, None)
        self.store.drop("message", f"{message.channel}/{message.ts}")
        self._publish(message)

    def react(self, message: Message, user: str, name: str, *, add: bool) -> bool:
        """Add or remove a reaction. False if nothing changes."""
        users = message.reactions.get(name, [])
        if (user in users) == add:
            return False
        users = [*users, user] if add else [u for u in users if u != user]
        message.reactions = {k: v for k, v in (message.reactions | {name: users}).items() if v}
        self._save(message)
        self._publish(message)
        if self.observer:
            self.observer.reacted(message, user, name, add)
        return True

    def mark_read(self, channel: Channel, user: str) -> None:
        last = next((m.ts for m in reversed(self.history(channel.id))), "")
        if last > channel.read.get(user, ""):
            channel.read[user] = last
            self.store.put("channel", channel.id, as_json(channel))

    def unread(self, channel: Channel, user: str) -> int:
        since = channel.read.get(user, "")
        return sum(1 for m in self.history(channel.id) if m.ts > since and m.user != user and not m.subtype)

    # Files

    def save_file(self, file: File) -> None:
        self.files[file.id] = file
        self.store.put("file", file.id, as_json(file))

    def add_file(
        self, user: str, name: str, data: bytes, *, title: str = "", alt_text: str = "", given: bool = False
    ) -> File:
        """A file with its content; not shared in a message yet. `given`: it was put into a modal of the app."""
        file = self.new_file(user, name, title=title, alt_text=alt_text)
        self.fill_file(file, data)
        file.state, file.given = "hosted", given
        self.save_file(file)
        return file

    def app_reads(self, file: File) -> bool:
        """Its own, one in a conversation that it is in, or one that somebody put into its modal."""
        return file.user == self.BOT or file.given or any(self.BOT in self.channels[c].members for c in file.shares)

    def new_file(self, user: str, name: str, *, title: str = "", alt_text: str = "") -> File:
        file = File(new_id("F"), name, title or name, 0, user, int(time.time()), 0.0, alt_text=alt_text)
        file.state = "uploading"
        self.save_file(file)
        return file

    def fill_file(self, file: File, data: bytes) -> None:
        (self.store.files / file.id).write_bytes(data)
        file.size = len(data)
        file.classify()
        if file.is_image:
            file.width, file.height = image_size(data)
        file.state = "uploaded"
        file.ready_at = time.time() + self.settings.file_processing
        self.save_file(file)

    def file_ready(self, file: File) -> bool:
        """Slack has processed the file and knows its type."""
        return file.state == "hosted" and time.time() >= file.ready_at

    def delete_file(self, file: File) -> None:
        """Delete a file's content. Its messages keep a tombstone."""
        shared = [(c, ts) for c, stamps in file.shares.items() for ts in stamps]
        before = {(c, ts): self.to_api(m) for c, ts in shared if (m := self.message(c, ts))}
        file.state = "deleted"
        self.save_file(file)
        (self.store.files / file.id).unlink(missing_ok=True)
        if self.observer:
            self.observer.file_deleted(file)
        for (channel, ts), previous in before.items():
            if message := self.message(channel, ts):
                message.version += 1
                self._publish(message)
                if self.observer:
                    self.observer.changed(message, previous)

    def file_to_api(self, file: File, *, with_shares: bool = False) -> Json:
        kinds = {c.id: c.kind for c in self.channels.values()}
        return file.to_api(self.base_url, self.TEAM, ready=self.file_ready(file), kinds=kinds if with_shares else None)

    # As in Slack's API

    def to_api(self, message: Message, *, with_metadata: bool = True) -> Json:
        """The message object (docs.slack.dev/reference/objects/message)."""
        api: Json = {
            "type": "message",
            "user": message.user,
            "ts": message.ts,
            "text": message.text,
        }
        author = self.users.get(message.user)
        if message.subtype and message.subtype != "file_share":
            api["subtype"] = message.subtype
        if message.bot_id:
            api |= {"bot_id": message.bot_id, "app_id": message.app_id}
            api["bot_profile"] = {
                "id": message.bot_id,
                "app_id": message.app_id,
                "user_id": message.user,
                "name": author.real_name if author else "bot",
                "deleted": False,
                "team_id": self.TEAM,
            }
        if message.client_msg_id:
            api["client_msg_id"] = message.client_msg_id
        api["team"] = author.team_id if author else self.TEAM
        if message.blocks:
            api["blocks"] = message.blocks
        if message.attachments:
            api["attachments"] = message.attachments
        if message.files:
            api["files"] = [self.file_to_api(self.files[f]) for f in message.files]
            api["upload"] = False
        if message.edited:
            api["edited"] = message.edited
        if message.metadata and with_metadata:
            api["metadata"] = message.metadata
        if message.streaming:
            api["streaming_state"] = "in_progress" if message.streaming == "streaming" else "completed"
        if message.reactions:
            api["reactions"] = [{"name": n, "users": u, "count": len(u)} for n, u in message.reactions.items()]
        if message.thread_ts:
            api["thread_ts"] = message.thread_ts
            if message.is_reply:
                parent = self.message(message.channel, message.thread_ts)
                if parent is not None:
                    api["parent_user_id"] = parent.user
            else:
                api |= self._thread_summary(message)
        return api

    def _thread_summary(self, parent: Message) -> Json:
        replies = [m for m in self.thread(parent.channel, parent.ts) if m.is_reply]
        if not replies:
            return {}
        users = list(dict.fromkeys(m.user for m in replies))
        return {
            "reply_count": len(replies),
            "reply_users_count": len(users),
            "latest_reply": replies[-1].ts,
            "reply_users": users,
            "is_locked": False,
            "subscribed": True,
        }

    def permalink(self, channel: str, message: Message) -> str:
        """The permalink of a message; the sandbox's page opens it."""
        link = f"{self.base_url}/archives/{channel}/p{message.ts.replace('.', '')}"
        return link + (f"?thread_ts={message.thread_ts}&cid={channel}" if message.is_reply else "")

    def names(self, ids: Iterable[str]) -> list[str]:
        return [self.users[i].real_name if i in self.users else i for i in ids]

    def _save(self, message: Message) -> None:
        message.version += 1
        if not message.ephemeral_to:
            self.store.put("message", f"{message.channel}/{message.ts}", as_json(message))

    def _publish(self, message: Message) -> None:
        self.changes.publish(Change("message", message.channel, message.thread_ts, message.ts, message.ephemeral_to))


def image_size(data: bytes) -> tuple[int, int]:
    """Width and height of a PNG, GIF or JPEG in pixels; (0, 0) for anything else."""
    if data[:8] == b"\x89PNG\r\n\x1a\n" and len(data) >= 24:
        return int.from_bytes(data[16:20], "big"), int.from_bytes(data[20:24], "big")
    if data[:4] == b"GIF8" and len(data) >= 10:
        return int.from_bytes(data[6:8], "little"), int.from_bytes(data[8:10], "little")
    at = 2
    while data[:2] == b"\xff\xd8" and at + 9 <= len(data) and data[at] == 0xFF:
        if data[at + 1] in JPEG_FRAMES:
            return int.from_bytes(data[at + 7 : at + 9], "big"), int.from_bytes(data[at + 5 : at + 7], "big")
        at += 2 + int.from_bytes(data[at + 2 : at + 4], "big")
    return 0, 0
