"""What a channel reads of models that stop answering, in both languages."""

from bot.jobs.notice import ModelsRetire, ModelsRetired, RetirementBody, RetiringModel
from handlers.outgoing.retirement_blocks import render
from texts.language import Language, speaking

MINI = "gpt-4.1-mini-2025-04-14"
VOICE = RetiringModel(f"ft:{MINI}:acme:voice:1", MINI, ("U0BEN", "U0ANA"), 1_700_000_000.0, current=True)
UNUSED = RetiringModel(f"ft:{MINI}:acme:mails:2", MINI, ("U0ANA",))


def shown(body: RetirementBody, language: Language = Language.ENGLISH) -> str:
    with speaking(language):
        return str([block.to_dict() for block in render(body).blocks])


def test_a_warning_says_which_models_until_when_who_uses_them_and_what_to_do() -> None:
    said = shown(ModelsRetire((VOICE, UNUSED), "2027-01-14", 30))
    assert "*These models stop answering on 14 January 2027: 30 days left*" in said
    assert "`voice` · from `gpt-4.1-mini-2025-04-14` · the current model of this channel · last used <!date" in said
    assert "by <@U0BEN> and <@U0ANA>" in said
    assert "`mails` · from `gpt-4.1-mini-2025-04-14` · trained by <@U0ANA>, not used here yet" in said
    assert "Press *Move…* to have it trained anew elsewhere" in said


def test_one_model_on_its_last_day() -> None:
    assert "This model stops answering on 14 January 2027: 1 day left" in shown(ModelsRetire((VOICE,), "2027-01-14", 1))
    assert "Since 14 January 2027 this model no longer answers" in shown(ModelsRetired((VOICE,), "2027-01-14"))


def test_it_is_said_in_chinese() -> None:
    said = shown(ModelsRetire((VOICE, UNUSED), "2027-01-14", 30), Language.CHINESE)
    assert "2027年1月14日" in said
    assert "还剩 30 天" in said


def test_of_many_models_ten_are_shown() -> None:
    long = [RetiringModel(f"{number}{'m' * 400}", "b" * 300, ("U0BEN",) * 9, 1.0, True, True) for number in range(15)]
    said = shown(ModelsRetired(tuple(long), "2027-01-14"))
    assert "And 5 more." in said
    assert said.count("evaluated here regularly") == 10
