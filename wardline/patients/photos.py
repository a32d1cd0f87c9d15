"""Which bytes are a photo that may be kept, decided by the bytes themselves. Pure."""

from typing import NamedTuple

PHOTO_BYTES_MAX = 5_000_000
PHOTO_PIXELS_MAX = 25_000_000
PNG_START = b"\x89PNG\r\n\x1a\n"
JPEG_START = b"\xff\xd8\xff"
# Frames that carry the picture's size; C4, C8 and CC in the same range are tables.
JPEG_FRAMES = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
JPEG_SCAN = 0xDA
JPEG_APPLICATION = range(0xE1, 0xF0)
JPEG_COMMENT = 0xFE


class Photo(NamedTuple):
    """A photo ready to be stored: `content` without what a camera adds about place and time."""

    content: bytes
    ending: str


class NotAPhoto(ValueError):
    """The bytes are no photo that can be kept; the text says why in plain words."""


CONTENT_TYPES = {"png": "image/png", "jpg": "image/jpeg"}


def read_photo(content: bytes) -> Photo:
    """A JPEG or PNG within the limits. Raises NotAPhoto."""
    if len(content) > PHOTO_BYTES_MAX:
        raise NotAPhoto(f"The photo is larger than {PHOTO_BYTES_MAX // 1_000_000} MB.")
    if content.startswith(PNG_START):
        return _png(content)
    if content.startswith(JPEG_START):
        return _jpeg(content)
    raise NotAPhoto("Send a JPEG or PNG photo.")


def _png(content: bytes) -> Photo:
    if len(content) < 33 or content[12:16] != b"IHDR":
        raise NotAPhoto("The PNG is damaged.")
    _check_pixels(int.from_bytes(content[16:20]), int.from_bytes(content[20:24]))
    kept = bytearray(PNG_START)
    place = len(PNG_START)
    while place + 12 <= len(content):
        end = place + 12 + int.from_bytes(content[place : place + 4])
        kind = content[place + 4 : place + 8]
        if end > len(content):
            raise NotAPhoto("The PNG is damaged.")
        if kind not in (b"eXIf", b"tEXt", b"zTXt", b"iTXt", b"tIME"):
            kept += content[place:end]
        if kind == b"IEND":
            return Photo(bytes(kept), "png")
        place = end
    raise NotAPhoto("The PNG is damaged.")


def _jpeg(content: bytes) -> Photo:
    kept = bytearray(content[:2])
    place, sized = 2, False
    while place + 4 <= len(content):
        if content[place] != 0xFF:
            break
        marker = content[place + 1]
        end = place + 2 + int.from_bytes(content[place + 2 : place + 4])
        if marker == JPEG_SCAN and sized:
            return Photo(bytes(kept) + content[place:], "jpg")
        if marker in JPEG_FRAMES and end <= len(content):
            _check_pixels(
                int.from_bytes(content[place + 7 : place + 9]), int.from_bytes(content[place + 5 : place + 7])
            )
            sized = True
        if marker not in JPEG_APPLICATION and marker != JPEG_COMMENT:
            kept += content[place:end]
        place = end
    raise NotAPhoto("The JPEG is damaged.")


def _check_pixels(width: int, height: int) -> None:
    if not width or not height or width * height > PHOTO_PIXELS_MAX:
        raise NotAPhoto(f"The photo has more than {PHOTO_PIXELS_MAX // 1_000_000} million dots.")
