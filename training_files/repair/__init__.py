"""Repair a training file: plan what can be repaired, and write a new file. The original is never changed."""

from training_files.repair.draft import Draft, drafted, plan_repairs, repair_file
from training_files.repair.plan import LostLine, ProposedRepair, Remark, RepairPlan, RepairResult, Why

__all__ = [
    "Draft",
    "LostLine",
    "ProposedRepair",
    "Remark",
    "RepairPlan",
    "RepairResult",
    "Why",
    "drafted",
    "plan_repairs",
    "repair_file",
]
