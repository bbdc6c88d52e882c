"""What jobs leave behind in the data folder when they end."""

from __future__ import annotations

import contextlib
import shutil
from collections.abc import Iterator

from trainer.objects import Job
from trainer.settings import Settings
from trainer.store import Store
from trainer.training.runners.interface import Runner


class Leftovers:
    def __init__(self, settings: Settings, store: Store, runner: Runner) -> None:
        self._settings = settings
        self._store = store
        self._runner = runner

    def make_folders(self) -> None:
        for folder in (self._settings.uploads, self._settings.models, self._settings.states):
            folder.mkdir(parents=True, exist_ok=True)
        self._settings.states.chmod(0o700)

    def ended_jobs(self) -> Iterator[Job]:
        """Those that a server that was cut off has not tidied up after; empty folders go."""
        for folder in self._settings.states.iterdir():
            left = self._store.job(folder.name)
            if left is not None and left.finished:
                yield left
        for folder in self._settings.models.iterdir():
            left = self._store.job(folder.name)
            if left is None or left.finished:
                with contextlib.suppress(OSError):  # not empty
                    folder.rmdir()

    def tidy(self, job: Job) -> None:
        """Remove what an ended job leaves behind, snapshots that answer as models aside."""
        status = self._store.status(job.id)
        if status in ("succeeded", "failed", "cancelled"):
            shutil.rmtree(self._settings.states / job.id, ignore_errors=True)
            self._runner.tidy(self._settings.states / job.id)
        if status in ("failed", "cancelled"):
            named = {model.folder for model in self._store.models()}
            folder = self._settings.models / job.id
            for child in folder.glob("*"):
                if f"{job.id}/{child.name}" not in named:
                    shutil.rmtree(child, ignore_errors=True)
            with contextlib.suppress(OSError):  # not empty, or not there
                folder.rmdir()

    def make_room(self, job: Job) -> None:
        """On a full disk: the weights and states of this job are what can be spared."""
        for folder in (self._settings.models, self._settings.states):
            shutil.rmtree(folder / job.id, ignore_errors=True)
