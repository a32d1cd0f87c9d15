"""Columns of very many rows as octets, and the rows of such columns in the binary format of COPY.

A row made in Python takes as long as fifty made here: a column is a matrix that holds the octets of one value in each
row, and what COPY wants is all matrices side by side, with the unused ends of short values cut out.
"""

import struct
from collections.abc import Sequence
from typing import Any

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

Octets = NDArray[np.uint8]
Numbers = NDArray[np.int64]
Truths = NDArray[np.bool_]

HEADER = b"PGCOPY\n\xff\r\n\0" + struct.pack(">ii", 0, 0)
TRAILER = struct.pack(">h", -1)
# PostgreSQL counts from the year 2000.
EPOCH_SECONDS, EPOCH_DAYS = 946_684_800, 10_957
UUID_OID = 2950


class Part(Struct, frozen=True):
    """Octets that stand side by side in one value, a row for each; `lengths` says how many count (None: all)."""

    octets: Octets
    lengths: Numbers | None = None


class Column(Struct, frozen=True):
    """The values of one column; where `null` is true there is none."""

    parts: tuple[Part, ...]
    null: Truths | None = None

    def __len__(self) -> int:
        return len(self.parts[0].octets)

    @property
    def width(self) -> int:
        return sum(part.octets.shape[1] for part in self.parts)

    def sizes(self) -> Numbers | int:
        """How long each value is; -1 where there is none. One number when all are alike."""
        size: Numbers | int = 0
        for part in self.parts:
            size = size + (part.octets.shape[1] if part.lengths is None else part.lengths)
        return size if self.null is None else np.where(self.null, -1, size)

    def of(self, which: Numbers) -> "Column":
        """The values at these positions."""
        parts = [Part(part.octets[which], None if part.lengths is None else part.lengths[which]) for part in self.parts]
        return Column(tuple(parts), None if self.null is None else self.null[which])

    def texts(self) -> list[str]:
        """The values as texts, one by one; for a look at few of them."""
        matrix, used = side_by_side([self], framed=False)
        return [bytes(row[mask]).decode() for row, mask in zip(matrix, used, strict=True)]


class Words:
    """Values to pick from by number: texts, or octets that mean something else."""

    def __init__(self, values: Sequence[str] | Sequence[bytes]) -> None:
        encoded = [value.encode() if isinstance(value, str) else value for value in values]
        self.lengths: Numbers = np.array([len(value) for value in encoded], dtype=np.int64)
        width = int(self.lengths.max(initial=0))
        padded = b"".join(value.ljust(width, b"\0") for value in encoded)
        self.octets: Octets = np.frombuffer(padded, dtype=np.uint8).reshape(len(encoded), width)

    def column(self, picks: NDArray[Any], null: Truths | None = None) -> Column:
        """The value that stands at each of these positions."""
        return Column((Part(self.octets[picks], self.lengths[picks]),), null)


# --- columns -----------------------------------------------------------------------------------------------------------
def joined(*columns: Column) -> Column:
    """The values of several columns after each other, as one."""
    return Column(tuple(part for column in columns for part in column.parts))


def same(value: bytes, count: int) -> Column:
    """One value for all rows."""
    return Column((Part(np.broadcast_to(np.frombuffer(value, dtype=np.uint8), (count, len(value)))),))


def only(column: Column, where: Truths) -> Column:
    """The values where that is so, and empty texts elsewhere."""
    parts = tuple(
        Part(part.octets, np.where(where, part.octets.shape[1] if part.lengths is None else part.lengths, 0))
        for part in column.parts
    )
    return Column(parts)


def uuids(octets: Octets, null: Truths | None = None) -> Column:
    """Ids of 16 octets."""
    return Column((Part(octets),), null)


def uuid_lists(first: Octets, second: Octets, has_second: Truths) -> Column:
    """Arrays of one id or of two."""
    count = len(first)
    heads = np.frombuffer(
        b"".join(struct.pack(">iiiiii", 1, 0, UUID_OID, length, 1, 16) for length in (1, 2)), dtype=np.uint8
    )
    head = Column((Part(heads.reshape(2, -1)[has_second.astype(np.int64)]),))
    return joined(head, uuids(first), only(joined(same(struct.pack(">i", 16), count), uuids(second)), has_second))


def whole_numbers(values: NDArray[Any], octets: int, null: Truths | None = None) -> Column:
    """Integers of so many octets: 2 is smallint, 4 is int or date, 8 is bigint."""
    return Column((Part(values.astype(f">i{octets}").view(np.uint8).reshape(len(values), octets)),), null)


def moments(seconds: Numbers, null: Truths | None = None) -> Column:
    """Times of day with their zone, from Unix seconds."""
    return whole_numbers((seconds - EPOCH_SECONDS) * 1_000_000, 8, null)


def days(dates: NDArray[np.datetime64]) -> Column:
    """Dates; none where there is none."""
    null = np.isnat(dates)
    return whole_numbers(np.where(null, 0, dates.astype("datetime64[D]").astype(np.int64)) - EPOCH_DAYS, 4, null)


def truths(values: Truths) -> Column:
    """Yes and no."""
    return Column((Part(values.astype(np.uint8).reshape(-1, 1)),))


def digits(values: Numbers, width: int) -> Column:
    """Numbers as texts of so many digits, filled up with zeros."""
    powers = 10 ** np.arange(width - 1, -1, -1, dtype=np.int64)
    return Column((Part((values[:, None] // powers % 10 + ord("0")).astype(np.uint8)),))


def tenths() -> Words:
    """Every `numeric` with one decimal below 100, by tenths."""
    return Words([_numeric(value) for value in range(1000)])


def _numeric(value: int) -> bytes:
    """A numeric on the wire: how many digits of base 10,000, the weight of the first, sign, decimals, digits."""
    found = [value // 10, value % 10 * 1000] if value % 10 else [value // 10]
    return struct.pack(f">hhhh{len(found)}h", len(found), 0, 0, 1, *found)


# --- rows ---------------------------------------------------------------------------------------------------------------
def rows(columns: Sequence[Column]) -> bytes:
    """The rows of these columns as COPY wants them, without the header and trailer of the whole."""
    matrix, used = side_by_side(columns, framed=True)
    return matrix[used].tobytes()


def side_by_side(columns: Sequence[Column], *, framed: bool) -> tuple[Octets, Truths]:
    """All octets of each row, and which of them count. `framed` puts the number of columns and each size before."""
    count, frame = len(columns[0]), 4 if framed else 0
    width = (2 if framed else 0) + sum(frame + column.width for column in columns)
    matrix, used = np.empty((count, width), dtype=np.uint8), np.ones((count, width), dtype=np.bool_)
    at = 2 if framed else 0
    if framed:
        matrix[:, :2] = np.frombuffer(struct.pack(">h", len(columns)), dtype=np.uint8)
    for column in columns:
        if framed:
            sizes = np.asarray(column.sizes(), dtype=">i4").reshape(-1, 1)
            matrix[:, at : at + 4] = sizes.view(np.uint8)
        at += frame
        for part in column.parts:
            stop = at + part.octets.shape[1]
            matrix[:, at:stop] = part.octets
            if part.lengths is not None:
                used[:, at:stop] = np.arange(stop - at) < part.lengths[:, None]
            if column.null is not None:
                used[column.null, at:stop] = False
            at = stop
    return matrix, used
