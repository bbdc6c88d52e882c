"""Reports one job to Weights & Biases, by their own library: `python -m trainer.tracking.worker '{...}'`.

The key comes in the environment. A network that hangs holds up this process and nothing else.
"""

from __future__ import annotations

import os
import sys

import msgspec

from trainer.pipes import ChildPipe
from trainer.tracking.messages import Begun, Finish, Finished, Measurements, Order, Run


def main() -> None:
    pipe: ChildPipe[Order] = ChildPipe(Order)
    pipe.listen()
    run = msgspec.json.decode(sys.argv[1], type=Run)
    os.makedirs(run.folder, exist_ok=True)
    import wandb

    begun = wandb.init(
        project=run.project,
        entity=run.entity,
        id=run.id,
        name=run.name,
        tags=run.tags,
        config=run.config,
        job_type="fine-tune",
        resume="allow",
        dir=run.folder,
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
    pipe.send(Begun(begun.url))
    while True:
        match pipe.received.get():
            case Measurements(steps):
                for step in steps:
                    begun.log({name: value for name, value in step.items() if name != "step"}, step=step["step"])
            case Finish(summary, failed):
                begun.summary.update(summary)
                begun.finish(exit_code=1 if failed else 0)
                # Its own process may be writing still; now it has ended.
                wandb.teardown()
                pipe.send(Finished())
                return


if __name__ == "__main__":
    main()
