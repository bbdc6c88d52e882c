"""What the tests of data sets share."""

from collections.abc import Callable
from typing import Any

import pytest

from training_files.dataset_checks import DatasetChecks
from training_files.findings import Findings
from training_files.tokens import encoding
from training_files.validate_example import validate


@pytest.fixture(scope="session")
def judged() -> Callable[..., Findings]:
    """What is found in a file of these examples, given as values; their lines count from 1."""

    def judged(*examples: Any) -> Findings:
        findings, dataset_checks = Findings(), DatasetChecks(encoding("cl100k_base").count)
        for line, example in enumerate(examples, 1):
            validate(example, line, findings, dataset_checks)
        dataset_checks.finish(findings)
        return findings

    return judged
