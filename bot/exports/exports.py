"""Asking a provider for a fine-tuned model as a file, and for how far it is."""

import hashlib

import msgspec

from bot.access import Action, Caller, Resource
from bot.authority import Authority
from bot.errors import Conflict, Invalid, NotFound
from bot.exports.export import Export, ExportFormat, ExportState, ExportStore
from bot.models.catalogue import Catalogue
from bot.models.lookup import ModelLookup
from bot.models.model import FineTunedModel
from bot.providers.interface import Provider, Refused
from bot.providers.registry import Providers

MOST_TO_UPLOAD = 64_000_000
"""Bytes of an export that is put into Slack itself."""


class ModelExports:
    def __init__(
        self, store: ExportStore, catalogue: Catalogue, lookup: ModelLookup, providers: Providers, authority: Authority
    ) -> None:
        self._store = store
        self._catalogue = catalogue
        self._lookup = lookup
        self._providers = providers
        self._authority = authority

    async def start(
        self, caller: Caller, word: str, format: str, quantization: str | None, *, thread_ts: str | None
    ) -> Export:
        """Ask for an export of the model that `word` names. Done again after a crash it is the same one.

        Raises NotFound, Ambiguous, Denied, ProviderError; Invalid for what is no format; Conflict where the provider
        hands no models out.
        """
        if format not in list(ExportFormat):
            raise Invalid("no_export_format", "as", format=format)
        if quantization is not None and format != ExportFormat.GGUF:
            raise Invalid("only_gguf_is_quantized", "quantization", quantization=quantization)
        model, thing, provider = await self._allowed(caller, word)
        async with self._authority.recorded(caller, Action.EXPORT, model, details=quantization or format):
            try:
                remote = await provider.export(model, format, quantization)
            except Refused as error:
                if error.status in (404, 405):  # the protocol has no such call
                    raise Conflict("export_not_offered", provider=provider.name) from error
                raise
        export = Export(
            id="export-" + hashlib.sha256(caller.key.encode()).hexdigest()[:12],
            provider=provider.name,
            model=model,
            remote=remote,
            owner=caller.user,
            team=caller.team,
            channel=caller.channel,
            thread_ts=thread_ts,
            private=thing.private,
            created_at=caller.at,
        )
        return await self._store.put(export)

    async def check(self, caller: Caller, word: str) -> None:
        """Return if the caller may take the model away. Raises as `start`."""
        await self._allowed(caller, word)

    async def choices(self, caller: Caller) -> list[FineTunedModel]:
        """The models that the caller may take away from here. Raises ProviderError."""
        models = [model for model in await self._lookup.visible(caller, caller.posts_in) if model.exportable]
        things = await self._catalogue.resources([model.id for model in models])
        return [model for model in models if self._authority.allows(caller, Action.EXPORT, things[model.id])]

    async def refreshed(self, export: Export) -> Export:
        """As the provider has it now. Raises ProviderError."""
        if export.state is not ExportState.RUNNING:
            return export
        try:
            remote = await self._providers.named(export.provider).exported(export.remote.id)
        except Refused as error:
            if error.status != 404:
                raise
            remote = msgspec.structs.replace(export.remote, status="failed", why=None)
        changed = msgspec.structs.replace(export, remote=remote)
        if changed != export:
            await self._store.update(changed)
        return changed

    async def content(self, caller: Caller, export_id: str) -> tuple[Export, bytes]:
        """The file, to be posted where the caller is. Raises NotFound, Denied, ProviderError; Conflict where it is too
        large for that, or not there."""
        unknown = NotFound("no_such_thing", kind="model")
        export = await self._store.get(export_id)
        if export is None:
            raise unknown
        thing = await self._catalogue.resource(export.model)
        try:
            await self._authority.require(caller, Action.SEE, thing)
        except NotFound:
            raise unknown from None
        await self._authority.require_to_post(caller, Action.EXPORT, thing)
        if export.state is not ExportState.SUCCEEDED or (export.remote.bytes or 0) > MOST_TO_UPLOAD:
            raise Conflict("export_too_large")
        return export, await self._providers.named(export.provider).export_content(export.remote.id)

    async def _allowed(self, caller: Caller, word: str) -> tuple[str, Resource, Provider]:
        model = await self._lookup.named(caller, word, tuned_only=True)
        thing = await self._catalogue.resource(model)
        try:
            await self._authority.require(caller, Action.SEE, thing)
        except NotFound:
            raise NotFound("unknown_model", model=word) from None
        if not await self._catalogue.exists(model) or model in await self._catalogue.base_models():
            raise NotFound("unknown_model", model=word)
        await self._authority.require_to_post(caller, Action.EXPORT, thing)
        provider = await self._catalogue.provider_of(model)
        if not self._catalogue.vendor(provider.name).exports:
            raise Conflict("export_not_offered", provider=provider.name)
        return model, thing, provider
