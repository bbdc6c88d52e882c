"""`finetune-bot rescue` as a process of its own, which somebody may kill; its waits are short.

python -m tests.rescue_process FOLDER
"""

import sys
from pathlib import Path

from app.rescue import rescue_command

if __name__ == "__main__":
    sys.exit(rescue_command(Path(sys.argv[1]), 8, True, pace=0.01))
