"""A conversation without names, secrets and personal data."""

import time
from collections.abc import Mapping, Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from training_files.masking import LINK, SECRETS, Mask, mask_texts
from training_files.pii_and_secrets import MAIL, find
from training_files.pii_numbers import CARD, PHONE

KEY = "sk-proj-4tYh29QmLxVb7RzKd3WcPn8sGf61JuTe"
PEOPLE = {"U1": ("Ana Ruiz", "ana"), "U2": ("Ben Okafor",), "U3": ("王小明",), "U4": ("欧阳雪梅",), "U5": ("Will",)}


def masked(*texts: str, people: Mapping[str, Sequence[str]] | None = None) -> list[str]:
    return list(mask_texts(texts, PEOPLE if people is None else people).texts)


def test_a_person_has_one_placeholder_through_the_whole_conversation_however_they_are_called() -> None:
    assert masked(
        "Hi Ana Ruiz, Ben here. <@U2> asked first.",
        "ana: thanks, BEN  OKAFOR! @ana out",
        "<@U1|ana> and Ruiz are one person",
    ) == [
        "Hi [NAME_2], [NAME_1] here. [NAME_1] asked first.",
        "[NAME_2]: thanks, [NAME_1]! [NAME_2] out",
        "[NAME_2] and [NAME_2] are one person",
    ]


def test_chinese_names_are_found_where_no_blank_sets_them_apart() -> None:
    assert masked("请王小明看一下，小明昨天问过欧阳雪梅。雪梅说可以，问Ana也行。") == [
        "请[NAME_1]看一下，[NAME_1]昨天问过[NAME_2]。[NAME_2]说可以，问[NAME_3]也行。"
    ]


def test_names_inside_other_words_are_left_alone() -> None:
    assert masked("Bananas and analysis, Bent, Benedict; banana") == ["Bananas and analysis, Bent, Benedict; banana"]


def test_a_name_that_is_an_ordinary_word_is_masked_with_a_capital_letter_only() -> None:
    assert masked("Will, I will do it.") == ["[NAME_1], I will do it."]


def test_what_stands_beside_a_name_in_slack_is_no_name() -> None:
    people = {"U1": ("Ana (Support Team)",), "U2": ("Ben | Sales",), "U3": ("Eva from Berlin",)}
    assert masked("Ana asked Sales and the Support Team from home", people=people) == [
        "[NAME_1] asked Sales and the Support Team from home"
    ]


def test_secrets_and_personal_data_are_masked_in_both_languages_and_counted_by_kind() -> None:
    found = mask_texts(
        [
            f"My key is {KEY}, mail me at lena.k@gmail.com or call +49 151 23456789.",
            f"密钥是{KEY}，邮箱 LENA.K@gmail.com，卡号 4539 1488 0343 6467，手机13812345678。",
        ]
    )
    assert list(found.texts) == [
        "My key is [SECRET_1], mail me at [EMAIL_1] or call [PHONE_1].",
        "密钥是[SECRET_1]，邮箱 [EMAIL_1]，卡号 [CARD_1]，手机[PHONE_2]。",
    ]
    assert found.counts == {SECRETS: 2, MAIL: 2, PHONE: 2, CARD: 1}
    assert found.masks[0] == Mask("[SECRET_1]", SECRETS, KEY, 2)


@pytest.mark.parametrize(
    "link",
    [
        "https://app.acme.io/reset?token=a81f-22",
        "https://acme.blob.core.windows.net/x.csv?sv=2024&sig=Zk1x",
        "https://s3.amazonaws.com/b/k?X-Amz-Signature=7f3a",
        "https://app.acme.io/#accessToken=q1w2",
        "https://docs.acme.io/d/1A9bQx7LmN2pR5sT8uVwXyZ0cDeF/edit",
        "https://ana:pw12@git.acme.io/repo",
    ],
)
def test_a_link_that_opens_something_is_masked_as_a_whole(link: str) -> None:
    found = mask_texts([f"See {link}.", f"看{link}，谢谢"])
    assert list(found.texts) == ["See [LINK_1].", "看[LINK_1]，谢谢"]
    assert found.counts == {LINK: 2}


def test_other_links_stay() -> None:
    text = "Read https://docs.acme.io/refunds?lang=en&country_code=DE#when-to-refund."
    assert masked(text) == [text]


def test_placeholders_that_are_there_already_stay_and_their_numbers_are_not_given_again() -> None:
    assert masked(
        "[NAME_4] wrote to [EMAIL_2].", "Ana: mail max.k@web.de", people={"U1": ("Ana", "Email", "Name")}
    ) == [
        "[NAME_4] wrote to [EMAIL_2].",
        "[NAME_5]: mail [EMAIL_3]",
    ]


PIECES = (
    *("Ana Ruiz", "王小明", "ana", " ", "Will", "\n", KEY, "a.b@gmail.com", "<@U9>", "4539148803436467", "，", "."),
    *("https://x.io/?token=abcdef", "[NAME_1]", "13812345678", "ı", "İ", "\ud800"),
)
texts = st.lists(st.lists(st.sampled_from(PIECES) | st.text(max_size=4), max_size=8).map("".join), max_size=4)


@given(texts)
def test_masking_again_changes_nothing_and_nothing_is_left_to_find(said: list[str]) -> None:
    once = mask_texts(said, PEOPLE).texts
    assert mask_texts(once, PEOPLE).texts == once
    assert not [span for text in once for span in find(text)]
    assert not any("王小明" in text for text in once)


def test_it_takes_time_in_proportion_to_the_text() -> None:
    def seconds(times: int) -> float:
        text = "Ana Rui Ana  Ruiz 王小 http://x.io/?a=1 [NAME_ 555-1 a@b " * times
        people = {f"U{n}": (f"Ana Ru{n}z", f"王小{chr(0x4E00 + n)}") for n in range(40)}
        return min(_timed(text, people) for _ in range(3))

    assert seconds(800) < 16 * seconds(100)


def _timed(text: str, people: Mapping[str, Sequence[str]]) -> float:
    begun = time.process_time()
    mask_texts([text], people)
    return time.process_time() - begun
