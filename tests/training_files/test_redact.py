import time

import pytest

from training_files.redact import MARK, redact


@pytest.mark.parametrize(
    "secret",
    [
        "sk-proj-abcDEF123456789012345",
        "sk-1234567890abcdef1234567890abcdef",
        "sk-proj-****************************abcd",
        "xoxb-" + "1234-5678-abcdEFGH",
        "xapp-" + "1-A0123-456-abcdef",
        "xoxe.xoxp-" + "1-abcdef",
        "hf_" + "abcdefghijKLMNOP",
        "ghp_" + "abcdefghijklmnop1234",
        "AKIA" + "ABCDEFGHIJKLMNOP",
        "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0x.abcdefghijk_-",
        "https://hooks.slack.com/services/T1/B2/abc",
        "sess-" + "abcdefgh12345678",
        "sk_live_" + "abcDEF1234567890",
        "npm_" + "abcDEF1234567890" * 2 + "abcd",
        "gsk_" + "abcDEF1234567890" * 3,
        "-----BEGIN RSA " + "PRIVATE KEY-----\nMIIEpAIBAAKCAQEA\n-----END RSA PRIVATE KEY-----",
    ],
)
def test_keys_are_known_by_their_shape(secret: str) -> None:
    assert redact(f"before {secret} after") == f"before {MARK} after"


def test_what_a_name_announces_as_secret_is_taken_out_and_the_name_stays() -> None:
    assert redact("Authorization: Bearer abc.def-123456") == f"Authorization: Bearer {MARK}"
    assert redact("Incorrect API key provided: wrong-key.") == f"Incorrect API key provided: {MARK}"
    assert redact('{"api_key": "abcdefgh1"}') == f'{{"api_key": "{MARK}"}}'
    assert redact("https://ada:secret@host/v1") == f"https://{MARK}host/v1"
    assert redact("postgresql://ada:secret@host/v1") == f"postgresql://{MARK}host/v1"


@pytest.mark.parametrize(
    "text",
    [
        "Training file has 7 example(s), but must have at least 10 examples",
        "file-abc123 and ftjob-abc123 and ft:gpt-4.1-mini:org:support:9abcDEF",
        "sk-translations.jsonl",
        "sk-learn-examples.jsonl",
        "The bearer of this letter",
        "task-force-recommendations-2026",
        "a password is needed; password: required",
        "bearer certificates are basic instruments",
    ],
)
def test_ordinary_text_stays_as_it_is(text: str) -> None:
    assert redact(text) == text


def test_text_made_to_be_slow_is_not() -> None:
    began = time.process_time()
    for piece in (
        "sk-",
        "-----BEGIN PRIVATE KEY-----",
        "eyJ",
        "eyJaaaaaaaa-",
        "https://a",
        "api key" + " " * 50,
        "Bearer ",
        "a:",
    ):
        redact(piece * 20_000)
    assert time.process_time() - began < 5
