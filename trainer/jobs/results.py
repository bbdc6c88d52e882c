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
# After the protocol's own, what was measured at the ends of epochs, and the older service's columns by its names.
_MORE = {
    "full_valid_loss": "full_valid_loss",
    "full_valid_mean_token_accuracy": "full_valid_mean_token_accuracy",
    "elapsed_tokens": "elapsed_tokens",
    "elapsed_examples": "elapsed_examples",
    "training_sequence_accuracy": "train_sequence_accuracy",
    "validation_sequence_accuracy": "valid_sequence_accuracy",
}


def results_file(metrics: list[dict[str, Any]]) -> bytes:
    """The protocol's CSV (its own name, train_accuracy, for the training accuracy; blanks where nothing was
    measured), in base64: that is how the service sends it and what programs that read it decode. Further columns
    follow its own: the older service's, and whatever else was measured in this job."""
    columns = {**_COLUMNS, **_MORE}
    others = sorted({name for row in metrics for name in row} - set(columns.values()) - {"total_steps"})
    columns |= {name: name for name in others}
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(columns)
    for row in metrics:
        writer.writerow([row.get(name, "") for name in columns.values()])
    return base64.b64encode(text.getvalue().encode())
