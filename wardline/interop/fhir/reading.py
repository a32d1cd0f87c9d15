"""From a path to the text of a bundle. Every limit is checked before memory is spent, not after."""

import hashlib
import zlib
from collections.abc import Iterable
from pathlib import Path

import msgspec

from wardline.interop.fhir.errors import BadBundle

FILES_MAX = 100_000
PACKED_BYTES_MAX = 16 * 1024 * 1024
TEXT_BYTES_MAX = 48 * 1024 * 1024
# FHIR as indented text packs 15 to 25 times smaller; deflate itself can reach 1,029 times.
RATIO_MAX = 100
_CHUNK_BYTES = 256 * 1024
_GZIP_MAGIC = b"\x1f\x8b"
_BYTE_ORDER_MARK = b"\xef\xbb\xbf"


class Source(msgspec.Struct, frozen=True):
    """The text of one file and the fingerprint of the file as it lies on disk."""

    name: str
    sha256: str
    text: bytes


def bundle_files(paths: Iterable[Path]) -> list[Path]:
    """The files to import, in a stable order; a folder stands for the .json and .json.gz files directly in it."""
    found: dict[Path, None] = {}
    for path in paths:
        if path.is_dir():
            inside = (item for item in sorted(path.iterdir()) if item.is_file() and not item.is_symlink())
            found.update((item, None) for item in inside if item.name.endswith((".json", ".json.gz")))
        else:
            found[path] = None
        if len(found) > FILES_MAX:
            raise BadBundle(f"more than {FILES_MAX} files in one import")
    return list(found)


def read(path: Path) -> Source:
    """The file's text, unpacked when it is gzip. Raises BadBundle when it is missing, too large or damaged."""
    try:
        packed = _read_bounded(path)
    except OSError as error:
        raise BadBundle(f"cannot be read: {error.strerror or error}") from error
    text = unpack(packed) if packed[:2] == _GZIP_MAGIC else packed
    return Source(
        path.name,
        hashlib.sha256(packed).hexdigest(),
        text.removeprefix(_BYTE_ORDER_MARK),
    )


def unpack(packed: bytes) -> bytes:
    """The one gzip member in `packed`, refused as soon as it grows beyond the size or the ratio allowed."""
    unpacker = zlib.decompressobj(wbits=16 + zlib.MAX_WBITS)
    limit = min(TEXT_BYTES_MAX, max(_CHUNK_BYTES, len(packed) * RATIO_MAX))
    pieces: list[bytes] = []
    size, rest = 0, packed
    try:
        while rest and not unpacker.eof:
            piece = unpacker.decompress(rest, _CHUNK_BYTES)
            rest = unpacker.unconsumed_tail
            size += len(piece)
            if size > limit:
                raise BadBundle(f"unpacks to more than {limit:,} bytes from {len(packed):,}: refused as a gzip bomb")
            pieces.append(piece)
    except zlib.error as error:
        raise BadBundle("the gzip data is damaged") from error
    if not unpacker.eof:
        raise BadBundle("the gzip data ends too early")
    if unpacker.unused_data:
        raise BadBundle("more data follows after the end of the gzip data")
    return b"".join(pieces)


def _read_bounded(path: Path) -> bytes:
    with path.open("rb") as file:
        start = file.read(2)
        limit = PACKED_BYTES_MAX if start == _GZIP_MAGIC else TEXT_BYTES_MAX
        content = start + file.read(limit)
    if len(content) > limit:
        raise BadBundle(f"larger than the {limit:,} bytes that one file may have")
    return content
