from collections.abc import AsyncIterator

import pytest
from parts import provider_over
from stand_in_provider import StandInProvider

from bot.providers.openai_protocol import OpenAIProtocol


@pytest.fixture
async def stand_in() -> AsyncIterator[StandInProvider]:
    async with StandInProvider() as provider:
        yield provider


@pytest.fixture
async def provider(stand_in: StandInProvider) -> AsyncIterator[OpenAIProtocol]:
    async with provider_over(stand_in) as made:
        yield made
