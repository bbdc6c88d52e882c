"""How often something was seen, and where first."""

import msgspec


class Seen(msgspec.Struct):
    """How often something was seen, and on which line first."""

    count: int = 0
    line: int = 0

    def again(self, line: int, count: int = 1) -> None:
        self.line = min(self.line or line, line)
        self.count += count
