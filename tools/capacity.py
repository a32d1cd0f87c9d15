"""Bring up to date what follows from the results: the shipped figures, the table of docs/operations/capacity.md, and the
settings files of the 28 GB machine in deploy/ where they are there. Run it after a new file in bench/results.
"""

import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from wardline.platform.plan import committed, costs, measured  # noqa: E402 - the path comes first


def main() -> None:
    """Write each file that is behind; say which."""
    figures = measured.read(ROOT / "bench" / "results")
    wanted = {measured.SHIPPED: measured.encode(figures).decode()}
    wanted |= committed.files(ROOT, figures, costs.assumptions())
    for path, text in wanted.items():
        if not path.exists() or path.read_text() != text:
            path.write_text(text)
            print(f"written: {path.relative_to(ROOT)}")


if __name__ == "__main__":
    main()
