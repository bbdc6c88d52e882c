from pathlib import Path

import pytest

from app.connecting import configured
from bot.errors import StartError
from bot.settings import Settings, load
from texts.errors import sentence
from texts.language import Language, speaking
from texts.settings import unusable
from training_files.tokens import tokenizers_folder


@pytest.fixture(autouse=True)
def _empty_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in Settings.model_fields:
        monkeypatch.delenv(name.upper(), raising=False)
    monkeypatch.chdir(tmp_path)


def test_nothing_needs_to_be_set_to_read_the_settings() -> None:
    settings = load()
    assert settings.slack_bot_token is None
    assert settings.finetune_poll_seconds == 5.0
    assert settings.provider_name == "openai"


def test_the_environment_goes_before_the_file(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("HTTP_PORT=4000\nHTTP_HOST=127.0.0.1\nSOMETHING_ELSE=ignored\n")
    monkeypatch.setenv("HTTP_PORT", "5000")
    assert (load().http_port, load().http_host) == (5000, "127.0.0.1")


def test_an_empty_variable_counts_as_not_set(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SLACK_BOT_TOKEN", "")
    monkeypatch.setenv("HTTP_PORT", "")
    assert load().slack_bot_token is None
    assert load().http_port == 3000


def test_lists_are_separated_by_commas(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FINETUNE_ADMINS", "U0ANA, U0BEN,,")
    assert load().finetune_admins == ["U0ANA", "U0BEN"]


@pytest.mark.parametrize("value", [" sk-abc\n", '"sk-abc"', "'sk-abc'", ' " sk-abc" '])
def test_blanks_and_quotes_around_a_token_are_dropped(monkeypatch: pytest.MonkeyPatch, value: str) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", value)
    key = load().openai_api_key
    assert key is not None
    assert key.get_secret_value() == "sk-abc"


@pytest.mark.parametrize(
    ("name", "value", "says"),
    [
        ("HTTP_PORT", "99999", "HTTP_PORT must be 65535 or less."),
        ("HTTP_PORT", "three thousand", "HTTP_PORT must be a whole number."),
        ("FINETUNE_POLL_SECONDS", "0", "FINETUNE_POLL_SECONDS must be more than 0."),
        ("FINETUNE_MAX_FILE_MB", "-1", "FINETUNE_MAX_FILE_MB must be 1 or more."),
        ("FINETUNE_ALLOW_GUESTS", "perhaps", "FINETUNE_ALLOW_GUESTS must be true or false."),
        ("OPENAI_BASE_URL", "localhost:8902/v1", "OPENAI_BASE_URL must begin with http:// or https://."),
        ("OPENAI_BASE_URL", "http://", "OPENAI_BASE_URL is no address, such as https://api.openai.com/v1."),
        ("OPENAI_BASE_URL", "http://:8902/v1", "OPENAI_BASE_URL is no address"),
        ("OPENAI_BASE_URL", "http://localhost:port/v1", "OPENAI_BASE_URL is no address"),
        ("OPENAI_BASE_URL", "http://[::1/v1", "OPENAI_BASE_URL is no address"),
        ("OPENAI_BASE_URL", "http://my host/v1", "OPENAI_BASE_URL is no address"),
        ("FINETUNE_PUBLIC_URL", "http://ft.example.com", "must be https:// and a host, such as https://finetune."),
        ("FINETUNE_PUBLIC_URL", "https://example.com/finetune", "FINETUNE_PUBLIC_URL must be https:// and a host"),
        ("SLACK_API_URL", "slack.com/api", "SLACK_API_URL must begin with http:// or https://."),
        ("OPENAI_API_KEY", "sk-abc…def", "OPENAI_API_KEY has characters that no token has; copy it again."),
        ("SLACK_BOT_TOKEN", "“xoxb-1”", "SLACK_BOT_TOKEN has characters that no token has"),
        ("SLACK_BOT_TOKEN", "'xoxb-1", "SLACK_BOT_TOKEN has characters that no token has"),
        ("FINETUNE_ADMINS", "U0ANA,ben", "FINETUNE_ADMINS: ben is no ID of a person (U…)"),
        ("SLACK_BOT_TOKEN", "xoxb-1 xoxb-2", "SLACK_BOT_TOKEN has characters that no token has"),
    ],
)
def test_a_value_that_cannot_be_used_is_named_in_a_sentence(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str, says: str
) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(StartError) as error:
        load()
    said = sentence(error.value)
    assert says in said
    assert said.startswith("A setting cannot be used.")
    with speaking(Language.CHINESE):
        said = sentence(error.value)
    assert said.startswith(f"有设置无法使用。{name} ")
    assert "无法使用：" not in said  # it is not left to pydantic's words


def test_a_choice_that_there_is_not_is_answered_with_the_choices(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FINETUNE_LANGUAGE", "de")
    with pytest.raises(StartError) as error:
        load()
    assert sentence(error.value) == "A setting cannot be used. FINETUNE_LANGUAGE can be: en and zh."
    with speaking(Language.CHINESE):
        assert sentence(error.value) == "有设置无法使用。FINETUNE_LANGUAGE 可以是：en 和 zh。"


def test_what_we_do_not_know_of_pydantic_is_said_in_its_words() -> None:
    assert unusable("A", "too_odd", {}, "Input is odd") == "A cannot be used: Input is odd."


def test_every_wrong_setting_is_named_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PORT", "99999")
    monkeypatch.setenv("FINETUNE_POLL_SECONDS", "-5")
    with pytest.raises(StartError, match=r"HTTP_PORT.*FINETUNE_POLL_SECONDS"):
        load()


def test_a_wrong_token_is_not_repeated(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-secret0123456789 ")
    monkeypatch.setenv("SLACK_APP_TOKEN", "xapp-sécret")
    with pytest.raises(StartError) as error:
        load()
    assert "cret" not in str(error.value)


def test_a_file_of_settings_that_is_no_text_gets_a_sentence(tmp_path: Path) -> None:
    (tmp_path / ".env").write_bytes(b"HTTP_PORT=\xff\xfe")
    with pytest.raises(StartError, match="env_unreadable"):
        load()


@pytest.mark.parametrize(
    ("settings", "name"),
    [
        ({}, "openai"),
        ({"openai_base_url": "http://127.0.0.1:8902/v1"}, "trainer"),
        ({"openai_base_url": "http://localhost:8902/v1"}, "trainer"),
        ({"openai_base_url": "http://[::1]:8902/v1"}, "trainer"),
        ({"openai_base_url": "https://api.tokenfactory.nebius.com/v1/"}, "api.tokenfactory.nebius.com"),
        ({"openai_base_url": "https://gpu.acme.example:8902/v1"}, "gpu.acme.example"),
        ({"openai_base_url": "https://user:secret@gpu.acme.example/v1"}, "gpu.acme.example"),
        ({"openai_base_url": "https://gpu.acme.example/v1", "finetune_provider": "our GPU"}, "our GPU"),
    ],
)
def test_what_messages_call_the_provider(settings: dict[str, str], name: str) -> None:
    assert load(**settings).provider_name == name


def test_secrets_do_not_show_when_settings_are_printed() -> None:
    assert "xoxb-1" not in repr(load(slack_bot_token="xoxb-1", openai_api_key="sk-1"))


def test_the_bot_looks_for_tokenizers_where_the_command_line_does(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.delenv("FINETUNE_TOKENIZERS", raising=False)
    monkeypatch.setenv("FINETUNE_CACHE", str(tmp_path / "cache"))
    assert load().tokenizers == tokenizers_folder() == tmp_path / "cache" / "models"
    monkeypatch.setenv("FINETUNE_TOKENIZERS", str(tmp_path / "mine"))
    assert load().tokenizers == tokenizers_folder() == tmp_path / "mine"


@pytest.mark.parametrize(
    ("settings", "model"),
    [
        ({}, "text-embedding-3-small"),
        ({"finetune_embedding_model": "text-embedding-3-large"}, "text-embedding-3-large"),
        ({"openai_base_url": "http://127.0.0.1:8902/v1"}, "wordllama-256"),
        ({"openai_base_url": "https://gpu.acme.example/v1"}, None),
        ({"openai_base_url": "https://gpu.acme.example/v1", "finetune_embedding_model": "bge-m3"}, "bge-m3"),
    ],
)
def test_only_openai_and_the_trainer_have_a_model_for_embeddings_unless_one_is_named(
    settings: dict[str, str], model: str | None
) -> None:
    (provider,) = configured(load(**settings))
    assert provider.config.embeddings == model
