"""Further names of models: programs that ask for a fixed one are answered by what it stands for."""

from pathlib import Path
from typing import Any

import openai
import pytest
from typer.testing import CliRunner

from tests.trainer_process import Trainer
from trainer.cli import app
from trainer.objects import Model
from trainer.store import Store


def alias(trainer: Trainer, *words: str) -> tuple[int, str]:
    environment = {"TRAINER_BASE_MODELS": trainer.environment["TRAINER_BASE_MODELS"], "LC_ALL": "C"}
    done = CliRunner().invoke(app, ["alias", *words, "--data", str(trainer.data)], env=environment)
    return done.exit_code, done.output


def test_a_program_that_asks_for_an_alias_is_told_who_answers(trainer: Trainer, finished: Any) -> None:
    client = trainer.client
    assert alias(trainer, "gpt-4o-mini", "tiny-random") == (0, "gpt-4o-mini is answered by tiny-random.\n")
    assert alias(trainer, "our-voice", finished.fine_tuned_model)[0] == 0
    hello: Any = [{"role": "user", "content": "What comes after 3?"}]
    ask: Any = {"temperature": 0, "max_tokens": 5}
    for name, model in (("gpt-4o-mini", "tiny-random"), ("our-voice", finished.fine_tuned_model)):
        answers = [client.chat.completions.create(model=one, messages=hello, **ask) for one in (name, model)]
        assert [answer.model for answer in answers] == [model, model]
        assert answers[0].choices[0].message.content == answers[1].choices[0].message.content
        assert client.completions.create(model=name, prompt="One", **ask).model == model
        assert client.responses.create(model=name, input="One", max_output_tokens=16).model == model
        listed: Any = {one.id: one for one in client.models.list()}[name]
        assert listed == client.models.retrieve(name)
        assert listed.root == model
    job = trainer.train(model="gpt-4o-mini")
    assert job.model == "tiny-random"
    client.fine_tuning.jobs.cancel(job.id)
    with pytest.raises(openai.BadRequestError, match="is an alias of"):
        client.models.delete("our-voice")
    assert "our-voice is answered by" in alias(trainer)[1]
    for name in ("gpt-4o-mini", "our-voice"):
        assert alias(trainer, name, "--remove") == (0, f"{name} stands for no model any more.\n")
    with pytest.raises(openai.NotFoundError):
        client.chat.completions.create(model="gpt-4o-mini", messages=hello)


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["gpt-4o-mini", "nobody"], "There is no model nobody"),
        (["tiny-random", "tiny-random"], "tiny-random is itself a model here"),
        (["gpt-4o-mini"], "Name the model that gpt-4o-mini stands for"),
        (["gpt-4o-mini", "--remove"], "There is no alias gpt-4o-mini"),
    ],
)
def test_an_alias_that_cannot_be_is_refused(trainer: Trainer, words: list[str], says: str) -> None:
    code, said = alias(trainer, *words)
    assert (code, says in said) == (1, True)


def test_an_alias_goes_with_its_model(tmp_path: Path) -> None:
    store = Store(tmp_path / "trainer.db")
    store.add_model(Model("ft:base:acme::1", "base", "folder", 0, "acme", "job"))
    store.set_alias("our-voice", "ft:base:acme::1")
    store.set_alias("gpt-4o-mini", "base")
    store.delete_model("ft:base:acme::1")
    assert store.aliases() == {"gpt-4o-mini": "base"}
    store.close()
