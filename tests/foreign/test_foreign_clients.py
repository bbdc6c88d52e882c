"""Programs that nobody here wrote do against the trainer what their users do against the service."""

import json
import math
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.trainer_process import Trainer, wait_for
from trainer.settings import cache_folder

from .conftest import BASE, EXAMPLES

pytestmark = [pytest.mark.soak, pytest.mark.timeout(1800)]
HERE = Path(__file__).parent


def test_openais_python_sdk(python: Path, run: Callable[..., str]) -> None:
    run(python, HERE / "openai_sdk.py", BASE, EXAMPLES)


def test_openais_python_sdk_on_responses_and_embeddings(python: Path, run: Callable[..., str]) -> None:
    run(python, HERE / "openai_responses.py", BASE)


def test_openais_node_sdk(node: Path, run: Callable[..., str]) -> None:
    # Node looks for packages from where a program lies.
    program = shutil.copy(HERE / "openai_sdk.mjs", node)
    run("node", program, BASE, EXAMPLES, cwd=node)


def test_openais_node_sdk_on_responses_and_embeddings(node: Path, run: Callable[..., str]) -> None:
    program = shutil.copy(HERE / "openai_responses.mjs", node)
    run("node", program, BASE, cwd=node)


@pytest.mark.parametrize("client", ["litellm", "instructor", "langchain"])
def test_python_clients(client: str, python: Path, model: str, run: Callable[..., str]) -> None:
    run(python, HERE / f"{client}_client.py", BASE, model, EXAMPLES)


def test_lm_eval_scores_as_the_log_probabilities_say(
    python: Path, model: str, trainer: Trainer, run: Callable[..., str], tmp_path: Path
) -> None:
    items = [{"question": f"Is {n} an even number?", "answer": n % 2} for n in range(10)]
    (tmp_path / "items.jsonl").write_text("\n".join(map(json.dumps, items)))
    task = (HERE / "yes_or_no.yaml").read_text().replace("DATA", str(tmp_path / "items.jsonl"))
    (tmp_path / "yes_or_no.yaml").write_text(task)
    tokenizer = cache_folder() / "models" / BASE
    settings = f"model={model},base_url={trainer.url}/completions,tokenizer={tokenizer},tokenized_requests=False"
    run(
        *(python, "-m", "lm_eval", "run", "--model", "local-completions", "--model_args", settings),
        *("--tasks", "yes_or_no", "--include_path", tmp_path, "--output_path", tmp_path, "--log_samples"),
    )
    (samples,) = wait_for(lambda: list(tmp_path.rglob("samples_yes_or_no*.jsonl")))
    scored = [json.loads(line) for line in samples.read_text().splitlines()]
    assert len(scored) == 10
    for sample in scored:
        question = sample["doc"]["question"] + " Answer:"
        for choice, (logprob, _) in zip([" yes", " no", " perhaps not today"], sample["filtered_resps"], strict=True):
            assert math.isclose(float(logprob), own(trainer, model, question, choice), abs_tol=0.05), (question, choice)


def own(trainer: Trainer, model: str, prompt: str, answer: str) -> float:
    """The log probability of the answer, by the server's own figures."""
    asked: Any = trainer.client.completions.create(
        model=model, prompt=prompt + answer, max_tokens=0, echo=True, logprobs=1
    )
    told = asked.choices[0].logprobs
    return sum(logprob for at, logprob in zip(told.text_offset, told.token_logprobs, strict=True) if at >= len(prompt))
