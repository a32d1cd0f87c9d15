"""Reading what was sent: path values, query strings, JSON and forms, within limits, into typed input.

Every refusal names the field. JSON deeper than 64 levels, with a name twice, or with characters that no database text
can hold is refused before it is decoded.
"""

import functools
import json
import re
from collections.abc import AsyncGenerator, Mapping, Sequence
from typing import Any
from urllib.parse import parse_qsl

import msgspec
from starlette.datastructures import Headers, UploadFile
from starlette.formparsers import MultiPartException, MultiPartParser

from wardline.platform.errors import BadRequest, Invalid, NotFound, TooLarge, WrongType
from wardline.platform.http.routes import Route

DEPTH_MAX = 64
WHOLE_DIGITS_MAX = 40
FIELDS_MAX = 500
NESTED_MAX = 5
_AT = re.compile(r"^(?P<what>.*?)(?: - at `(?P<path>[^`]*)`)?$", re.DOTALL)
_MISSING = re.compile(r"missing required field `(?P<field>[^`]+)`")
_UNKNOWN = re.compile(r"contains unknown field `(?P<field>[^`]+)`")


def headers_of(raw: Sequence[tuple[bytes, bytes]]) -> dict[str, str]:
    """The headers by their names in small letters; of one that was sent twice the first counts."""
    return {name.decode("latin-1"): value.decode("latin-1") for name, value in reversed(raw)}


async def read_body(receive: Any, limit: int) -> bytes:
    """The whole body, at most `limit` bytes."""
    chunks: list[bytes] = []
    size = 0
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise BadRequest("The connection closed before everything was sent.")
        chunk = message.get("body", b"")
        size += len(chunk)
        if size > limit:
            raise TooLarge(f"At most {limit:,} bytes.", bytes_max=limit)
        chunks.append(chunk)
        if not message.get("more_body"):
            return chunks[0] if len(chunks) == 1 else b"".join(chunks)


def path_values(route: Route, raw: list[str]) -> dict[str, Any]:
    """The path's parameters as their declared types; a value that cannot be one names nothing here."""
    try:
        return {
            name: value if kind is str else msgspec.convert(value, kind, strict=False)
            for (name, kind), value in zip(route.parameters.items(), raw, strict=True)
        }
    except msgspec.ValidationError:
        raise NotFound from None


def query_values(query: bytes) -> dict[str, Any]:
    """The query string as names and values; a repeated name is a list."""
    if b"%00" in query or b"\x00" in query:
        raise BadRequest("The address holds a character that is not text.")
    try:
        pairs = parse_qsl(query.decode("ascii"), keep_blank_values=False, max_num_fields=FIELDS_MAX, errors="strict")
    except (ValueError, UnicodeDecodeError):
        raise BadRequest("The address is not readable text.") from None
    return _gathered(pairs)


def _gathered(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    values: dict[str, Any] = {}
    for name, value in pairs:
        if name in values:
            held = values[name]
            values[name] = [*held, value] if isinstance(held, list) else [held, value]
        else:
            values[name] = value
    return values


def convert(values: dict[str, Any], kind: Any) -> Any:
    """Text values as the declared struct; a single value fits a list field."""
    for name in _list_names(kind):
        held = values.get(name)
        if held is not None and not isinstance(held, list):
            values[name] = [held]
    try:
        return msgspec.convert(values, kind, strict=False)
    except msgspec.ValidationError as error:
        raise invalid(error) from None


@functools.cache
def _list_names(kind: Any) -> tuple[str, ...]:
    """The fields of a struct that are lists, by the names they are sent with."""
    info = msgspec.inspect.type_info(kind)
    if not isinstance(info, msgspec.inspect.StructType):
        return ()
    return tuple(field.encode_name for field in info.fields if _is_list(field.type))


def _is_list(kind: Any) -> bool:
    if isinstance(kind, msgspec.inspect.UnionType):
        return any(_is_list(t) for t in kind.types)
    return isinstance(kind, (msgspec.inspect.ListType, msgspec.inspect.SetType, msgspec.inspect.VarTupleType))


def invalid(error: msgspec.ValidationError) -> Invalid:
    """Msgspec's message as a field and plain words."""
    match = _AT.match(str(error))
    what = match["what"] if match else str(error)
    path = ((match["path"] if match else None) or "$").removeprefix("$").removeprefix(".")
    if missing := _MISSING.search(what):
        field = f"{path}.{missing['field']}".lstrip(".")
        return Invalid(fields={field: "This is needed."})
    if unknown := _UNKNOWN.search(what):
        field = f"{path}.{unknown['field']}".lstrip(".")
        return Invalid(fields={field: "There is no such field here."})
    return Invalid(fields={path or "body": _plain(what)})


def _plain(what: str) -> str:
    words = what.replace("`", "").strip()
    for long, short in (
        ("Expected int, got str", "Enter a whole number."),
        ("Expected int | null, got str", "Enter a whole number."),
        ("Expected float, got str", "Enter a number."),
        ("Expected float | null, got str", "Enter a number."),
        ("Invalid UUID", "This is not an identifier."),
        ("Invalid RFC3339 encoded date", "Enter a date as YYYY-MM-DD."),
    ):
        if words.startswith(long):
            return short
    return words if words.endswith(".") else f"{words}."


def check_json(body: bytes) -> Any:
    """Decode JSON strictly: depth, double names, numbers without value, characters that are not text."""
    if b"\\u0000" in body or b"\x00" in body:
        raise Invalid("The text holds a character that cannot be stored.", fields={"body": "No zero characters."})
    if body.count(b"[") + body.count(b"{") > DEPTH_MAX:
        _check_depth(body)
    try:
        values = json.loads(body, object_pairs_hook=_once, parse_constant=_no_constant, parse_int=_whole)
        if b"\\u" in body:
            json.dumps(values, ensure_ascii=False).encode()  # half of a surrogate pair is not text
    except UnicodeEncodeError:
        raise Invalid("The text holds a character that cannot be stored.", fields={"body": "Text only."}) from None
    except (ValueError, RecursionError):
        raise BadRequest("The body is not readable JSON.") from None
    return values


def _check_depth(body: bytes) -> None:
    depth = 0
    for token in re.finditer(rb'"(?:[^"\\]|\\.)*"|[\[{]|[\]}]', body):
        char = token.group(0)[:1]
        if char in b"[{":
            depth += 1
            if depth > DEPTH_MAX:
                raise BadRequest(f"The body is nested deeper than {DEPTH_MAX} levels.")
        elif char in b"]}":
            depth -= 1


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise BadRequest("The body names a field twice.")
    return found


def _whole(digits: str) -> int:
    if len(digits) > WHOLE_DIGITS_MAX:
        raise BadRequest("The body holds a number that is too large.")
    return int(digits)


def _no_constant(name: str) -> Any:
    raise BadRequest(f"{name} is not a number.")


class Sent(msgspec.Struct):
    """What a write carried: its values, and what steers the request rather than the row."""

    values: Any
    is_form: bool = False
    method: str | None = None
    key: str | None = None
    version: str | None = None


async def sent_values(headers: Mapping[str, str], body: bytes) -> Sent:
    """The body as values: JSON, or a form with its hidden fields (`_method`, `idempotency_key`, `version`) taken out."""
    kind = headers.get("content-type", "").partition(";")[0].strip().lower()
    if not body and kind not in ("application/x-www-form-urlencoded", "multipart/form-data"):
        return Sent({})
    if kind in ("application/json", ""):
        values = check_json(body)
        version = values.pop("version", None) if isinstance(values, dict) else None
        return Sent(values, version=None if version is None else str(version))
    if kind == "application/x-www-form-urlencoded":
        if b"%00" in body:
            raise Invalid("The text holds a character that cannot be stored.")
        try:
            pairs = parse_qsl(body.decode("utf-8"), keep_blank_values=False, max_num_fields=FIELDS_MAX, errors="strict")
        except (ValueError, UnicodeDecodeError):
            raise BadRequest("The form is not readable text.") from None
        return _from_form(_gathered(list(pairs)))
    if kind == "multipart/form-data":
        return _from_form(await _multipart(headers, body))
    raise WrongType("Send application/json or a form.")


async def _multipart(headers: Mapping[str, str], body: bytes) -> dict[str, Any]:
    async def stream() -> AsyncGenerator[bytes, None]:
        yield body

    try:
        form = await MultiPartParser(Headers(headers), stream(), max_files=5, max_fields=FIELDS_MAX).parse()
    except (MultiPartException, KeyError, ValueError):
        raise BadRequest("The form is not readable.") from None
    pairs: list[tuple[str, Any]] = []
    for name, value in form.multi_items():
        if isinstance(value, UploadFile):
            pairs.append((name, await value.read()))
            await value.close()
        elif value:
            pairs.append((name, value))
    return _gathered(pairs)


def _nested(values: dict[str, Any]) -> dict[str, Any]:
    """Names with dots as what they stand for: `isolates.0.organism` is a field of the first one of a list."""
    if not any("." in name for name in values):
        return values
    root: dict[str, Any] = {}
    for name, value in values.items():
        *path, last = name.split(".")
        if len(path) > NESTED_MAX:
            raise BadRequest(f"A field of the form is nested deeper than {NESTED_MAX} levels.")
        place: Any = root
        for part in path:
            place = place.setdefault(part, {})
            if not isinstance(place, dict):
                raise BadRequest("The form names a field twice.")
        if last in place:
            raise BadRequest("The form names a field twice.")
        place[last] = value
    return {name: _with_lists(value) for name, value in root.items()}


def _with_lists(value: Any) -> Any:
    """Where every name is a number the values are a list, in that order; rows left empty are closed up."""
    if not isinstance(value, dict):
        return value
    held: dict[str, Any] = {str(name): _with_lists(each) for name, each in value.items()}  # pyright: ignore[reportUnknownVariableType, reportUnknownArgumentType]
    if all(name.isascii() and name.isdigit() and len(name) < 4 for name in held):
        return [held[name] for name in sorted(held, key=int)]
    return held


def _from_form(values: dict[str, Any]) -> Sent:
    values = _nested(values)
    return Sent(
        values,
        is_form=True,
        method=_single(values.pop("_method", None)),
        key=_single(values.pop("idempotency_key", None)),
        version=_single(values.pop("version", None)),
    )


def _single(value: Any) -> str | None:
    """A hidden field is sent once, as text."""
    if value is None or isinstance(value, str):
        return value
    raise BadRequest("A hidden field of the form was sent twice.")
