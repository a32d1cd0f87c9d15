"""The five rights of a dose are kept short and read in full."""

from datetime import UTC, datetime

import msgspec

from wardline.mar.checks import kept, shown, title_of
from wardline.mar.models import Right

AT = datetime(2026, 11, 27, 6, 2, 30, 500, tzinfo=UTC)
RIGHTS = [
    Right(key=key, title=title_of(key), holds=True, source=source, at=AT, words=words)
    for key, source, words in (
        ("patient", "Wristband", "O\u2019BRIEN, Zoë"),
        ("medicine", "Label", "paracetamol"),
        ("dose", "Scan", "1 g = 2 x 500 mg"),
        ("time", "With a reason", "1 h 10 min late: in radiology"),
        ("route", "Order", "Oral"),
    )
]
IN_FULL = msgspec.json.encode(RIGHTS).decode()


def test_what_was_kept_reads_as_it_was() -> None:
    stored = kept(RIGHTS, AT)
    assert stored is not None
    assert len(stored) * 2 < len(IN_FULL)
    assert msgspec.convert(shown(stored), list[Right]) == RIGHTS
    assert shown(stored) == msgspec.json.decode(IN_FULL)


def test_what_an_earlier_version_wrote_reads_as_it_did() -> None:
    assert shown(IN_FULL) == msgspec.json.decode(IN_FULL)


def test_nothing_checked_is_nothing_kept() -> None:
    assert kept([], AT) is None
    assert shown(None) == shown("[]") == []
