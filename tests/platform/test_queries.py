"""Every declared query against a migrated database: names, types and parameters."""

import datetime as dt
from typing import Any, get_args, get_type_hints
from uuid import UUID

import asyncpg
import msgspec
import pytest

from tests.database import TestDatabase
from wardline.app import load_routes
from wardline.platform.db import QUERIES, Declared

load_routes()
FITS: dict[str, tuple[type, ...]] = {
    "uuid": (UUID,),
    "text": (str,),
    "varchar": (str,),
    "int2": (int,),
    "int4": (int,),
    "int8": (int,),
    "bool": (bool,),
    "date": (dt.date,),
    "timestamptz": (dt.datetime,),
    "numeric": (float,),
    "float8": (float,),
    "float4": (float,),
    "bytea": (bytes,),
    "jsonb": (dict, list, object),
}


def plain(hint: Any) -> set[Any]:
    """The types that a hint allows, Literal words as str, without None."""
    if isinstance(hint, type) and issubclass(hint, str):
        return {str}
    arguments = get_args(hint)
    if not arguments:
        return {hint}
    if hint.__class__.__name__ == "_LiteralGenericAlias":
        return {type(a) for a in arguments}
    if getattr(hint, "__origin__", None) in (list, dict):
        return {hint.__origin__}
    return {p for a in arguments if a is not type(None) for p in plain(a)}


@pytest.mark.parametrize("declared", QUERIES, ids=lambda q: q.name)
async def test_declared_query_fits_the_database(declared: Declared, database: TestDatabase) -> None:
    connection = await asyncpg.connect(database.app)
    try:
        prepared = await connection.prepare(declared.sql)
        assert len(prepared.get_parameters()) == len(declared.parameter_paths)
        check_columns(declared, [(a.name, a.type.name) for a in prepared.get_attributes()])
    finally:
        await connection.close()


def check_columns(declared: Declared, columns: list[tuple[str, str]]) -> None:
    if declared.kind == "none":
        return
    result = declared.result
    if isinstance(result, type) and issubclass(result, msgspec.Struct):
        hints = get_type_hints(result)
        fields = [(name, hints[name]) for name in result.__struct_fields__]
        assert len(columns) <= len(fields), f"{len(columns)} columns for {len(fields)} fields"
    else:
        fields = [("value", result)]
    for (column, kind), (field, hint) in zip(columns, fields, strict=False):
        if kind.endswith("[]") or kind.startswith("_"):
            assert list in plain(hint), f"{column} is {kind}, {field} is {hint}"
        else:
            allowed = FITS.get(kind)
            assert allowed is None or plain(hint) & set(allowed), f"{column} is {kind}, {field} is {hint}"
