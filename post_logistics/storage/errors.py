"""The one failure of storage that is nobody's mistake: the database is not there."""


class Unavailable(Exception):
    """The database cannot be reached or does not answer. Nothing was changed; the same call may go through later."""

    def __init__(self, message: str, *, remedy: str = "try again in a moment") -> None:
        super().__init__(message)
        self.message = message
        self.remedy = remedy

    def __str__(self) -> str:
        return f"{self.message}\nRemedy: {self.remedy}"
