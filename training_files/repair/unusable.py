"""Examples that would still have errors after every other repair: they are left out last."""

from training_files.chat import NotAnExample, parse
from training_files.dataset_checks import DatasetChecks
from training_files.findings import Findings
from training_files.repair import exact_json
from training_files.repair.plain import read_plain
from training_files.repair.plan import Remark
from training_files.repair.repair import Dropped, Example, Outcome, RepairContext
from training_files.validate_example import validate


def unusable(example: Example, context: RepairContext) -> Outcome:
    line = exact_json.encode(example)
    if read_plain(line) is not None:
        return None
    findings = Findings()
    try:
        with findings.of_one_example():
            validate(parse(line), 1, findings, DatasetChecks())
    except NotAnExample:
        return Dropped(Remark("cannot_be_json"), lost=True)
    first = next(iter(findings.first("error")), None)
    return Dropped(first, lost=True) if first else None
