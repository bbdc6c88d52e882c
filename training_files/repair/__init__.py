"""Repair a training file: plan what can be repaired, and write a new file. The original is never changed."""

from training_files.repair.passes import Draft, drafted, plan_repairs, repair_file
from training_files.repair.plan import LostLine, ProposedRepair, RepairPlan, RepairResult

__all__ = [
    "Draft",
    "LostLine",
    "ProposedRepair",
    "RepairPlan",
    "RepairResult",
    "drafted",
    "plan_repairs",
    "repair_file",
]
