"""The Home tab in the sandbox: opened, kept up to date while a job goes on, turned, and its buttons pressed."""

import time

from sandbox.seed import BEN
from tests.e2e.world import World


async def test_home_follows_a_job_and_opens_what_there_is(w: World) -> None:
    await w.person.set_locale("zh-CN", "ben")
    async with w.bot(finetune_approval_above=0, finetune_approvers=[BEN]):
        for user, nothing in (("ana", "No job yet"), ("ben", "还没有任务")):
            await w.person.open_home(user)
            await w.person.wait_home(user, contains=nothing)
        await w.start(await w.drop(), suffix="support")
        await w.person.wait_home("ana", contains="Waiting for approval")
        asked = await w.person.wait_home("ben", contains="等你处理")
        await w.person.click_in_view("ben", asked["id"], "job_approve")
        await w.person.wait_message("@ben", contains="你已批准")
        job = await w.job_at_provider()
        w.provider.run(job, steps=2)
        began = time.monotonic()
        await w.person.wait_home("ana", contains="Training")
        assert time.monotonic() - began < 5
        w.provider.succeed(job)
        home = await w.person.wait_home("ana", contains="Ready")
        await w.person.click_in_view("ana", home["id"], "home_models")
        home = await w.person.wait_home("ana", contains="The team's models")
        await w.person.click_in_view("ana", home["id"], "model_chat")
        await w.person.wait_message("@ana", payload={"id": "chat/*"})
        await w.person.click_in_view("ben", asked["id"], "home_spending")
        await w.person.wait_home("ben", contains="整个工作区")
