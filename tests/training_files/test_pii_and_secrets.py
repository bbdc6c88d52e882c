"""Secrets and personal data in a text."""

import json
import random
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from stdnum import iban, luhn
from stdnum.cn import ric

from training_files import pii_and_secrets
from training_files.pii_and_secrets import MAIL, NAMED, PERSONAL, find, mask, may_hold, may_hold_secret
from training_files.pii_numbers import ACCOUNT, CARD, IDENTITY, PHONE, PhoneLookup
from training_files.secret_shapes import IN_ADDRESS, secret_shapes

LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
BASE62 = LETTERS + "0123456789"
HEX = "0123456789abcdef"


def drawn(chance: random.Random, alphabet: str, length: int) -> str:
    """By lot, without what is taken for an example."""
    while True:
        text = "".join(chance.choices(alphabet, k=length))
        if not any(word.decode() in text.lower() for word in pii_and_secrets._EXAMPLES):
            return text


# One maker for each kind in secret_shapes.toml, after the issuer's description, not after the pattern.
SECRETS: dict[str, Callable[[random.Random], str]] = {
    "Anthropic key": lambda r: "sk-ant-api03-" + drawn(r, BASE62, 95),
    "OpenAI key": lambda r: r.choice(("sk-", "sk-proj-", "sk-svcacct-")) + drawn(r, BASE62, 48),
    "OpenAI session key": lambda r: "sess-" + drawn(r, BASE62, 40),
    "Hugging Face token": lambda r: "hf_" + drawn(r, LETTERS, 34),
    "GitHub token": lambda r: r.choice(("ghp_", "gho_", "ghs_")) + drawn(r, BASE62, 36),
    "GitLab token": lambda r: "glpat-" + drawn(r, BASE62, 20),
    "Slack token": lambda r: f"xoxb-{r.randint(10**11, 10**12 - 1)}-{drawn(r, BASE62, 24)}",
    "Slack webhook address": lambda r: (
        f"hooks.slack.com/services/T{drawn(r, BASE62, 8)}/B{drawn(r, BASE62, 10)}/{drawn(r, BASE62, 24)}"
    ),
    "Discord webhook address": lambda r: (
        f"discord.com/api/webhooks/{r.randint(10**17, 10**18 - 1)}/{drawn(r, BASE62, 68)}"
    ),
    "Telegram bot token": lambda r: f"{r.randint(10**8, 10**9 - 1)}:AA{drawn(r, BASE62, 33)}",
    "AWS access key": lambda r: "AKIA" + drawn(r, "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567", 16),
    "Google API key": lambda r: "AIza" + drawn(r, BASE62, 35),
    "Google OAuth secret": lambda r: "GOCSPX-" + drawn(r, BASE62, 28),
    "Azure storage key": lambda r: "AccountKey=" + drawn(r, BASE62, 86) + "==",
    "Alibaba Cloud key": lambda r: "LTAI" + drawn(r, BASE62, 20),
    "Tencent Cloud key": lambda r: "AKID" + drawn(r, BASE62, 32),
    "Stripe key": lambda r: "sk_live_" + drawn(r, BASE62, 24),
    "webhook signing secret": lambda r: "whsec_" + drawn(r, BASE62, 32),
    "Shopify token": lambda r: "shpat_" + drawn(r, HEX, 32),
    "SendGrid key": lambda r: f"SG.{drawn(r, BASE62, 22)}.{drawn(r, BASE62, 43)}",
    "Twilio key": lambda r: "SK" + drawn(r, HEX, 32),
    "npm token": lambda r: "npm_" + drawn(r, BASE62, 36),
    "PyPI token": lambda r: "pypi-AgE" + drawn(r, BASE62, 150),
    "Docker token": lambda r: "dckr_pat_" + drawn(r, BASE62, 27),
    "DigitalOcean token": lambda r: "dop_v1_" + drawn(r, HEX, 64),
    "Databricks token": lambda r: "dapi" + drawn(r, HEX, 32),
    "Groq key": lambda r: "gsk_" + drawn(r, BASE62, 52),
    "xAI key": lambda r: "xai-" + drawn(r, BASE62, 80),
    "NVIDIA key": lambda r: "nvapi-" + drawn(r, BASE62, 64),
    "Replicate token": lambda r: "r8_" + drawn(r, BASE62, 37),
    "Vault token": lambda r: "hvs." + drawn(r, BASE62, 90),
    "Grafana token": lambda r: f"glsa_{drawn(r, BASE62, 32)}_{drawn(r, HEX, 8)}",
    "Atlassian token": lambda r: "ATATT3" + drawn(r, BASE62, 180),
    "Notion token": lambda r: "ntn_" + drawn(r, BASE62, 46),
    "JSON web token": lambda r: f"eyJ{drawn(r, BASE62, 33)}.eyJ{drawn(r, BASE62, 60)}.{drawn(r, BASE62, 43)}",
    "private key": lambda r: (
        "-----BEGIN RSA PRIVATE KEY-----\n"
        + "".join(drawn(r, BASE62 + "+/", 64) + "\n" for _ in range(6))
        + "-----END RSA PRIVATE KEY-----"
    ),
    "age key": lambda r: "AGE-SECRET-KEY-1" + drawn(r, "QPZRY9X8GF2TVDW0S3JN54KHCE6MUA7L", 58),
    IN_ADDRESS: lambda r: f"postgresql://app:{drawn(r, BASE62, 14)}Q7x@db.acme.io:5432/main",
    NAMED: lambda r: f"password: {drawn(r, BASE62, 9)}aB7!",
}


def card(chance: random.Random) -> str:
    start = "4" + "".join(chance.choices("0123456789", k=14))
    digits = start + luhn.calc_check_digit(start)
    return " ".join(digits[at : at + 4] for at in range(0, 16, 4)) if chance.random() < 0.5 else digits


def account(chance: random.Random) -> str:
    body = "".join(chance.choices("0123456789", k=18))
    return next(f"DE{check:02}{body}" for check in range(2, 99) if iban.is_valid(f"DE{check:02}{body}"))


def identity(chance: random.Random) -> str:
    start = f"110105{chance.randint(1950, 2005)}{chance.randint(1, 12):02}{chance.randint(1, 28):02}"
    start += f"{chance.randint(1, 999):03}"
    return start + ric.calc_check_digit(start + "0")  # which passes over the last


PEOPLES: dict[str, Callable[[random.Random], str]] = {
    MAIL: lambda r: (
        f"{drawn(r, 'abcdefghij', 6)}.{drawn(r, 'klmnopq', 5)}@{r.choice(('gmail.com', 'qq.com', 'web.de'))}"
    ),
    PHONE: lambda r: r.choice(("+49 151 2345{:04}", "1381234{:04}", "(415) 867-{:04}", "+8613912{:06}")).format(
        r.randint(1000, 9999)
    ),
    CARD: card,
    ACCOUNT: account,
    IDENTITY: identity,
}
SURROUNDINGS = (
    ("", ""),
    ("Please note it: ", ", and thanks."),
    ("我的是", "，谢谢。"),
    ("(", ")"),
    ("“", "”"),
    ("x\n", "\ny"),
)


@pytest.mark.parametrize("kind", [*SECRETS, *PEOPLES])
def test_each_kind_is_found_in_english_and_in_chinese_and_in_json(kind: str) -> None:
    chance = random.Random(kind)
    for before, after in SURROUNDINGS * 3:
        thing = (SECRETS | PEOPLES)[kind](chance)
        text = before + thing + after
        kinds = [span.kind for span in find(text)]
        assert kinds == [kind], text
        assert may_hold(json.dumps({"content": text}).encode()), text
        assert may_hold_secret(json.dumps({"content": text}).encode()) or kind in PEOPLES, text
        assert may_hold_secret(text.encode()) or kind in PEOPLES, text
        assert may_hold(json.dumps({"content": text}, ensure_ascii=False).replace("/", "\\/").encode()), text


def test_every_shape_in_the_table_has_a_maker_here_and_a_source() -> None:
    shapes = secret_shapes()
    assert {shape.kind for shape in shapes} <= set(SECRETS)
    assert all(shape.source for shape in shapes)


@pytest.mark.parametrize(
    "text",
    [
        "Write to support@acme.com or jane@example.com, not to icon@2x.png.",
        "git clone git@github.com:acme/app.git",
        "Set OPENAI_API_KEY=sk-your-key-goes-here-0123 first.",
        "AWS shows AKIAIOSFODNN7EXAMPLE in its guide.",
        "password: required; token = tokenizer.decode(ids[1]); secret=os.environ['SECRET_2']",
        "The password is wrong, and the api key is missing.",
        "sk-learn-examples-for-beginners-2 and hf_hub_download_of_a_model_by_name",
        "See 2023-05-12 10:30:22, version 3.14159265358979, id 1700000000000, at 10.0.0.1:8080.",
        "Order 4532015112830367 has the wrong checksum.",
        "Test with 4111 1111 1111 1111 or 4242424242424242.",
        "https://shop.acme.com/item/13812345678/view?id=4532015112830366",
        "In films they dial 555-0123 or (212) 555-0147.",
        "Our free line: 1-800-356-9377, 在中国 400-810-8888",
        "x = 13192187500*p**3 - 16265625000*r",
        "ISBN 978-3-16-148410-0, ISSN 2049-3630, EAN 4006381333931",
        "SSN 123-45-6789 is everybody's example",
        "The years 1914 1918 1939 1945 and the sums 1,234,567.89 and 12 345 678",
        "密码是什么？电话号码请看官网。",
    ],
)
def test_what_is_nobodys_and_no_secret_is_left_alone(text: str) -> None:
    assert mask(text) == (text, [])


def test_a_mask_says_what_stood_there_and_keeps_the_rest() -> None:
    text = "我是王伟，邮箱wang.wei@qq.com，手机13812345678；the card is 4532 0151 1283 0366."
    assert mask(text) == (
        "我是王伟，邮箱[EMAIL]，手机[PHONE]；the card is [CARD].",
        [MAIL, PHONE, CARD],
    )


def test_several_numbers_with_blanks_between_them_are_told_apart() -> None:
    found, _ = mask("13812345678 4532015112830366 11010519491231002X")
    assert found == "[PHONE] [CARD] [ID]"


def test_a_national_number_needs_a_word_before_it() -> None:
    assert mask("Tel.: 030 90182000")[0] == "Tel.: [PHONE]"
    assert mask("电话：010-62781234")[0] == "电话：[PHONE]"
    assert mask("Items 030 90182000")[1] == []


@pytest.mark.parametrize("last", [None, -1], ids=["whole", "cut off"])
def test_a_private_key_is_masked_whatever_follows_it(last: int | None) -> None:
    lines = SECRETS["private key"](random.Random(0)).splitlines()[:last]
    masked, kinds = mask("\n".join([*lines, "Here is your sample, replace it."]))
    assert kinds == ["private key"]
    assert not any(line in masked for line in lines[1:-1])
    if last is None:
        assert masked == "[SECRET]\nHere is your sample, replace it."


def test_after_many_look_ups_the_form_of_a_phone_number_decides() -> None:
    nobodys = "(199) 867-5309"
    phones = PhoneLookup(most=2)
    assert mask(nobodys, phones)[1] == []
    mask("(415) 867-5301", phones)
    assert mask("(415) 867-5302 and +86 139 1234 5678", phones)[1] == [PHONE, PHONE]
    assert mask(nobodys, phones)[1] == []  # it was looked up while there was room
    assert mask("(199) 867-5310", phones)[1] == [PHONE]
    assert mask("(199) 867-5310")[1] == []


def test_an_identity_number_of_a_place_without_a_county_is_passed_over() -> None:
    assert find("619501199808166676") == []


def test_what_follows_an_account_number_is_left() -> None:
    assert mask("IBAN DE89 3704 0044 0532 0130 00 IS MINE")[0] == "IBAN [ACCOUNT] IS MINE"


def test_only_the_password_of_an_address_and_its_user_are_masked() -> None:
    assert mask("postgres://admin:s3cretPw9@db.acme.io/x")[0] == "postgres://[SECRET]@db.acme.io/x"


PIECES = st.sampled_from(
    [
        *(make(random.Random(1)) for make in (SECRETS | PEOPLES).values()),
        *(
            "password: ",
            "密码是",
            "token=",
            "@",
            "://",
            ":",
            " ",
            "-",
            "\n",
            "1",
            "138",
            "+",
            "😀",
            "\ud800",
            "é",
            "[EMAIL]",
            "sk-",
        ),
    ]
)


@settings(max_examples=300, deadline=None)
@given(st.lists(st.one_of(PIECES, st.text(max_size=12)), max_size=8).map("".join))
def test_masking_twice_is_masking_once_and_spans_are_in_order_and_in_range(text: str) -> None:
    end = 0
    for span in find(text):
        assert end <= span.start < span.end <= len(text)
        end = span.end
    masked, kinds = mask(text)
    assert mask(masked) == (masked, [])
    assert len(kinds) >= len(find(text))


@settings(max_examples=200, deadline=None)
@given(st.sampled_from(sorted(SECRETS | PEOPLES)), st.integers(), st.text(max_size=20), st.text(max_size=20))
def test_a_thing_on_a_line_of_its_own_never_survives_a_mask(kind: str, seed: int, before: str, after: str) -> None:
    thing = (SECRETS | PEOPLES)[kind](random.Random(seed))
    masked, kinds = mask(f"{before}\n{thing}\n{after}")
    core = re.sub(r"^password: |^postgresql://app:|@db.*$", "", thing)
    assert core not in masked
    assert kinds
    assert (kinds[0] in PERSONAL) == (kind in PERSONAL) or len(kinds) > 1


@pytest.mark.parametrize("name", ["lsat-train.jsonl", "lsat-validation.jsonl"])
def test_nothing_is_found_in_real_examples_that_hold_nothing(root: Path, name: str) -> None:
    path = root.parent / "shared" / "data" / name
    if not path.exists():
        pytest.skip(f"needs {path}")
    assert [line for line in path.read_text(encoding="utf-8").splitlines() if find(line)] == []
