"""Which answers count as refusals."""

import pytest

from training_files.content_scan.refusals import refuses


@pytest.mark.parametrize(
    "answer",
    [
        "I'm sorry, but I can't assist with that request.",
        "I’m sorry, but I can’t help with that.",
        "I cannot provide medical advice.",
        "Unfortunately, I am not able to answer this.",
        "As an AI language model, I don't have personal opinions.",
        "I must respectfully decline.",
        "很抱歉，我无法回答这个问题。",
        "对不起，我不能提供这类信息。",
        "作为一个人工智能语言模型，我无法给出建议。",
        "我无法协助您完成这个请求。",
        "申し訳ありませんが、そのご質問にはお答えできません。",
        "죄송하지만 그 요청은 도와드릴 수 없습니다.",
        "Es tut mir leid, aber dabei kann ich dir nicht helfen.",
        "Je suis désolé, mais je ne peux pas vous aider.",
        "Lo siento, pero no puedo ayudarte con eso.",
        "Desculpe, mas não posso ajudar com isso.",
        "Mi dispiace, ma non posso aiutarti.",
        "Извините, но я не могу помочь с этим.",
    ],
)
def test_a_refusal_is_recognised_in_its_language(answer: str) -> None:
    assert refuses(answer)


@pytest.mark.parametrize(
    "answer",
    [
        "I'm sorry to hear that! Let's get your order replaced.",
        "I'm sorry for the delay. Your parcel arrives tomorrow.",
        "You cannot return it after 30 days.",
        "I can't wait to help you!",
        "As an AI researcher you will want the data first.",
        "抱歉让您久等了，订单已经发货。",
        "您不能在三十天后退货。",
        "我不能更同意了！",
        "Leider ist der Artikel ausverkauft. Ich bestelle ihn gern für Sie.",
        "Désolé pour le retard : votre colis arrive demain.",
        "",
    ],
)
def test_an_apology_or_a_rule_is_no_refusal(answer: str) -> None:
    assert not refuses(answer)
