"""A model is found among many by what people type."""

from tests.e2e.world import MODEL, World


async def test_a_model_is_searched_among_all_and_opened(w: World) -> None:
    w.provider.tuned += [f"ft:{MODEL}:acme:voice-{number:03}:abc{number:05}" for number in range(120)]
    async with w.bot() as bot:
        await w.person.command("ana", w.channel, "/finetune", "chat")
        choice = await w.person.wait_ephemeral("ana", w.channel, "Which model")
        where = ("ana", w.channel, choice["ts"], "model_search")
        assert len(await w.person.suggest_in_message(*where, "")) == 100
        found = await w.person.suggest_in_message(*where, "VOICE-07")
        assert {option["text"]["text"] for option in found} == {f"voice-07{number}" for number in range(10)}
        assert (await w.person.suggest_in_message(*where, MODEL))[0]["value"] == MODEL
        assert await w.person.suggest_in_message(*where, "nothing like it") == []
        await w.person.suggest_in_message(*where, "voice-077")
        await w.person.choose(*where, "voice-077")
        opened = await w.wait_chat()
        assert "voice-077" in opened["plain"]
        await w.settled(bot)


async def test_base_models_are_offered_where_none_is_fine_tuned(w: World) -> None:
    async with w.bot():
        await w.person.command("ana", w.channel, "/finetune", "chat")
        choice = await w.person.wait_ephemeral("ana", w.channel, "Which model")
        where = ("ana", w.channel, choice["ts"], "model_search")
        assert [option["value"] for option in await w.person.suggest_in_message(*where, "")] == [MODEL]
        await w.person.choose(*where, MODEL)
        opened = await w.wait_chat()
        assert MODEL in opened["plain"]
