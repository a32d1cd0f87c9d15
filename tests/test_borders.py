"""Borders between slices that import-linter cannot see: who imports what of whom, and which tables SQL touches.

The order of the layers is written once, in pyproject.toml.
"""

import ast
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PACKAGE = ROOT / "wardline"
OPEN_NAMES = {"public", "events"}
COMPOSITION = {"app", "cli", "demo", "frame"}  # they see everything: that is what they are for


def layers() -> list[set[str]]:
    """The layers from top to bottom, each a set of siblings."""
    config = tomllib.loads((ROOT / "pyproject.toml").read_text())
    contract = config["tool"]["importlinter"]["contracts"][0]
    return [set(re.findall(r"\w+", layer)) for layer in contract["layers"]]


DEPTH = {slice_name: depth for depth, layer in enumerate(layers()) for slice_name in layer}
SLICES = set(DEPTH) - COMPOSITION - {"platform"}


def sources() -> Iterator[tuple[str, Path, ast.Module]]:
    """Each file of each slice, with the slice's name."""
    for path in sorted(PACKAGE.rglob("*.py")):
        slice_name = path.relative_to(PACKAGE).parts[0].removesuffix(".py")
        if slice_name in DEPTH:
            yield slice_name, path, ast.parse(path.read_text())


def imports(tree: ast.Module) -> Iterator[tuple[int, str]]:
    """Every imported name in full: `from wardline.beds import public` gives `wardline.beds.public`."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield from ((node.lineno, f"{node.module}.{alias.name}") for alias in node.names)


def test_a_slice_shows_only_public_and_events():
    wrong: list[str] = []
    for slice_name, path, tree in sources():
        for line, imported in imports(tree):
            parts = imported.split(".")
            foreign = parts[0] == "wardline" and len(parts) > 2 and parts[1] in SLICES - {slice_name}
            if foreign and slice_name not in COMPOSITION and parts[2] not in OPEN_NAMES:
                wrong.append(f"{path.relative_to(ROOT)}:{line}: {imported}")
    assert not wrong, "\n".join(wrong)


WRITES = re.compile(r"\b(?:INSERT\s+INTO|UPDATE|DELETE\s+FROM|MERGE\s+INTO)\s+(?:ONLY\s+)?([a-z_]+)\.[a-z_]+")
READS = re.compile(r"\b(?:FROM|JOIN)\s+(?:ONLY\s+)?([a-z_]+)\.[a-z_]+")


def statements(tree: ast.Module) -> Iterator[tuple[int, str]]:
    """Every text in the code that may be SQL."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.lineno, node.value


def test_sql_writes_only_the_tables_of_its_own_slice():
    wrong = [
        f"{path.relative_to(ROOT)}:{line}: writes {schema}"
        for slice_name, path, tree in sources()
        if slice_name not in COMPOSITION
        for line, statement in statements(tree)
        for schema in WRITES.findall(statement)
        if schema in DEPTH and schema != slice_name
    ]
    assert not wrong, "\n".join(wrong)


def test_sql_reads_downwards_only():
    wrong = [
        f"{path.relative_to(ROOT)}:{line}: reads {schema}"
        for slice_name, path, tree in sources()
        for line, statement in statements(tree)
        for schema in READS.findall(statement)
        if schema in DEPTH and schema != slice_name and DEPTH[schema] <= DEPTH[slice_name]
    ]
    assert not wrong, "\n".join(wrong)


def test_a_query_of_many_rows_is_bounded():
    """`LIMIT`, or a comment in the SQL that says what bounds it: `-- bounded: one row per bed of the ward`."""
    wrong = [
        f"{path.relative_to(ROOT)}:{node.lineno}: {node.name}"
        for _, path, tree in sources()
        for node in ast.walk(tree)
        if isinstance(node, ast.AsyncFunctionDef) and returns_many(node)
        for statement in declared_queries(node)
        if not re.search(r"\bLIMIT\b|-- bounded:", statement)
    ]
    assert not wrong, "\n".join(wrong)


def returns_many(function: ast.AsyncFunctionDef) -> bool:
    return function.returns is not None and ast.unparse(function.returns).startswith("list[")


def declared_queries(function: ast.AsyncFunctionDef) -> Iterator[str]:
    """The SQL of the `@query` decorators above a function."""
    for decorator in function.decorator_list:
        if isinstance(decorator, ast.Call) and ast.unparse(decorator.func).endswith("query"):
            yield from (
                arg.value for arg in decorator.args if isinstance(arg, ast.Constant) and isinstance(arg.value, str)
            )
