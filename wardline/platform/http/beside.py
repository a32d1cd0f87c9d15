"""What every process answers beside the declared routes, for the description: streams, life, readiness and figures."""

from typing import Any

PROBLEM: dict[str, Any] = {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}
READY: dict[str, Any] = {
    "application/json": {
        "schema": {
            "type": "object",
            "required": ["ready", "wrong"],
            "properties": {"ready": {"type": "boolean"}, "wrong": {"type": "string"}},
        }
    }
}
TOPIC: dict[str, Any] = {"type": "array", "items": {"type": "string"}, "minItems": 1}
VERSION: dict[str, Any] = {"type": "array", "items": {"type": "integer", "minimum": 0}}
LIVE: dict[str, Any] = {
    "summary": "A stream of server-sent events: what changes in the named topics, for as long as the caller may see them.",
    "x-permission": "signed_in, and that of each topic's page",
    "parameters": [
        {"name": "topic", "in": "query", "required": True, "schema": TOPIC},
        {"name": "version", "in": "query", "required": False, "schema": VERSION},
    ],
    "responses": {
        "200": {"description": "Events until the stream ends", "content": {"text/event-stream": {}}},
        "400": {"description": "The topics or versions cannot be read", "content": PROBLEM},
        "401": {"description": "Nobody is signed in", "content": PROBLEM},
        "403": {"description": "The role does not include this", "content": PROBLEM},
        "404": {"description": "Nothing there, or not yours", "content": PROBLEM},
        "503": {"description": "Too many streams at once: come back after the time in Retry-After", "content": PROBLEM},
    },
}
HEALTH: dict[str, Any] = {
    "summary": "Whether the process answers at all.",
    "x-permission": "anyone",
    "security": [],
    "responses": {"200": {"description": "It does", "content": {"text/plain": {}}}},
}
READINESS: dict[str, Any] = {
    "summary": "Whether the process can serve: the database answers and has this version's migrations.",
    "x-permission": "anyone",
    "security": [],
    "responses": {
        "200": {"description": "It can", "content": READY},
        "503": {"description": "It cannot; `wrong` says why", "content": READY},
    },
}
METRICS: dict[str, Any] = {
    "summary": "The figures of all processes of this machine, for Prometheus.",
    "x-permission": "whoever sends the token of the settings; without one, this machine alone",
    "security": [{}, {"session": []}],
    "responses": {
        "200": {"description": "The figures", "content": {"text/plain": {}}},
        "404": {"description": "Nothing there for others"},
    },
}
PATHS: dict[str, dict[str, Any]] = {
    path: {"get": {"operationId": f"process_{path[1:]}", "tags": ["process"], **operation}}
    for path, operation in (("/live", LIVE), ("/health", HEALTH), ("/ready", READINESS), ("/metrics", METRICS))
}
