"""Tells Weights & Biases of a run, by their own library. For worker processes: it may hang with the network."""

import os
from pathlib import Path

from bot.tracking.run import Run


def send(run: Run, *, project: str, entity: str | None, key: str | None, folder: Path) -> None:
    """Make the run, or go on with it. Steps that it has are ignored there."""
    os.environ["WANDB_ERROR_REPORTING"] = "false"
    if key:
        os.environ["WANDB_API_KEY"] = key
    folder.mkdir(parents=True, exist_ok=True)
    import wandb

    begun = wandb.init(
        project=project,
        entity=entity,
        id=run.id,
        name=run.name,
        config=run.settings,
        job_type="fine-tune",
        resume="allow",
        dir=str(folder),
        # Nothing of this machine, and nothing that is printed here, is told.
        settings=wandb.Settings(
            console="off",
            disable_git=True,
            save_code=False,
            silent=True,
            x_disable_meta=True,
            x_disable_stats=True,
            x_save_requirements=False,
        ),
    )
    for one in run.measured:
        begun.log(one.figures, step=one.step)
    begun.summary.update(run.summary)
    begun.finish(exit_code=0 if run.ended is None or run.succeeded else 1)
    # Its own process may be writing still; now it has ended.
    wandb.teardown()
