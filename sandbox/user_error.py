"""What a person asked for in the sandbox, and cannot have."""


class UserError(ValueError):
    """A person asked for something that is not possible; the message says why."""
