import os
import subprocess
import sys
from pathlib import Path

from tests.trainer_process import KEY, Trainer

EXAMPLES = Path(__file__).parents[2] / "examples"


def test_a_script_written_for_openai_moves_over_by_its_environment_alone(trainer: Trainer) -> None:
    run = subprocess.run(
        [
            sys.executable,
            str(EXAMPLES / "move_over.py"),
            str(EXAMPLES / "house-voice.jsonl"),
            "tiny-random",
            "What do you sell?",
        ],
        env={**os.environ, "OPENAI_BASE_URL": trainer.url, "OPENAI_API_KEY": KEY},
        capture_output=True,
        text=True,
        timeout=500,
    )
    assert run.returncode == 0, run.stderr
    assert "Files validated, moving job to queued state" in run.stdout
    assert "The job has successfully completed" in run.stdout
    (model,) = [
        model.id for model in trainer.client.models.list() if ":moved-over:" in model.id and "ckpt" not in model.id
    ]
    assert f"\n{model}: " in run.stdout
