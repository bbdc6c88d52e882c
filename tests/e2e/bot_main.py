"""`finetune-bot run` in a process that was forked from one that has loaded all of it: to start one takes a tenth."""

import os
import sys
from collections.abc import Mapping
from pathlib import Path


def run(environment: Mapping[str, str], folder: Path, log: Path) -> None:
    with log.open("ab") as file:
        for stream in (1, 2):
            os.dup2(file.fileno(), stream)
    os.chdir(folder)
    os.environ.clear()
    os.environ.update(environment)
    sys.argv = ["finetune-bot", "run"]
    from app.command_line import main

    main()
