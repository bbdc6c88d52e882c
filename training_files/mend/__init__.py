"""Mending a training file: what could be repaired, and a new file in which it is. The original is never changed."""

from training_files.mend.mending import mend, propose
from training_files.mend.plan import Lost, Mended, Plan, Proposal

__all__ = ["Lost", "Mended", "Plan", "Proposal", "mend", "propose"]
