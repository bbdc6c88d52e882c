"""The model card of an export: where the model comes from, for people, and for programs in `lineage.json`."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

from trainer.exports.plan import Plan

CARD, LINEAGE = "README.md", "lineage.json"


def write_card(plan: Plan, into: Path) -> None:
    (into / LINEAGE).write_text(json.dumps(plan.lineage, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    (into / CARD).write_text(card(plan), encoding="utf-8")


def card(plan: Plan) -> str:
    """In the form that the Hugging Face hub reads."""
    lineage = plan.lineage
    only_adapter = plan.format == "adapter" and plan.adapter is not None
    library = "gguf" if plan.format == "gguf" else "peft" if only_adapter else "transformers"
    rows = [(name.replace("_", " "), value) for name, value in _flat(lineage)]
    table = "\n".join(f"| {name} | {_cell(value)} |" for name, value in rows)
    licence = plan.licence or "that of its base model"
    how = (
        "This folder holds a LoRA adapter; it needs its base model."
        if only_adapter
        else "This folder holds the whole model: nothing else is needed."
    )
    return (
        f"---\nlibrary_name: {library}\nbase_model: {json.dumps(origin(lineage))}\n"
        "pipeline_tag: text-generation\n---\n\n"
        f"# {plan.name}\n\n{how} The base model's licence is {licence}.\n\n"
        f"## Where it comes from\n\n| | |\n|---|---|\n{table}\n\n`{LINEAGE}` says the same for programs.\n"
    )


def origin(lineage: dict[str, Any]) -> str:
    """The base's repository where it came from the hub, else its id here."""
    found = re.match(r"hub (\S+)@", str((lineage.get("base") or {}).get("origin", "")))
    return found[1] if found else str(lineage["base_model"])


def _flat(values: dict[str, Any], before: str = "") -> list[tuple[str, Any]]:
    rows: list[tuple[str, Any]] = []
    for name, value in values.items():
        rows += _flat(value, f"{before}{name}: ") if isinstance(value, dict) else [(before + name, value)]
    return rows


def _cell(value: Any) -> str:
    return str(value).replace("|", "\\|").replace("\n", " ")
