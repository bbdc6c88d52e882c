"""Many workspaces need more open files than a process begins with."""

import subprocess
import sys

CODE = """
import resource
from app.workspaces.run import allow_many_files
_, most = resource.getrlimit(resource.RLIMIT_NOFILE)
resource.setrlimit(resource.RLIMIT_NOFILE, (256, most))
allow_many_files()
print(resource.getrlimit(resource.RLIMIT_NOFILE) == (most, most))
"""


def test_a_process_with_many_workspaces_may_open_as_many_files_as_the_system_allows() -> None:
    answer = subprocess.run([sys.executable, "-c", CODE], capture_output=True, text=True, check=True)
    assert answer.stdout.strip() == "True"
