"""OpenAPI 3.1, made from the declared routes; what is served is described and the other way round."""

import re
from collections.abc import Sequence
from types import UnionType
from typing import Any, Union, get_args, get_origin

import msgspec

from wardline.platform.http.reply import File, Page, Redirect
from wardline.platform.http.routes import ANYONE, Anonymous, Route

PROBLEM_SCHEMA: dict[str, Any] = {
    "type": "object",
    "description": "RFC 9457 problem details; `code` is stable, `fields` names what is wrong where.",
    "required": ["type", "title", "status", "code", "detail", "request_id"],
    "properties": {
        "type": {"type": "string"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "code": {"type": "string"},
        "detail": {"type": "string"},
        "instance": {"type": "string"},
        "request_id": {"type": "string"},
        "fields": {"type": "object", "additionalProperties": {"type": "string"}},
    },
}
_REF = "#/components/schemas/{name}"
_WORDS = {
    400: "The request cannot be read",
    401: "Nobody is signed in",
    403: "The role does not include this",
    404: "Nothing there, or not yours",
    405: "That cannot be done here",
    409: "Somebody else was first",
    412: "Changed since you read it",
    413: "Too large",
    415: "Not a content type read here",
    422: "Something entered is not right",
    428: "A key or a version is missing",
    429: "Too many attempts",
    503: "Too busy, or the database is away",
}


def document(routes: Sequence[Route], *, version: str, title: str = "Wardline") -> dict[str, Any]:
    """The OpenAPI document of these routes."""
    kinds = [k for route in routes for k in (route.input, _struct(route.output)) if k is not None and k is not bytes]
    unique = list({repr(kind): kind for kind in kinds}.values())
    schemas, components = msgspec.json.schema_components(unique, ref_template=_REF)
    schema_of = dict(zip((repr(k) for k in unique), schemas, strict=True))
    components["Problem"] = PROBLEM_SCHEMA
    paths: dict[str, dict[str, Any]] = {}
    for route in sorted(routes, key=lambda r: r.path):
        paths.setdefault(route.path, {})[route.method.lower()] = _operation(route, schema_of, components)
    return {
        "openapi": "3.1.0",
        "info": {"title": title, "version": version, "description": "The same addresses that people use, as JSON."},
        "paths": paths,
        "components": {
            "schemas": components,
            "securitySchemes": {"session": {"type": "http", "scheme": "bearer", "description": "From POST /sessions"}},
        },
        "security": [{"session": []}],
    }


def _struct(output: Any) -> Any:
    """The JSON part of a handler's result type; None when it is a page, a file or nothing."""
    if output is None or output in (File, Page, Redirect, bytes):
        return None
    json_kinds = (
        [a for a in get_args(output) if a not in (File, Page, Redirect, type(None))] if _is_union(output) else [output]
    )
    return json_kinds[0] if json_kinds else None


def _is_union(output: Any) -> bool:
    return get_origin(output) in (Union, UnionType)  # X | Y is a Union where X is a generic struct


def _operation(route: Route, schema_of: dict[str, Any], components: dict[str, Any]) -> dict[str, Any]:
    operation: dict[str, Any] = {
        "operationId": route.name.replace(".", "_"),
        "summary": route.summary,
        "tags": [route.name.partition(".")[0]],
        "x-permission": str(route.needs),
        "parameters": [_path_parameter(name, kind) for name, kind in route.parameters.items()],
        "responses": _responses(route, schema_of),
    }
    if isinstance(route.needs, Anonymous) and route.needs == ANYONE:
        operation["security"] = []
    if route.writes:
        operation["parameters"].extend(_write_parameters(route))
    if route.input is bytes:
        operation["requestBody"] = {"required": True, "content": {"application/octet-stream": {}}}
    elif route.input is not None and route.writes:
        operation["requestBody"] = {
            "required": True,
            "content": {"application/json": {"schema": schema_of[repr(route.input)]}},
        }
    elif route.input is not None:
        operation["parameters"].extend(_query_parameters(schema_of[repr(route.input)], components))
    return operation


def _path_parameter(name: str, kind: Any) -> dict[str, Any]:
    return {"name": name, "in": "path", "required": True, "schema": msgspec.json.schema(kind)}


def _query_parameters(schema: dict[str, Any], components: dict[str, Any]) -> list[dict[str, Any]]:
    name = re.sub(r"^#/components/schemas/", "", schema.get("$ref", ""))
    held = components.get(name, schema)
    needed = set(held.get("required", ()))
    return [
        {"name": field, "in": "query", "required": field in needed, "schema": kind}
        for field, kind in held.get("properties", {}).items()
    ]


def _write_parameters(route: Route) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    if route.keyed:
        key_schema = {"type": "string", "minLength": 8, "maxLength": 100, "pattern": "^[!-~]{8,100}$"}
        found.append({"name": "Idempotency-Key", "in": "header", "required": True, "schema": key_schema})
    if route.versioned:
        version_schema = {"type": "string", "pattern": '^"?[0-9]{1,9}"?$'}
        found.append({"name": "If-Match", "in": "header", "required": True, "schema": version_schema})
    return found


def _responses(route: Route, schema_of: dict[str, Any]) -> dict[str, Any]:
    kind = _struct(route.output)
    responses: dict[str, Any] = {}
    if kind is not None:
        status = "201" if route.created else "200"
        responses[status] = {"description": "Done", "content": {"application/json": {"schema": schema_of[repr(kind)]}}}
    elif route.output is None:
        responses["204"] = {"description": "Done"}
    else:
        responses["200"] = {"description": "A page or a file"}
    if "Redirect" in repr(route.output):
        responses["303"] = {"description": "Go on there"}
    problem = {"application/problem+json": {"schema": {"$ref": _REF.format(name="Problem")}}}
    for status, words in _WORDS.items():
        responses[str(status)] = {"description": words, "content": problem}
    return responses
