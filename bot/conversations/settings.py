"""What people may set in a conversation: the system message, the parameters, the functions, and the model itself.

Ranges from OpenAI's OpenAPI description 2.3.0, read 2026-11-29: temperature 0 to 2, top_p 0 to 1, at most 4 stop
sequences. The seed is held to that of a job.
"""

import math
import re
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, Final

import msgspec
from msgspec import UNSET, UnsetType

from bot.access import Action, Caller
from bot.authority import Authority, entry
from bot.conversations.chat_models import ChatModels
from bot.conversations.conversation import Attachment, Conversation, ConversationStore
from bot.errors import Conflict, Invalid, NotFound

LONGEST_SYSTEM: Final = 60_000
"""Characters."""
MOST_STOPS: Final = 4
_LONGEST_STOP: Final = 100
_MOST_TOKENS: Final = 1_000_000
_MOST_SEED: Final = 2_147_483_647
# What a line of text cannot hold is typed as in most languages.
_ESCAPES: Final = {r"\n": "\n", r"\t": "\t", r"\\": "\\"}


class SettingsChange(msgspec.Struct, frozen=True):
    """What shall hold from now on; what is not in it stays. `parameters`: by their names in `Parameters`, None for what
    is left to the provider again. `tools` as in `Conversation`."""

    system: str | UnsetType | None = UNSET
    parameters: dict[str, Any] = {}
    tools: tuple[dict[str, Any], ...] | UnsetType = UNSET

    def __bool__(self) -> bool:
        return self != AS_IT_IS

    def made_in(self, conversation: Conversation) -> Conversation:
        """Raises Conflict where its model can be given no functions."""
        changed: dict[str, Any] = {"chosen": set(conversation.chosen)}
        if self.system is not UNSET:
            changed["system"] = self.system
            changed["chosen"].add("system")
        if self.tools is not UNSET:
            if self.tools and conversation.completion is not None:
                raise Conflict("no_functions_here", model=conversation.model)
            changed["tools"] = self.tools
            changed["chosen"].add("tools")
        changed["chosen"] = tuple(sorted(changed["chosen"]))
        parameters = msgspec.structs.replace(conversation.parameters, **self.parameters)
        return msgspec.structs.replace(conversation, parameters=parameters, **changed)

    @property
    def names(self) -> str:
        """For the audit log: what was set, and not to what."""
        words = [name for name in ("system", "tools") if getattr(self, name) is not UNSET]
        return ", ".join([*words, *self.parameters])


AS_IT_IS: Final = SettingsChange()


def read_settings(words: Mapping[str, str]) -> SettingsChange | dict[str, Invalid]:
    """The change from words such as `{"system": "Be brief.", "temperature": "0.2"}`, or what is wrong, by name. An
    empty word takes away what was set; a line of `stop` is a sequence. Other words are ignored."""
    read: dict[str, Any] = {}
    wrong: dict[str, Invalid] = {}
    for name in SETTINGS:
        if name not in words:
            continue
        try:
            read[name] = _READERS[name](words[name])
        except Invalid as error:
            wrong[name] = error
    return wrong or SettingsChange(read.pop("system", UNSET), read)


def words_of(parameters: Mapping[str, Any]) -> dict[str, str]:
    """Parameters by their names, as words that read as these again."""
    return {
        name: "\n".join(map(_escaped, value)) if name == "stop" else f"{value:.10g}"
        for name, value in parameters.items()
    }


def parameters_of(conversation: Conversation) -> dict[str, Any]:
    """By their names; what is left to the provider is left out."""
    told: dict[str, Any] = msgspec.to_builtins(conversation.parameters)
    return told


class ConversationSettings:
    """Whoever may talk in a conversation may change it: its first message shows everybody what holds."""

    def __init__(self, conversations: ConversationStore, models: ChatModels, authority: Authority) -> None:
        self._conversations = conversations
        self._models = models
        self._authority = authority

    async def get(self, caller: Caller, conversation_id: str) -> Conversation:
        """The conversation, if the caller may change it. Raises NotFound, Denied."""
        conversation = await self._conversations.get(conversation_id)
        # What may be seen and talked to is decided for the place of the conversation, from nowhere else.
        if conversation is None or conversation.channel != caller.channel:
            raise NotFound("no_such_thing", kind="conversation")
        await self._authority.require(caller, Action.CONFIGURE, conversation.resource, caller.posts_in)
        return conversation

    async def now(self, conversation_id: str) -> Conversation | None:
        """As it is, to be shown in its own place."""
        return await self._conversations.get(conversation_id)

    async def change(self, caller: Caller, conversation_id: str, change: SettingsChange) -> bool:
        """Whether something is other than before; a retry of the caller's request changes nothing again, and says what
        it said. Raises NotFound, Denied, Conflict."""
        known = await self.get(caller, conversation_id)
        if change.made_in(known) == known and not caller.is_retry:
            return False
        return await self._store(caller, known, change.made_in, change.names)

    async def change_model(self, caller: Caller, conversation_id: str, model: str) -> bool:
        """Go on with another model, which reads what was said. What people set is kept; what the training file of the
        model brought gives way to the other's. Raises like `change`, and as `ChatModels.require` does."""
        known = await self.get(caller, conversation_id)
        if known.model == model and not caller.is_retry:
            return False
        await self._models.require(caller, model)
        start = await self._models.starter(caller, model)

        def change(now: Conversation) -> Conversation:
            kept = {"system": start.system, "tools": start.tools}
            kept |= {name: getattr(now, name) for name in now.chosen}
            if start.completion is not None:
                kept["tools"] = ()
            return msgspec.structs.replace(
                now,
                model=model,
                completion=start.completion,
                labels=start.labels,
                question=None,
                trimmed=False,
                provider=None,
                **kept,
            )

        return await self._store(caller, known, change, f"model {model}")

    async def dropped_files(self, conversation: Conversation) -> dict[str, Attachment]:
        """JSON files that were dropped in the thread, the latest first, by a key that is theirs."""
        files = {
            f"{turn.ts}/{number}": file
            for turn in await self._conversations.turns(conversation.id)
            for number, file in enumerate(turn.attachments)
            if file.text is not None and file.name.lower().endswith(".json")
        }
        return dict(reversed(files.items()))

    async def _store(
        self, caller: Caller, known: Conversation, change: Callable[[Conversation], Conversation], details: str
    ) -> bool:
        def with_earlier(now: Conversation) -> Conversation:
            changed = change(now)
            if changed.asked == now.asked:
                return changed
            return msgspec.structs.replace(changed, earlier=(*now.earlier, now.asked))

        changed = entry(caller, Action.CONFIGURE, known.id, details=details)
        if await self._conversations.update(known.id, with_earlier, changed) is None:
            raise NotFound("no_such_thing", kind="conversation")
        return True


def _system(text: str) -> str | None:
    system = text.strip()
    if len(system) > LONGEST_SYSTEM:
        raise Invalid("system_too_long", "system", most=LONGEST_SYSTEM)
    return system or None


def _between(name: str, least: float, most: float, text: str) -> float | None:
    if not text.strip():
        return None
    try:
        value = float(text.strip().replace(",", "."))
    except ValueError:
        value = math.nan
    if not least <= value <= most:
        raise Invalid("parameter_not_between", name, parameter=name, least=least, most=most)
    return value


def _whole(name: str, least: int, most: int, text: str) -> int | None:
    if not text.strip():
        return None
    # int() would also take "1_0" and other alphabets' digits, which nobody means.
    value = int(text) if re.fullmatch(r"\s*[0-9]{1,12}\s*", text, re.ASCII) else -1
    if not least <= value <= most:
        raise Invalid("parameter_not_whole", name, parameter=name, least=least, most=most)
    return value


def _stops(text: str) -> tuple[str, ...]:
    stops = tuple(dict.fromkeys(_meant(line) for line in text.splitlines() if line))
    if len(stops) > MOST_STOPS:
        raise Invalid("too_many_stops", "stop", most=MOST_STOPS)
    if any(len(stop) > _LONGEST_STOP for stop in stops):
        raise Invalid("stop_too_long", "stop", most=_LONGEST_STOP)
    return stops


def _meant(line: str) -> str:
    return re.sub(r"\\[nt\\]", lambda escape: _ESCAPES[escape[0]], line)


def _escaped(stop: str) -> str:
    return stop.replace("\\", r"\\").replace("\n", r"\n").replace("\t", r"\t")


_READERS: Final[dict[str, Callable[[str], Any]]] = {
    "system": _system,
    "temperature": partial(_between, "temperature", 0, 2),
    "top_p": partial(_between, "top_p", 0, 1),
    "max_tokens": partial(_whole, "max_tokens", 1, _MOST_TOKENS),
    "stop": _stops,
    "seed": partial(_whole, "seed", 0, _MOST_SEED),
}
SETTINGS: Final = tuple(_READERS)
"""Their names, as people write them."""
PARAMETERS: Final = tuple(name for name in SETTINGS if name != "system")
