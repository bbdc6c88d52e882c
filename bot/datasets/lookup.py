"""A data set, for those who may know of it."""

from bot.access import Action, Caller
from bot.authority import Authority
from bot.datasets.dataset import Dataset
from bot.datasets.interfaces import DatasetStore
from bot.errors import NotFound


class DatasetLookup:
    def __init__(self, datasets: DatasetStore, authority: Authority) -> None:
        self._datasets = datasets
        self._authority = authority

    async def get(self, caller: Caller, dataset_id: str, action: Action, *, to_post: bool = False) -> Dataset:
        """With `to_post`, what is posted where the caller is may tell of it.

        Raises Denied; NotFound where there is none, it was deleted, or it is not for this person's eyes.
        """
        await self._authority.require(caller, Action.USE)
        unknown = NotFound("unknown_dataset")
        dataset = await self._datasets.get(dataset_id)
        if dataset is None or dataset.deleted_at is not None:
            raise unknown
        require = self._authority.require_to_post if to_post else self._authority.require
        try:
            await require(caller, action, dataset.resource)
        except NotFound:
            raise unknown from None
        return dataset
