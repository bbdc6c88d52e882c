"""The sample files that the page offers: those of a folder, in the order and with the labels of its samples.toml."""

import tomllib
from pathlib import Path


def samples(folder: Path | None) -> dict[Path, str]:
    """Each file with its label. A folder without samples.toml offers its *.jsonl files by name, without labels."""
    if folder is None or not folder.is_dir():
        return {}
    table = folder / "samples.toml"
    if not table.is_file():
        return dict.fromkeys(sorted(folder.glob("*.jsonl")), "")
    named: dict[str, str] = tomllib.loads(table.read_text(encoding="utf-8"))
    return {folder / name: about for name, about in named.items() if (folder / name).is_file()}
