"""Which code this is."""

import re
from functools import cache
from pathlib import Path

_ROOT = Path(__file__).parent.parent


@cache
def version() -> str:
    import importlib.metadata  # brings the e-mail parser with it

    return importlib.metadata.version("finetune-bot")


@cache
def commit() -> str | None:
    """The commit that is checked out where the program was installed from; None where that is no clone."""
    try:
        git = _ROOT / ".git"
        if git.is_file():  # a worktree
            git = Path(git.read_text(encoding="utf-8").removeprefix("gitdir:").strip())
        head = (git / "HEAD").read_text(encoding="utf-8").strip()
        if head.startswith("ref:"):
            head = _resolved(git, head.removeprefix("ref:").strip())
    except OSError:
        return None
    return head if re.fullmatch(r"[0-9a-f]{40,64}", head) else None


def _resolved(git: Path, ref: str) -> str:
    shared = git / "commondir"
    common = git / shared.read_text(encoding="utf-8").strip() if shared.exists() else git
    if (common / ref).exists():
        return (common / ref).read_text(encoding="utf-8").strip()
    packed = (common / "packed-refs").read_text(encoding="utf-8")
    found = re.search(rf"^([0-9a-f]+) {re.escape(ref)}$", packed, re.MULTILINE)
    return found[1] if found else ""
