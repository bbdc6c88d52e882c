"""The file `providers.toml`: what it sets up, and what is said where it cannot be used."""

from collections.abc import Callable
from pathlib import Path

import pytest

from bot.errors import StartError
from bot.providers.config import ModelPrice
from bot.providers.configured import ConfiguredProvider, read_providers
from bot.providers.openai import OPENAI
from texts.errors import sentence
from texts.language import Language, speaking
from training_files.redact import redact

KEYS = {"LAB_KEY": "lab-0123456789", "OPENAI": "sk-proj-0123456789abcdef", "HOOK": "whsec_aGVsbG8="}
LAB = 'vendor = "trainer"\nbase_url = "http://gpu-1:8902/v1"\nkey_env = "LAB_KEY"'
AZURE = "subscription = 's'\nresource_group = 'g'\naccount = 'a'\ntoken_command = 'az account'"
Read = Callable[[str], list[ConfiguredProvider]]


@pytest.fixture
def read(tmp_path: Path) -> Read:
    def read(text: str) -> list[ConfiguredProvider]:
        file = tmp_path / "providers.toml"
        file.write_text(text, encoding="utf-8")
        return read_providers(file, KEYS)

    return read


def test_all_that_is_said_of_a_provider_holds_for_it(read: Read, tmp_path: Path) -> None:
    (tmp_path / "key").write_text("sk-from-a-file-0123\n")
    lab, openai = read(
        f"""
        default = "lab"
        [providers.openai]
        vendor = "openai"
        key_file = "{(tmp_path / "key").as_posix()}"
        models = ["gpt-4.1-mini-2025-04-14"]
        channels = ["C0SECRET"]
        methods = ["supervised"]
        wandb = false
        deletion = false
        webhook_secret_env = "HOOK"
        [providers.openai.prices.gpt-4o]
        training = 20
        hosting = 1.7
        [providers.lab]
        {LAB}
        max_running = 2
        """
    )
    assert (lab.config.name, lab.config.max_running, lab.config.channels) == ("lab", 2, None)
    assert (lab.key.get_secret_value(), lab.base_url, lab.vendor.free) == (
        "lab-0123456789",
        "http://gpu-1:8902/v1",
        True,
    )
    assert (openai.key.get_secret_value(), openai.base_url) == ("sk-from-a-file-0123", OPENAI.base_url)
    assert openai.config.prices == {"gpt-4o": ModelPrice(training=20, hosting=1.7)}
    assert openai.config.allowed_in("C0SECRET")
    assert not openai.config.allowed_in("C0OTHER")
    assert openai.vendor.methods == ("supervised",)
    assert (openai.vendor.reports_to_wandb, openai.vendor.deletes, openai.vendor.keeps_metadata) == (False, False, True)
    assert openai.webhook_secret is not None
    assert openai.webhook_path == "/webhooks/openai"


def test_a_key_is_taken_out_of_whatever_is_shown_however_it_looks(read: Read) -> None:
    read(f"[providers.lab]\n{LAB}")
    assert redact("The key lab-0123456789 was refused") == "The key [secret removed] was refused"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[providers.lab]\nkey_env LAB\n", "is no TOML: look at line 2."),
        ("default = 'x'", "It sets up no provider. Begin one with a line `[providers.NAME]`."),
        (f"default = 'x'\n[providers.lab]\n{LAB}", "`default` names x, which is not set up. There are: lab."),
        (
            f"[providers.lab]\n{LAB}\n[providers.lab.deployment]\n{AZURE}",
            'only models of `vendor = "azure"` are deployed',
        ),
        (
            f"[providers.az]\n{LAB.replace('trainer', 'azure')}\n[providers.az.deployment]\n{AZURE}\ntenant = 't'",
            "either a `token_comm",
        ),
        (f"[providers.'a b']\n{LAB}", "the name a b cannot be used."),
        (f"[providers.lab]\n{LAB}\nmodel = 'x'", "providers.lab.model is no setting that I know."),
        (f"[providers.lab]\n{LAB}\nmodels = 'x'", "providers.lab.models must be a list"),
        (f"[providers.lab]\n{LAB}\nprices = 3", "providers.lab.prices must be a table"),
        (f"[providers.lab]\n{LAB}\nmax_running = 0", "providers.lab.max_running must be 1 or more."),
        (f"[providers.lab]\n{LAB}\nmethods = ['sft']", "providers.lab.methods.0 can be: supervised, dpo"),
        (f"[providers.lab]\n{LAB}\nchannels = ['#general']", "#general is no ID of a channel"),
        (f"[providers.lab]\n{LAB}\nkey_file = '/nowhere/key'", "the file /nowhere/key cannot be read"),
        (
            f"[providers.lab]\n{LAB}\nmodels = ['a']\ndefault_model = 'b'",
            "the default model b is not among its `models`",
        ),
        (f"[providers.lab]\n{LAB}\n[providers.lab.prices.x]\ntraining = -1", "prices.x.training must be 0 or more."),
        ("[providers.lab]\nvendor = 'openai'", "providers.lab needs exactly one of `key_env` and `key_file`."),
        ("[providers.lab]\nkey_env = 'LAB_KEY'", "providers.lab needs a `base_url`"),
        ("[providers.lab]\nvendor = 'opnai'\nkey_env = 'LAB_KEY'", "providers.lab.vendor can be: openai"),
        ("[providers.lab]\nkey_env = 'LAB_KEY'\nbase_url = 'gpu-1'", "base_url must begin with http://"),
        ("[providers.lab]\nkey_env = 'NOT_SET'\nbase_url = 'http://x'", "the variable NOT_SET is not set"),
    ],
)
def test_each_mistake_is_named_by_its_place_in_both_languages(read: Read, text: str, said: str) -> None:
    with pytest.raises(StartError) as caught:
        read(text)
    assert "providers.toml" in sentence(caught.value)
    assert said in sentence(caught.value)
    with speaking(Language.CHINESE):
        assert "providers.toml" in sentence(caught.value)
        assert sentence(caught.value) != said


@pytest.mark.parametrize(
    "line", ["key = 'sk-hush-0123456789'", "api_key = 'sk-hush-0123456789'", "key_env = 'sk-hush-0123456789'"]
)
def test_a_key_in_the_file_is_refused_and_not_repeated(read: Read, line: str) -> None:
    with pytest.raises(StartError) as caught:
        read(f"[providers.lab]\nbase_url = 'http://x'\n{line}")
    said = sentence(caught.value)
    assert "does not belong here" in said or "not the key itself" in said
    assert "hush" not in said + str(caught.value)


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(StartError) as caught:
        read_providers(tmp_path / "none.toml", KEYS)
    assert "none.toml cannot be read" in sentence(caught.value)
