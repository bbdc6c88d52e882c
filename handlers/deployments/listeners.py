"""`/finetune deployments`; *Deploy…*, which asks first, and *Remove deployment…*."""

from dataclasses import dataclass

from bot.deployments.deployments import Deployments
from handlers.callers import Callers
from handlers.deployments import blocks
from handlers.request import Request


@dataclass(frozen=True)
class DeploymentListeners:
    callers: Callers
    deployments: Deployments

    async def command(self, request: Request) -> None:
        await request.answer(blocks.deployed(await self.deployments.of(await self.callers.of(request))))

    async def deploy(self, request: Request) -> None:
        job, hourly = await self.deployments.check(await self.callers.of(request), request.text)
        await request.answer(blocks.question(job, hourly))

    async def confirmed(self, request: Request) -> None:
        job = await self.deployments.deploy(await self.callers.of(request), request.text)
        await request.in_place.answer(blocks.asked(job))

    async def remove(self, request: Request) -> None:
        job = await self.deployments.remove(await self.callers.of(request), request.text)
        await request.answer(blocks.removing(job))
