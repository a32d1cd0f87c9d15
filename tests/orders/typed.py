"""What a typed line of entry is read as, for the tests of reading."""

from wardline.orders import drugs, entry, lines

TABLE = drugs.load()


def read_as(typed: str) -> str:
    """A complete line in the words of a medication line; as it is shown, it is read as the same line."""
    read = entry.read(typed, TABLE)
    assert read.complete, read.questions
    assert entry.read(lines.text(read.line), TABLE).line == read.line
    return " - ".join([lines.dose_words(read.line), *lines.parts(read.line)])
