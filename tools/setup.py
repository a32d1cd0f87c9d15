"""Make the checkout ready to run: .venv with the locked packages, the `wardline` command, the browser files.

`make run` and `make test` call it first. It needs only Python 3.11 or newer, changes nothing when all is up to date
(so that a warm start costs a few milliseconds), and starts anew when the checkout or its Python has moved.
Uses only the standard library.
"""

import argparse
import hashlib
import json
import os
import shutil
import subprocess
import sys
import time
import venv
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
ENVIRONMENT = ROOT / ".venv"
SCRIPTS = ENVIRONMENT / "bin"
PYTHON = SCRIPTS / "python"
STAMP = ENVIRONMENT / ".wardline-setup.json"
LOCKS = ("requirements.lock", "requirements-dev.lock", "requirements-installer.lock", "pyproject.toml")


def main() -> None:
    """Set up for running, or with --dev for running, tests and checks."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--dev", action="store_true", help="also install what tests and checks need")
    dev: bool = parser.parse_args().dev
    os.chdir(ROOT)
    if not is_up_to_date(dev=dev):
        started = time.monotonic()
        make_environment()
        install_packages(dev=dev)
        STAMP.write_text(json.dumps(stamp(dev=dev)))
        say(f"packages installed in {time.monotonic() - started:.0f} s")
    bring_browser_files(dev=dev)


def say(words: str) -> None:
    """Print one line of progress."""
    print(f"  {words}", flush=True)


def stamp(*, dev: bool) -> dict[str, str | bool]:
    """Return what the installed environment depends on."""
    locks = hashlib.sha256(b"".join((ROOT / lock).read_bytes() for lock in LOCKS)).hexdigest()
    return {"root": str(ROOT), "python": os.path.realpath(sys.executable), "locks": locks, "dev": dev}


def is_up_to_date(*, dev: bool) -> bool:
    """Tell whether the environment has what is asked; one with the tools of tests also serves a plain run.

    A linked .venv belongs to another checkout, which looks after it.
    """
    if ENVIRONMENT.is_symlink():
        return True
    if not (STAMP.exists() and PYTHON.exists()):
        return False
    return json.loads(STAMP.read_text()) in (stamp(dev=True), stamp(dev=dev))


def make_environment() -> None:
    """Create .venv, or create it anew when it belongs to another place or another Python."""
    if PYTHON.exists() and not has_moved():
        return
    say(f"making .venv with Python {sys.version.split()[0]}")
    try:
        venv.create(ENVIRONMENT, clear=True, symlinks=True, with_pip=True)
    except subprocess.CalledProcessError:
        shutil.rmtree(ENVIRONMENT, ignore_errors=True)  # half an environment would pass for one next time
        sys.exit("Python cannot make environments here. On Debian or Ubuntu: apt-get install python3-venv")


def has_moved() -> bool:
    """Tell whether the checkout has been moved or copied, or its Python replaced, since .venv was made."""
    if not STAMP.exists():
        return False
    known, now = json.loads(STAMP.read_text()), stamp(dev=False)
    return any(known.get(name) != now[name] for name in ("root", "python"))


def install_packages(*, dev: bool) -> None:
    """Install the locks by hash and the checkout itself; with uv, or with pip where uv finds no way out."""
    locks = ["-r", "requirements.lock", *(["-r", "requirements-dev.lock"] if dev else [])]
    itself = ["--no-deps", "--no-build-isolation", "--editable", "."]
    pip = [str(PYTHON), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    uv = [str(SCRIPTS / "uv"), "pip", "install", "--quiet", "--python", str(PYTHON)]
    say("installing the locked packages")
    run([*pip, "--require-hashes", "--no-deps", "-r", "requirements-installer.lock"])
    try:
        run([*uv, "--require-hashes", *locks])
        run([*uv, *itself])
    except subprocess.CalledProcessError:
        say("uv could not install them; trying pip, with this machine's own settings")
        run([*pip, "--require-hashes", *locks])
        run([*pip, *itself])


def bring_browser_files(*, dev: bool) -> None:
    """Copy the pinned browser files into wardline/static/vendor."""
    run([str(PYTHON), "tools/vendor.py", *(["--with-tests"] if dev else [])])


def run(command: list[str]) -> None:
    """Run one step; its own output tells what went wrong."""
    subprocess.run(command, cwd=ROOT, check=True, stdin=subprocess.DEVNULL)


if __name__ == "__main__":
    try:
        main()
    except subprocess.CalledProcessError as failed:
        sys.exit(f"Set-up stopped at: {' '.join(failed.cmd)}")
