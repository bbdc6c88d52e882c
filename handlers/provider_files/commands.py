"""`/finetune files`: the training files that the provider has; those that no job uses can be deleted."""

import msgspec

from bot.access import Action, Resource, Role
from bot.errors import Conflict, NotFound
from bot.jobs import states
from bot.providers.interface import Refused, RemoteFile
from handlers.provider_files import blocks
from handlers.turn import Turn

# Older ones show when newer ones are gone.
_MOST = 500


class Kept(msgspec.Struct, frozen=True):
    """A file at the provider, as this person may know of it. `name` is what people call it; `owner` is "" where it is
    no upload of ours; `jobs` are those of the jobs which use it that this person may know of, `in_use` tells of any."""

    file: RemoteFile
    name: str
    owner: str
    jobs: tuple[str, ...]
    in_use: bool


async def run(turn: Turn) -> None:
    await turn.answer(await _page(turn, 1))


async def turned(turn: Turn) -> None:
    turn = turn.in_place
    await turn.answer(await _page(turn, int(turn.words)))


async def delete(turn: Turn) -> None:
    """One file; the button has asked."""
    turn = turn.in_place
    kept = next((one for one in await _kept(turn) if one.file.id == turn.words), None)
    if kept is None:
        if turn.again:
            await turn.answer(await _page(turn, 1))
            return
        raise NotFound(f"{turn.services.provider.name} has no file {turn.words} (any more).")
    await _delete(turn, kept)
    await turn.answer(await _page(turn, 1))


async def delete_unused(turn: Turn) -> None:
    """All that no job uses; for administrators."""
    turn = turn.in_place
    await turn.actor(Action.DELETE, _thing(turn, ""))
    for kept in await _kept(turn):
        if not kept.in_use:
            await _delete(turn, kept)
    await turn.answer(await _page(turn, 1))


async def _page(turn: Turn, page: int) -> blocks.Message:
    actor = await turn.actor()
    kept = await _kept(turn)
    rows = [
        blocks.Row(
            one.file,
            one.name,
            one.jobs,
            in_use=one.in_use,
            deletable=not one.in_use and (actor.role is Role.ADMIN or one.owner == turn.user),
        )
        for one in kept
    ]
    return blocks.file_list(turn.services.provider.name, rows, page, admin=actor.role is Role.ADMIN)


async def _kept(turn: Turn) -> list[Kept]:
    """Newest first. What is our upload of files that this person may not know of is left out."""
    services = turn.services
    provider = services.provider.name
    await turn.actor()
    waiting = await services.jobs.in_states(list(states.OURS))
    kept = []
    for file in (await services.provider.files())[:_MOST]:
        sha256 = await services.jobs.content_of(provider, file.id)
        uploads = await services.datasets.by_hash(sha256) if sha256 else []
        visible = [dataset for dataset in uploads if await turn.may(Action.SEE, dataset.resource)]
        if uploads and not visible:
            continue
        jobs = await services.jobs.uses_file(provider, file.id)
        jobs += [
            job
            for job in waiting
            if {job.dataset_id, job.validation_dataset_id} & {dataset.id for dataset in uploads} and job not in jobs
        ]
        shown = tuple([job.id for job in jobs if await turn.may(Action.SEE, job.resource)])
        # It belongs to one person only where nobody else dropped the same bytes.
        owners = {dataset.owner for dataset in uploads}
        owner = owners.pop() if len(owners) == 1 else ""
        kept.append(Kept(file, visible[0].name if visible else file.name, owner, shown, bool(jobs)))
    return kept


async def _delete(turn: Turn, kept: Kept) -> None:
    """Raises Denied, Conflict where a job uses it, ProviderError."""
    services = turn.services
    await turn.actor(Action.DELETE, _thing(turn, kept.owner))
    if kept.in_use:
        who = f"Job {kept.jobs[0]}" if kept.jobs else "A job"
        raise Conflict(f"{who} uses this file. Cancel it or wait for its end, then delete.")
    sha256 = await services.jobs.content_of(services.provider.name, kept.file.id)
    async with turn.recorded("delete file at the provider", kept.file.id):
        try:
            await services.provider.delete_file(kept.file.id)
        except Refused as error:
            if error.status != 404:
                raise
    if sha256:
        await services.jobs.set_provider_file(services.provider.name, sha256, None)


def _thing(turn: Turn, owner: str) -> Resource:
    return Resource(owner, turn.channel, False, "file")
