"""What a domain function says when it will not do what was asked."""


class Refused(Exception):
    """A clear sentence in the reader's language that says what to do; `field` names the form field it belongs beside."""

    def __init__(self, message: str, field: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.field = field
