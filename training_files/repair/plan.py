"""What repairing would do to a file, and what it did: values for whoever shows them."""

import msgspec

from training_files.report import Finding, Table

EXCERPT = 300
"""Characters of `before` and `after`."""

MOST_LOST = 1_000
"""Lost lines that are named; all are counted."""


class Remark(msgspec.Struct, frozen=True):
    """Something about the file or an example: `kind` names a function of `texts.repairs`, `values` are what it takes.
    (Where sentences have not moved there yet, the kind is the sentence.)"""

    kind: str
    values: dict[str, str | int] = {}


Why = Remark | Finding
"""Why an example is left out."""


class ProposedRepair(msgspec.Struct, frozen=True):
    """One repair that a file needs.

    `examples` counts what it touches (lines, where it is about lines). `line` is the first place, from 1; `before` and
    `after` show it there: at most `EXCERPT` characters of what changes, which quote the file (escape them), or a
    remark. `after` is why, where the example is dropped. `always` marks what comes with writing the file anew and
    cannot be left out. `mark` is the separator or stop sequence that texts get, as JSON.
    """

    id: str
    examples: int
    line: int | None
    before: str | Why
    after: str | Why
    recommended: bool
    drops: bool
    always: bool = False
    mark: str = ""


class LostLine(msgspec.Struct, frozen=True):
    """A line that could not be saved, and why. Of a table it is the row."""

    line: int
    why: Why


class RepairPlan(msgspec.Struct, frozen=True):
    """What can be repaired in a file. The figures are those of repairing with what is recommended.

    `examples` counts those in the file as it is; `format` is what it would be trained as. `table` is set for a file of
    rows; where its `mapping` is None and none was given, `repairs` is empty and a person has to name the columns.
    `lost` names the first lines that cannot be saved whatever is chosen, `lost_lines` counts them.
    """

    repairs: tuple[ProposedRepair, ...]
    table: Table | None
    examples: int
    format: str
    lost: tuple[LostLine, ...] = ()
    lost_lines: int = 0

    @property
    def recommended(self) -> tuple[str, ...]:
        """The ids that a person who agrees with everything chooses."""
        return tuple(one.id for one in self.repairs if one.recommended)


class RepairResult(msgspec.Struct, frozen=True):
    """What repairing did. Examples in the original = `examples` + `dropped` + `lost_lines`.

    `changed` says how many examples each repair touched, dropped ones included. `dropped` are those that a chosen
    repair left out; `lost` names the first `MOST_LOST` of those that could not be saved, `lost_lines` counts them.
    `sha256` and `bytes` are the new file's. `of_rows`: the original was a table. `marks` has the separator and the stop
    sequence that texts got, as JSON, by the repair's id.
    """

    examples: int
    dropped: int
    changed: dict[str, int]
    lost: tuple[LostLine, ...]
    lost_lines: int
    sha256: str
    bytes: int
    format: str = ""
    of_rows: bool = False
    marks: dict[str, str] = {}
