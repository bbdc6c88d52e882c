"""A model at Azure, from its training to the first answer and back to where it costs nothing."""

import pytest

from bot.providers.azure import AZURE
from tests.doubles import AS_DOCUMENTED, Double
from tests.e2e.world import World, until
from tests.resource_manager import ResourceManager


async def test_a_model_is_deployed_talked_to_and_removed(w: World, monkeypatch: pytest.MonkeyPatch) -> None:
    (as_documented,) = (one for one in AS_DOCUMENTED if one.vendor is AZURE)
    async with Double(as_documented) as openai, ResourceManager() as azure:
        monkeypatch.setenv("AZURE_KEY", openai.key)
        monkeypatch.setenv("AZURE_SECRET", azure.SECRET)
        base = openai.base_models[0]
        file = w.folder / "providers.toml"
        file.write_text(
            f'[providers.azure]\nvendor = "azure"\nbase_url = "{openai.address}"\nkey_env = "AZURE_KEY"\n'
            '[providers.azure.deployment]\nsubscription = "sub-1"\nresource_group = "team"\naccount = "acme"\n'
            'tenant = "tenant-1"\nclient_id = "app-1"\nclient_secret_env = "AZURE_SECRET"\n'
            f'management_url = "{azure.url}"\nlogin_url = "{azure.url}"\n'
            f'[providers.azure.prices."{base}"]\nhosting = 1.7\n'
        )
        async with w.bot(finetune_providers=file):
            card = await w.start(await w.drop())
            await until(lambda: bool(openai.jobs))
            model = openai.train(next(iter(openai.jobs)))
            end = await w.wait_notice("succeeded", card)
            await w.person.click("ana", w.channel, end["ts"], "deployment_deploy")
            question = await w.person.wait_ephemeral("ana", w.channel, contains="about $1,241.00 a month")
            assert azure.deployments == {}
            await w.person.click("ana", w.channel, question["ts"], "deployment_confirmed")
            await until(lambda: bool(azure.deployments))
            azure.settle()
            (name,) = azure.deployments
            openai.deployed[name] = model
            ready = await w.person.wait_message(w.channel, thread_ts=card["ts"], contains="can be talked to")
            assert "$1.70 an hour" in ready["plain"]
            await w.person.click("ana", w.channel, ready["ts"], "job_chat")
            chat = await w.wait_chat()
            await w.person.say("ana", w.channel, "Who are you?", thread_ts=chat["ts"])
            await until(lambda: bool(openai.chats))
            await w.person.command("ana", w.channel, "/finetune", "deployments")
            await w.person.wait_ephemeral("ana", w.channel, contains="1 model is deployed")
            await w.person.click("ana", w.channel, ready["ts"], "deployment_remove")
            await w.person.wait_message(w.channel, thread_ts=card["ts"], contains="removed the deployment")
            assert azure.deployments == {}
