"""Examples that end with the user's message and have fields beside: of reinforcement, unless the others are chats.

Which it is shows at the end of the file only, so what would be wrong with each is held until then.
"""

from collections import Counter
from collections.abc import Sequence

from training_files.findings import KEPT, Findings
from training_files.quoting import MOST_NAMES


class ReinforcementChecks:
    def __init__(self) -> None:
        self.fields: list[str] | None = None
        self.held: list[tuple[int, int, bool, list[str]]] = []
        self.more: Counter[str] = Counter()

    def add(self, line: int, fields: Sequence[str], last: int, answered: bool) -> None:
        if self.fields is None:
            self.fields = list(fields)
        missing = [field[:40] for field in self.fields if field not in fields]
        if len(self.held) < KEPT:
            self.held.append((line, last, answered, missing))
        else:
            self.more["last_message_not_assistant" if answered else "example_missing_assistant_message"] += 1
            self.more["missing_grader_field"] += bool(missing)

    def finish(self, findings: Findings, *, chats: bool) -> None:
        for line, last, answered, missing in self.held:
            if not chats:
                if missing:
                    named = missing[:MOST_NAMES]
                    findings.add("missing_grader_field", line, fields=named, more=len(missing) - len(named))
            elif answered:
                findings.add("last_message_not_assistant", line, f"messages[{last}].role", role="user")
            else:
                findings.add("example_missing_assistant_message", line, "messages")
        for code, count in self.more.items():
            if (code == "missing_grader_field") != chats:
                findings.count(code, count)
