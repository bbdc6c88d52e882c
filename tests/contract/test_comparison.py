"""What `finetune-bot doctor --compare` tries the doubles do; a deviation that is planted is told, and no other."""

from collections.abc import AsyncIterator
from typing import Any

import pytest

from bot.doctor.comparison import compared
from bot.doctor.finding import Finding, Level
from bot.doctor.provider_cases import free_cases, paid_cases
from bot.providers.chat import ChatDelta
from tests.doubles import AS_DOCUMENTED, Deviations, Double
from texts import doctor as texts
from texts.language import Language, speaking

UNKNOWN_JOB = "GET /fine_tuning/jobs/ftjob-no-such-thing-finetune-bot"


async def findings(double: Double) -> list[Finding]:
    double.usage = (20, 2)
    provider, stranger = double.connect(), double.connect("sk-not-a-key-0123456789")
    cases = [*free_cases(provider, stranger), *paid_cases(provider, double.deploy(double.base_models[0]))]
    found = await compared(cases)
    await provider.close()
    await stranger.close()
    for language in Language:
        with speaking(language):
            assert all(texts.sentence(finding) for finding in found)
    return found


@pytest.mark.parametrize("deviations", AS_DOCUMENTED, ids=lambda deviations: deviations.vendor.name)
async def test_what_is_documented_is_no_deviation(deviations: Deviations) -> None:
    async with Double(deviations) as double:
        assert [(one.code, one.values) for one in await findings(double)] == [("as_expected", {"count": 9})]
        assert double.files == {}


async def test_a_planted_deviation_is_told_and_no_other() -> None:
    async with Double(AS_DOCUMENTED[0]) as double:
        double.fault(UNKNOWN_JOB, status=500, code="server_error", message="Oops, sk-secret-0123456789abcdef")
        alike, other = await findings(double)
    assert alike.values == {"count": 8}
    assert (other.level, other.code) == (Level.WARNING, "other_unknown_job")
    assert str(other.values["seen"]).startswith("500 server_error Oops")
    assert "0123456789abcdef" not in str(other.values["seen"])


async def test_a_file_that_is_not_found_again_is_not_left_there(monkeypatch: pytest.MonkeyPatch) -> None:
    async def found_nowhere(_name: str) -> None:
        return None

    async with Double(AS_DOCUMENTED[0]) as double:
        provider = double.connect()
        monkeypatch.setattr(provider, "find_upload", found_nowhere)
        [case] = [one for one in free_cases(provider, provider) if one.code == "other_files"]
        assert str(await case.run()).endswith(": None")
        assert double.files == {}
        await provider.close()


async def test_an_answer_without_a_word_of_a_model_that_does_not_exist_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    async def silence(_request: Any) -> AsyncIterator[ChatDelta]:
        for delta in ():
            yield delta

    async with Double(AS_DOCUMENTED[0]) as double:
        provider = double.connect()
        monkeypatch.setattr(provider, "chat", silence)
        [case] = [one for one in free_cases(provider, provider) if one.code == "other_unknown_model"]
        assert await case.run() == "200"
        await provider.close()
