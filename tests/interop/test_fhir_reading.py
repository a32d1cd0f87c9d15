"""Hostile and broken files are refused whole, early, and with the line that is wrong."""

import gzip
import json
import resource
import zlib
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.interop import small_bundles as small
from wardline.interop.fhir import position, reading
from wardline.interop.fhir.bundle import DEPTH_MAX, is_directory, parse
from wardline.interop.fhir.errors import BadBundle


def line_of(text: bytes, needle: str) -> int:
    """The one line that holds the needle."""
    lines = [number for number, line in enumerate(text.decode().splitlines(), 1) if needle in line]
    assert len(lines) == 1, f"{needle!r} stands on lines {lines}"
    return lines[0]


def refused(text: bytes) -> BadBundle:
    with pytest.raises(BadBundle) as caught:
        parse(text)
    return caught.value


def test_a_sound_bundle_is_read_with_its_types() -> None:
    bundle = parse(small.usual(small.allergy()))
    assert [entry.kind for entry in bundle.entries][-1] == "AllergyIntolerance"
    assert not is_directory(small.usual())
    assert is_directory(small.text_of(small.hospital(), small.doctor()))


def test_truncated_text_names_its_last_line() -> None:
    text = small.usual()
    cut = text[: len(text) // 2]
    assert refused(cut).line == cut.count(b"\n") + 1


def test_a_wrong_type_names_the_line_of_the_field() -> None:
    text = small.text_of(small.hospital(), small.patient(birthDate=1980))
    bad = refused(text)
    assert bad.line == line_of(text, '"birthDate": 1980')
    assert bad.where == "entry[1].resource.birthDate"


def test_a_missing_field_names_the_resource() -> None:
    condition = small.condition()
    del condition["subject"]
    text = small.usual(condition)
    bad = refused(text)
    assert "subject" in bad.reason
    assert bad.line == line_of(text, '"resourceType": "Condition"') - 1


def test_a_date_in_words_is_refused_with_its_line() -> None:
    text = small.text_of(small.patient(birthDate="yesterday"))
    assert refused(text).line == line_of(text, "yesterday")


@pytest.mark.parametrize("id_of_second", [small.DOCTOR, small.PATIENT])
def test_the_same_address_twice_is_refused(id_of_second: str) -> None:
    text = small.text_of(small.doctor(), small.patient(), small.doctor(id=id_of_second))
    assert "twice" in refused(text).reason


def test_a_duplicate_key_is_refused_with_the_line_of_the_second() -> None:
    text = small.usual().replace(b'"gender": "female",', b'"gender": "female",\n"gender":   "male",')
    bad = refused(text)
    assert "gender" in bad.reason
    assert bad.line == line_of(text, '"gender":   "male"')


def test_nesting_is_bounded_and_a_million_levels_do_no_harm() -> None:
    assert "deeper" in refused(b'{"resourceType":\n"Bundle", "entry": ' + b"[" * 1_000_000).reason
    nested = b"[" * (DEPTH_MAX + 1) + b"]" * (DEPTH_MAX + 1)
    assert refused(b'{\n"entry":\n' + nested + b"}").line == 3
    assert position.depth_of(position.brackets_of(b'{"a": "[[[[", "b": [{"c\\"[": 1}]}')) == 3


@pytest.mark.parametrize(
    ("hostile", "reason"),
    [
        (b"[" + b"[]," * 1_100_000 + b"[]]", "objects and lists"),
        (b'["' + b'a","' * 2_600_000 + b'a"]', "strings"),
        (b'"' + b"\\" * 20_000_000, "not valid JSON"),
        (b'{"a":"' + "\N{GRINNING FACE}".encode() * 5_000_000 + b'"}', "resourceType"),
    ],
)
def test_a_text_made_to_fill_the_memory_is_refused(hostile: bytes, reason: str) -> None:
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    assert reason in refused(hostile).reason
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 300 * 1024


@pytest.mark.parametrize("number", ["NaN", "Infinity", "-Infinity", "1e999", "1" * 5000])
def test_numbers_that_are_none_are_refused(number: str) -> None:
    text = small.usual(small.observation("obs-1", "8867-4", 70.25, "/min")).replace(b"70.25", number.encode())
    refused(text)


@pytest.mark.parametrize(
    "text",
    [
        b"",
        b"null",
        b"[]",
        b'"Bundle"',
        b"{}",
        b'{"resourceType": "Patient", "id": "1"}',
        b'{"resourceType": "Bundle", "entry": []}',
        b'{"resourceType": "Bundle", "entry": [{}]}',
        b'{"resourceType": "Bundle", "entry": [{"resource": 4}]}',
        b'{"resourceType": "Bundle", "entry": {"resource": {}}}',
        b'\xff\xfe{"resourceType": "Bundle"}',
    ],
)
def test_what_is_no_bundle_is_refused(text: bytes) -> None:
    refused(text)


def test_invalid_utf8_names_its_line() -> None:
    text = small.usual().replace(b"Dibbert", b"Dib\xffert")
    assert refused(text).line == text[: text.index(b"\xff")].count(b"\n") + 1


# Files


def test_plain_and_packed_files_give_the_same_text(tmp_path: Path) -> None:
    text = small.usual()
    (tmp_path / "a.json").write_bytes(b"\xef\xbb\xbf" + text)
    (tmp_path / "b.json.gz").write_bytes(gzip.compress(text))
    (tmp_path / "notes.txt").write_text("not a bundle")
    sources = [reading.read(path) for path in reading.bundle_files([tmp_path])]
    assert [source.name for source in sources] == ["a.json", "b.json.gz"]
    assert [source.text for source in sources] == [text, text]
    assert sources[0].sha256 != sources[1].sha256


def test_a_file_named_twice_is_read_once(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    path.write_bytes(small.usual())
    assert reading.bundle_files([tmp_path, path]) == [path]


def test_a_gzip_bomb_is_refused_before_it_fills_the_memory() -> None:
    packer = zlib.compressobj(9, wbits=16 + zlib.MAX_WBITS)
    zeros = bytes(1024 * 1024)
    bomb = b"".join(packer.compress(zeros) for _ in range(512)) + packer.flush()
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with pytest.raises(BadBundle, match="bomb"):
        reading.unpack(bomb)
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 200 * 1024


@pytest.mark.parametrize(
    ("damage", "word"),
    [
        (lambda packed: packed[:-20], "early"),
        (lambda packed: packed[:30] + b"\x00\x00\x00" + packed[33:], "damaged"),
        (lambda packed: packed + packed, "follows"),
    ],
)
def test_damaged_gzip_is_refused(damage: Callable[[bytes], bytes], word: str) -> None:
    with pytest.raises(BadBundle, match=word):
        reading.unpack(damage(gzip.compress(small.usual())))


def test_a_file_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BadBundle, match="cannot be read"):
        reading.read(tmp_path / "missing.json")


def test_a_file_above_the_limit_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading, "TEXT_BYTES_MAX", 100)
    (tmp_path / "large.json").write_bytes(small.usual())
    with pytest.raises(BadBundle, match="larger than"):
        reading.read(tmp_path / "large.json")


# Lines


def test_offsets_lead_to_the_value_or_its_nearest_parent() -> None:
    text = json.dumps({"a": [{"b": "x,:}"}, {"b": [1, 22, {"c": "here"}]}], "d": 5}).encode()
    at = position.offset_of
    assert text[at(text, ("a", 1, "b", 2, "c")) :].startswith(b'"here"')
    assert text[at(text, ("a", 1, "b", 1)) :].startswith(b"22")
    assert text[at(text, ("d",)) :].startswith(b"5")
    assert text[at(text, ("a", 0, "missing", 3)) :].startswith(b'{"b": "x')
    assert at(text, ("a", 7)) == text.index(b"[")
