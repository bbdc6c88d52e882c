"""A conversation's settings, changed by the buttons of the message that shows them."""

from dataclasses import dataclass

from slack_sdk.models.blocks import Option

from bot.conversations.conversation import Conversation
from bot.conversations.settings import SettingsChange, read_settings
from bot.conversations.tools import read_tools
from bot.errors import Conflict, Invalid
from handlers.callers import Callers
from handlers.chat.model_picker import ModelPicker
from handlers.chat.shown_settings import ShownSettings
from handlers.conversation_settings import blocks
from handlers.modals import Modals
from handlers.request import Request


@dataclass(frozen=True)
class ConversationSettingsListeners:
    callers: Callers
    shown: ShownSettings
    picker: ModelPicker
    modals: Modals

    async def system(self, request: Request) -> None:
        """*System message*"""
        await self.modals.open(request, blocks.system_modal(await self._conversation(request, request.text)))

    async def system_entered(self, request: Request) -> None:
        conversation, values = await self._entered(request)
        try:
            change = _read({"system": blocks.read_text(values)})
        except Invalid as error:
            raise Invalid(error.kind, blocks.FIRST, **error.values) from None
        await self.shown.change(request, conversation, change)

    async def parameters(self, request: Request) -> None:
        """*Parameters*"""
        await self.modals.open(request, blocks.parameters_modal(await self._conversation(request, request.text)))

    async def parameters_entered(self, request: Request) -> None:
        """Only what the person changed is set: somebody else may have changed another one meanwhile."""
        conversation, values = await self._entered(request)
        shown = blocks.about(request.body["view"]).shown
        words = blocks.read_words(values)
        change = _read({name: word for name, word in words.items() if word.strip() != shown.get(name, "")})
        await self.shown.change(request, conversation, change)

    async def functions(self, request: Request) -> None:
        """*Functions*"""
        conversation = await self._conversation(request, request.text)
        if conversation.completion is not None:
            raise Conflict("no_functions_here", model=conversation.model)
        files = await self.shown.settings.dropped_files(conversation)
        await self.modals.open(request, blocks.functions_modal(conversation, files))

    async def functions_entered(self, request: Request) -> None:
        """A file that was dropped in the thread, where one was chosen, else what is pasted."""
        conversation, values = await self._entered(request)
        field, text = blocks.FIRST, blocks.read_text(values)
        if (key := blocks.read_file(values)) is not None:
            file = (await self.shown.settings.dropped_files(conversation)).get(key)
            if file is None:
                raise Invalid("dropped_file_gone", blocks.FILE)
            field, text = blocks.FILE, file.text or ""
        await self.shown.change(request, conversation, SettingsChange(tools=read_tools(text, field)))

    async def model(self, request: Request) -> None:
        """*Model*"""
        await self.modals.open(request, blocks.model_modal(await self._conversation(request, request.text)))

    async def search_models(self, request: Request) -> list[Option]:
        """What is typed into the menu of models."""
        return await self.picker.options(request)

    async def model_chosen(self, request: Request) -> None:
        conversation, values = await self._entered(request)
        await self.shown.change_model(request, conversation, blocks.read_model(values))

    async def _entered(self, request: Request) -> tuple[Conversation, blocks.Values]:
        view = request.body["view"]
        conversation = await self._conversation(request, blocks.about(view).conversation_id)
        return conversation, view["state"]["values"]

    async def _conversation(self, request: Request, conversation_id: str) -> Conversation:
        return await self.shown.settings.get(await self.callers.of(request), conversation_id)


def _read(words: dict[str, str]) -> SettingsChange:
    """Raises Invalid."""
    read = read_settings(words)
    if isinstance(read, dict):
        raise next(iter(read.values()))
    return read
