"""Static files: joined, marked, packed, and nothing outside their folder."""

import gzip
import re
from typing import Any

import pytest

from wardline.platform import static


async def fetched(path: str, **headers: str) -> tuple[int, dict[str, str], bytes]:
    sent: list[dict[str, Any]] = []

    async def send(message: dict[str, Any]) -> None:
        sent.append(message)

    raw = [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()]
    place, _, query = path.partition("?")
    await static.serve({"method": "GET", "path": place, "query_string": query.encode(), "headers": raw}, send)
    given = {name.decode(): value.decode() for name, value in sent[0]["headers"]}
    return sent[0]["status"], given, sent[1]["body"]


@pytest.mark.parametrize(
    ("bundle", "limit_kb"),
    [
        ("wardline.css", 14),
        ("wardline.js", 11),
        ("palette.js", 2),
        ("beds.js", 3),
        ("signin.js", 1),
        ("lab.js", 1),
        ("ribbon.css", 1),
        ("notes.css", 3),
        ("notes.js", 6),
        ("lab.css", 2),
        ("stock.css", 1),
        ("pharmacy.css", 1),
        ("pharmacy.js", 1),
        ("mar.css", 3),
        ("mar.js", 5),
        ("camera.js", 1),
        ("orders.js", 2),
        ("drafts.js", 3),
        ("outbox.css", 1),
        ("outbox.js", 4),
        ("outbox-more.js", 8),
        ("sw.js", 5),
    ],
)
async def test_the_bundles_keep_their_budget(bundle: str, limit_kb: int) -> None:
    status, headers, body = await fetched(static.asset(bundle), accept_encoding="gzip")
    assert status == 200
    assert headers["content-encoding"] == "gzip"
    assert "immutable" in headers["cache-control"]
    assert len(body) <= limit_kb * 1024
    assert gzip.decompress(body) == static.content_of(bundle)


async def test_a_known_mark_is_not_sent_again() -> None:
    _, headers, _ = await fetched(static.asset("wardline.css"))
    status, _, body = await fetched(static.asset("wardline.css"), if_none_match=headers["etag"])
    assert (status, body) == (304, b"")


async def test_nobody_keeps_this_content_under_the_mark_of_another() -> None:
    """While a new version is rolled out, the old one may be asked for the new one's files."""
    asked = re.sub(r"v=\w+", "v=0123456789", static.asset("wardline.css"))
    status, headers, _ = await fetched(asked)
    assert (status, headers["cache-control"]) == (200, "no-store")


@pytest.mark.parametrize(
    "path", ["/static/../app.py", "/static/vendor/../../app.py", "/static//etc/passwd", "/static/", "/static/none.css"]
)
async def test_nothing_outside_the_folder_is_served(path: str) -> None:
    assert (await fetched(path))[0] == 404


def test_every_part_is_in_a_bundle() -> None:
    parts = {path.relative_to(static.STATIC).as_posix() for path in static.STATIC.glob("[cj]ss*/*")} | {
        path.relative_to(static.STATIC).as_posix() for path in static.STATIC.glob("js/*")
    }
    assert parts == {part for bundle in static.BUNDLES.values() for part in bundle}


def test_scripts_can_be_joined() -> None:
    for part in sorted({part for bundle in static.BUNDLES.values() for part in bundle if part.endswith(".js")}):
        source = (static.STATIC / part).read_text(encoding="utf-8")
        assert not re.search(r"^\s*(import|export)\b", source, re.MULTILINE), part
        beyond = [line for line in source.splitlines() if line.count("`") % 2 and not line.lstrip().startswith("//")]
        assert not beyond, f"{part}: a text goes beyond its line, whose indent is not sent: {beyond}"
        within = [line for line in source.splitlines() if re.search(r"""["'`][^"'`]*\s// [^"'`]*["'`]""", line)]
        assert not within, f"{part}: what looks like a comment would be taken out of a text: {within}"


def test_colours_and_inline_code_stay_out_of_templates() -> None:
    for folder in static.STATIC.parent.rglob("templates"):
        for template in folder.rglob("*.html"):
            source = template.read_text(encoding="utf-8")
            assert not re.search(r"\sstyle=|\son\w+=|hx-on|<script>|<style|javascript:", source), template


def test_every_icon_that_a_template_names_is_in_the_sprite() -> None:
    lines = (static.STATIC / "icons.txt").read_text(encoding="utf-8").splitlines()
    known = {line.partition(" = ")[0].strip() for line in lines if line and not line.startswith("#")}
    named = re.compile(r'ui\.icon\("([\w-]+)"|(?:chip|flag)\("\w+", "([\w-]+)"')
    for folder in static.STATIC.parent.rglob("templates"):
        for template in folder.rglob("*.html"):
            used = {first or second for first, second in named.findall(template.read_text(encoding="utf-8"))}
            assert used <= known, f"{template.name}: {used - known}"
