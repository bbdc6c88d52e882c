"""The table of figures in benchmarks/README.md: one section a benchmark, one row a recorded run."""

import subprocess
from collections.abc import Mapping
from datetime import date
from pathlib import Path

README = Path(__file__).with_name("README.md")


def record(benchmark: str, figures: Mapping[str, str], readme: Path = README) -> None:
    """Adds a row to the benchmark's table, in a section of its name, which is made where there is none.

    `figures` maps a column to its value, in the order of the columns; date and commit come first by themselves.
    A row of the same day and commit is replaced. Raises ValueError where the table has other columns.
    """
    cells = {"date": date.today().isoformat(), "commit": commit(), **figures}
    header, row = _line(list(cells)), _line(list(cells.values()))
    lines = readme.read_text(encoding="utf-8").splitlines() if readme.exists() else ["# Benchmarks"]
    title = f"## {benchmark}"
    if title not in lines:
        lines += ["", title, ""]
    start = lines.index(title) + 1
    end = next((i for i in range(start, len(lines)) if lines[i].startswith("## ")), len(lines))
    table = [i for i in range(start, end) if lines[i].startswith("|")]
    if not table:
        above = [""] if lines[end - 1] else []
        lines[end:end] = [*above, header, "|" + "---|" * len(cells), row, *([""] if end < len(lines) else [])]
    elif lines[table[0]] != header:
        raise ValueError(f"the table of {benchmark} has other columns: {lines[table[0]]}")
    else:
        same = [i for i in table if lines[i].startswith(f"| {cells['date']} | {cells['commit']} |")]
        if same:
            lines[same[0]] = row
        else:
            lines.insert(table[-1] + 1, row)
    readme.write_text("\n".join(lines) + "\n", encoding="utf-8")


def commit() -> str:
    """The commit that was measured, with + where the working tree differs from it."""
    described = subprocess.run(
        ["git", "describe", "--always", "--exclude=*", "--abbrev=7", "--dirty=+"],
        cwd=README.parent,
        capture_output=True,
        text=True,
        check=False,
    )
    return described.stdout.strip() or "unknown"


def _line(cells: list[str]) -> str:
    return f"| {' | '.join(cells)} |"
