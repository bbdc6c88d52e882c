"""`/finetune audit`, `/finetune notify` and `/finetune language`."""

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from bot.administration.audit_log import AuditLogReader
from bot.administration.channel_language import ChannelLanguage
from bot.administration.subscriptions import ChannelSubscriptions
from bot.audit import Entry
from bot.errors import Invalid
from handlers.administration import blocks
from handlers.blocks.markup import channel_in
from handlers.blocks.text import person
from handlers.callers import Callers
from handlers.languages import Languages
from handlers.request import Request, is_direct
from handlers.web.poster import Poster
from handlers.web.rate_limits import Priority
from texts import languages as texts
from texts.errors import recorded_sentence
from texts.language import Language, speaking
from training_files.spreadsheet import as_csv

# Programs read the file, too: its columns, acts and outcomes are the same in every language.
_COLUMNS: Final = ("number", "time (UTC)", "actor", "act", "thing", "outcome", "details", "channel")


@dataclass(frozen=True)
class AdministrationListeners:
    callers: Callers
    audit_log: AuditLogReader
    subscriptions: ChannelSubscriptions
    channel_language: ChannelLanguage
    languages: Languages
    poster: Poster

    async def audit(self, request: Request) -> None:
        """`[page=2 | csv]`; csv comes as a file in the person's direct messages."""
        if request.text == "csv":
            await self._export(request)
            return
        page = re.fullmatch(r"(?:page=)?([0-9]{1,6})", request.text or "1")
        if page is None or page[1].strip("0") == "":
            raise Invalid("audit_usage")
        await request.answer(blocks.audit_page(await self.audit_log.page(await self.callers.of(request), int(page[1]))))

    async def audit_turned(self, request: Request) -> None:
        """*Older* and *Newer*."""
        request = request.in_place
        page, upto = map(int, request.text.split())
        await request.answer(blocks.audit_page(await self.audit_log.page(await self.callers.of(request), page, upto)))

    async def _export(self, request: Request) -> None:
        entries = await self.audit_log.export(await self.callers.of(request))
        name = f"audit-{datetime.fromtimestamp(request.received_at, UTC):%Y-%m-%d}.csv"
        table = as_csv(_COLUMNS, (_row(number, entry) for number, entry in entries))
        file_id = await self.poster.files.upload(name, table)
        # A file is shared with a channel's id only, and the answer to a message to a person tells that of their own.
        arguments = blocks.export(len(entries)).as_arguments() | {"channel": request.user}
        posted = await self.poster.call("chat.postMessage", arguments, priority=Priority.CHAT)
        await self.poster.files.share({file_id: name}, str(posted["channel"]), None, "")
        await request.answer(blocks.exported(len(entries)))

    async def notify(self, request: Request) -> None:
        """`here | off | #channel | off #channel`; without words, which channels are subscribed."""
        caller = await self.callers.of(request)
        words = request.text.lower().split()
        named = channel_in(request.text.split()[-1]) if words else None
        match words:
            case []:
                await request.answer(blocks.subscribed(await self.subscriptions.visible(caller), request.channel))
            case ["here"] | [_] if words[0] == "here" or named:
                await self.subscriptions.subscribe(caller, named or request.channel)
                await request.answer(blocks.subscription_on(named or request.channel))
            case ["off", *rest] if not rest or named:
                await self.subscriptions.unsubscribe(caller, named or request.channel)
                await request.answer(blocks.subscription_off(named or request.channel))
            case _:
                raise Invalid("notify_usage")

    async def language(self, request: Request) -> None:
        """`[en | zh | default]`: of a channel. A person alone is answered in theirs."""
        word = request.text.strip().lower()
        if word and word != "default" and word not in set(Language):
            raise Invalid("unknown_language", word=word)
        if is_direct(request.channel):
            await request.answer(blocks.sentence(texts.direct()))
        elif not word:
            chosen = await self.languages.chosen(request.channel)
            said = texts.chosen(chosen) if chosen else texts.by_default(self.languages.default)
            await request.answer(blocks.language_choice(said))
        else:
            await self.channel_language.choose(await self.callers.of(request), None if word == "default" else word)
            await self._tell_channel(request)

    async def _tell_channel(self, request: Request) -> None:
        language = await self.languages.place(request.channel, request.user)
        with speaking(language):
            await self.poster.post_once(
                request.channel,
                blocks.sentence(texts.set_here(person(request.user), language)),
                idempotency_key=request.key,
                may_exist=request.is_retry,
                since=request.received_at,
            )


def _row(number: int, entry: Entry) -> tuple[str | int, ...]:
    at = datetime.fromtimestamp(entry.at, UTC).isoformat(sep=" ", timespec="seconds").removesuffix("+00:00")
    details = recorded_sentence(entry.details)
    return number, at, entry.actor, entry.action, entry.resource, entry.outcome, details, entry.channel
