"""What can be wrong with a bundle, and where."""

Path = tuple[str | int, ...]


class Wrong(Exception):
    """Something in the document is wrong; `path` leads to it from the document's root."""

    def __init__(self, reason: str, path: Path = ()) -> None:
        super().__init__(reason)
        self.reason = reason
        self.path = path


class BadBundle(Exception):
    """A file that is refused whole. `line` counts from 1; None where the file could not even be opened as text."""

    def __init__(self, reason: str, line: int | None = None, where: str = "") -> None:
        super().__init__(reason)
        self.reason = reason
        self.line = line
        self.where = where

    def __str__(self) -> str:
        at = f"line {self.line}: " if self.line is not None else ""
        return f"{at}{self.reason}" + (f" ({self.where})" if self.where else "")


def dotted(path: Path) -> str:
    """entry[3].resource.subject, as people write it."""
    text = ""
    for step in path:
        text += f"[{step}]" if isinstance(step, int) else f".{step}"
    return text.removeprefix(".")
