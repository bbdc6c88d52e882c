"""What a runner on this machine does with its trainings when the server stops."""

import os
from pathlib import Path

from trainer.training.plan import Plan
from trainer.training.runners.local import Preforker
from trainer.training.runners.prefork import Order
from trainer.workers import Worker

# Where forking is forbidden: it trains by itself, to the end of the test.
CANNOT_FORK = """
import threading
from trainer.pipes import ChildPipe
from trainer.training.runners.prefork import Begun, Order, Ready
pipe = ChildPipe(Order)
pipe.listen()
pipe.send(Ready())
pipe.received.get()
pipe.send(Begun())
threading.Event().wait()
"""


async def test_a_training_where_forking_is_forbidden_is_not_ended_with_what_loads_the_libraries(
    tmp_path: Path,
) -> None:
    (tmp_path / "cannot_fork.py").write_text(CANNOT_FORK)
    path = os.pathsep.join((str(tmp_path), str(Path(__file__).parents[2])))
    worker = await Worker.start("cannot_fork", log=tmp_path / "log", environment={"PYTHONPATH": path})
    preforker = Preforker(worker, ())
    trains = await preforker.fork(Order(Plan("ftjob-1", "any", "", "", 1, 1.0, 1, 1, "", "", "", 1), str(tmp_path)))
    assert trains is worker
    await preforker.kill()
    assert trains.alive
    await trains.kill()
