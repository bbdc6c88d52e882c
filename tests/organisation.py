"""A provider that has been used for years: jobs, files, results; and one that is busy and breaks off, if it is told to
be `rude`."""

import asyncio
import base64
import itertools
from typing import Any

from aiohttp import web

from tests.stand_in_provider import Json, StandInProvider

BEGAN = 1_740_000_000
RESULTS = b"step,train_loss,train_accuracy,valid_loss,valid_mean_token_accuracy\n1,3.0,0.5,,\n2,1.5,0.75,,\n"


class Organisation(StandInProvider):
    """Its listings come in pages of `page`. `takes`: seconds of each request; `most_at_once`: requests that were
    under way together."""

    def __init__(self, *, page: int = 100, newest_first: bool = True) -> None:
        super().__init__(newest_first=newest_first)
        self.page = page
        self.rude = False
        self.takes = 0.0
        self.most_at_once = 0
        self._at_once = 0
        self._turn = itertools.count()

    def add_history(self, jobs: int, *, files: int, steps: int = 3, results_of: int = 1) -> None:
        """Jobs that have succeeded, on fewer files, every `results_of`-th with its results; the last one still runs."""
        for n in range(files):
            self.files[f"file-{n:04}"] = (f"questions {n}.jsonl", b'{"messages": [%d]}\n' % n * 2_000)
        for n in range(jobs):
            at = BEGAN + n * 3600
            job = self.add_job(training_file=f"file-{n % files:04}", created_at=at)
            self.run(job, steps, steps)
            if n < jobs - 1:
                self.succeed(job)
                self.jobs[job]["finished_at"] = at + 60
                if n % results_of == 0:
                    results = f"file-results-{n:04}"
                    self.files[results] = ("step_metrics.csv", base64.b64encode(RESULTS))
                    self.jobs[job]["result_files"] = [results]
            for number, event in enumerate(self.events[job]):
                event["created_at"] = at + number // 2
            for checkpoint in self.checkpoints[job]:
                checkpoint["created_at"] = at + 50

    def _file_object(self, file_id: str) -> Json:
        purpose = "fine-tune-results" if "results" in file_id else "fine-tune"
        return {**super()._file_object(file_id), "created_at": BEGAN, "purpose": purpose}

    async def _list_files(self, request: web.Request) -> web.Response:
        ids = list(self.files)
        return self._paged([self._file_object(id) for id in (reversed(ids) if self.newest_first else ids)], request)

    async def _list_jobs(self, request: web.Request) -> web.Response:
        jobs = list(self.jobs.values())
        return self._paged(jobs[::-1] if self.newest_first else jobs, request)

    async def _list_events(self, request: web.Request) -> web.Response:
        events = self.events[request.match_info["id"]]
        return self._paged(events[::-1] if self.newest_first else events, request)

    def _paged(self, objects: list[Json], request: web.Request) -> web.Response:
        ids = [one["id"] for one in objects]
        begin = ids.index(request.query["after"]) + 1 if "after" in request.query else 0
        page = objects[begin : begin + self.page]
        return web.json_response({"object": "list", "data": page, "has_more": begin + self.page < len(objects)})

    @web.middleware
    async def _door(self, request: web.Request, handler: Any) -> web.StreamResponse:
        self._at_once += 1
        self.most_at_once = max(self.most_at_once, self._at_once)
        try:
            await asyncio.sleep(self.takes)
            if self.rude and (refusal := await self._rude_answer(request, next(self._turn))):
                return refusal
            return await super()._door(request, handler)
        finally:
            self._at_once -= 1

    async def _rude_answer(self, request: web.Request, turn: int) -> web.StreamResponse | None:
        """Too busy with and without a time to wait, broken, gone in the middle of an answer."""
        if turn % 29 == 3:
            headers = {"Retry-After": "1"} if turn % 2 else {}
            return web.json_response(
                {"error": {"message": "Slow down.", "code": "slow_down"}}, status=429, headers=headers
            )
        if turn % 31 == 5:
            return web.json_response({"error": {"message": "The server had an error."}}, status=500)
        if turn % 11 == 7:
            answer = web.StreamResponse(headers={"Content-Length": "100000"})
            await answer.prepare(request)
            await answer.write(b'{"messages": [0]}\n')
            assert request.transport is not None
            request.transport.abort()
            return answer
        return None
