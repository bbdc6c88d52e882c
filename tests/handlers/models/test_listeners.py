"""Models, as people ask for them in Slack."""

from collections.abc import Sequence
from datetime import date
from typing import cast

import pytest

from bot.access import Caller, Place
from bot.administration.channel_models import ChannelModels
from bot.collections.learned import LearnedModels
from bot.models.lookup import ModelLookup
from bot.models.model import FineTunedModel
from bot.models.trainable import TrainableModel, TrainableModels
from handlers.callers import Callers
from handlers.models.listeners import ModelListeners
from handlers.web.people import People, Roles
from handlers.web.poster import Poster
from tests.scripted_slack import Slack
from tests.slack_requests import ANA, ENGLISH, Answers, a_request

TUNED = "ft:gpt-4.1-mini-2025-04-14:acme:support:1"


class Models:
    """The base models on offer, and fine-tuned ones that may be seen where this person looks."""

    def __init__(self) -> None:
        self.seen_in: list[Place] = []
        self.allowed: list[str] = []

    async def base(self, channel: str) -> list[TrainableModel]:
        return [TrainableModel("gpt-4.1-mini-2025-04-14", "acme", "gpt-4.1-mini-2025-04-14", 5.0)]

    async def visible(self, caller: Caller, place: Place) -> list[FineTunedModel]:
        self.seen_in.append(place)
        return [FineTunedModel(TUNED, "gpt-4.1-mini-2025-04-14", "job-1", 1_700_000_000.0, ANA.user, date(2027, 1, 14))]

    async def collections_of(self, caller: Caller, models: Sequence[str]) -> dict[str, list[str]]:
        return {model: ["House `voice`"] for model in models}

    async def existing(self, caller: Caller, word: str) -> str:
        return f"ft:{word}"

    async def allow(self, caller: Caller, model: str) -> list[str]:
        self.allowed.append(model)
        return self.allowed

    async def allow_all(self, caller: Caller) -> None:
        self.allowed.clear()


@pytest.fixture
def models() -> Models:
    return Models()


@pytest.fixture
def listeners(slack: Slack, models: Models) -> ModelListeners:
    slack.replies["users.info"] = [{"ok": True, "user": {"id": ANA.user, "team_id": "T0ACME"}}]
    poster = Poster(slack.client)
    return ModelListeners(
        callers=Callers(People(poster, "T0ACME", Roles()), "T0ACME"),
        trainable=cast(TrainableModels, models),
        lookup=cast(ModelLookup, models),
        channel_models=cast(ChannelModels, models),
        learned=cast(LearnedModels, models),
        several_providers=False,
        languages=ENGLISH,
        poster=poster,
    )


async def test_what_may_be_talked_to_in_a_channel_is_said_there(
    slack: Slack, models: Models, listeners: ModelListeners
) -> None:
    for words in ("allow `support`", "allow old", "allow all"):
        await listeners.command(a_request(words))
    said = [call["text"] for call in slack.called("chat.postMessage")]
    assert ["ft:support" in text for text in said] == [True, True, False]
    assert "`ft:old`" in said[1]
    assert "every model" in said[2]


async def test_the_list_has_base_models_and_those_fine_tuned_ones_that_may_be_seen_there(
    models: Models, listeners: ModelListeners
) -> None:
    answers = Answers()
    await listeners.command(a_request("", answers, alone=False))
    assert models.seen_in == [Place("C0TRAINING", alone=False)]
    assert answers.text == "1 fine-tuned model · 1 base model that can be trained"
    blocks = [block.to_dict() for block in answers[0].blocks]
    assert "stops answering on 14 January 2027" in blocks[1]["text"]["text"]
    assert "Learned from `House 'voice'`" in blocks[1]["text"]["text"]
    assert (blocks[1]["accessory"]["action_id"], blocks[1]["accessory"]["value"]) == ("model_chat", TUNED)
    assert "$5.00 per million tokens" in blocks[-1]["text"]["text"]
