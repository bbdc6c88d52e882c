"""The results file of a job: what was measured, a line for each step."""

from __future__ import annotations

import base64
import csv
import io
from typing import Any

_COLUMNS = {
    "step": "step",
    "train_loss": "train_loss",
    "train_accuracy": "train_mean_token_accuracy",
    "valid_loss": "valid_loss",
    "valid_mean_token_accuracy": "valid_mean_token_accuracy",
}


def results_file(metrics: list[dict[str, Any]]) -> bytes:
    """The protocol's CSV (its own name, train_accuracy, for the training accuracy; blanks where nothing was
    measured), in base64: that is how the service sends it and what programs that read it decode."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(_COLUMNS)
    for row in metrics:
        writer.writerow([row.get(name, "") for name in _COLUMNS.values()])
    return base64.b64encode(text.getvalue().encode())
