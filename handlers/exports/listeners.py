"""`/finetune export`, and the button that puts a small export into its thread."""

from dataclasses import dataclass

from bot.errors import Invalid
from bot.exports.exports import ModelExports
from handlers.blocks.choice import which
from handlers.blocks.model_name import named
from handlers.callers import Callers
from handlers.exports import blocks
from handlers.exports.keeper import ExportKeeper
from handlers.languages import Languages
from handlers.posted_files import post_files
from handlers.request import Request
from handlers.web.poster import Poster
from texts import help
from texts.exports import file_of
from texts.language import speaking

_KEYS = ("as=", "quantization=")


@dataclass(frozen=True)
class ExportListeners:
    callers: Callers
    exports: ModelExports
    keeper: ExportKeeper
    languages: Languages
    poster: Poster

    async def command(self, request: Request) -> None:
        """`MODEL [as=adapter|merged|gguf] [quantization=…]`; the message about it stands where it was asked for."""
        words = request.text.split()
        chosen = dict(word.lower().split("=", 1) for word in words if word.lower().startswith(_KEYS))
        names = [word.strip("`") for word in words if not word.lower().startswith(_KEYS)]
        if not words:
            models = [(model.id, model.name) for model in await self.exports.choices(await self.callers.of(request))]
            await request.answer(which(help.which_to_export(), "export", models, help.none_to_export()))
            return
        if len(names) != 1:
            raise Invalid("export_usage")
        quantization = chosen.get("quantization")
        await self.exports.start(
            await self.callers.of(request),
            names[0],
            chosen.get("as", "gguf" if quantization else "adapter"),
            quantization,
            thread_ts=request.thread_ts,
        )
        await self.keeper.look()

    async def choose(self, request: Request) -> None:
        """Pressed at a model: as what?"""
        await self.exports.check(await self.callers.of(request), request.text)
        await request.answer(blocks.format_choice(request.text))

    async def chosen(self, request: Request) -> None:
        kind, _, model = request.text.partition(" ")
        format, _, quantization = kind.partition(":")
        caller = await self.callers.of(request)
        await self.exports.start(caller, model, format, quantization or None, thread_ts=request.thread_ts)
        await self.keeper.look()

    async def upload(self, request: Request) -> None:
        export, content = await self.exports.content(await self.callers.of(request), request.text)
        name = export.remote.file_name or "model.zip"
        with speaking(await self.languages.place(request.channel, request.user)):
            comment = file_of(named(export.model))
        pressed = request.body.get("message") or {}
        await post_files(self.poster, request, {name: content}, request.thread_ts or pressed.get("ts"), comment)
