"""The health check of a container: quick, so it needs only the standard library.

python deploy/health.py /ready          what listens on WARDLINE_PORT answers 200
python deploy/health.py --figures NAME  a process that listens nowhere has left its figures lately
"""

import http.client
import os
import sys
import time
from pathlib import Path

ANSWER_SECONDS_MAX = 2
FIGURES_AGE_SECONDS_MAX = 30


def answers(path: str) -> bool:
    """Whether this container's server says 200."""
    port = int(os.environ.get("WARDLINE_PORT", "8000"))
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=ANSWER_SECONDS_MAX)
    try:
        connection.request("GET", path)
        return connection.getresponse().status == http.client.OK
    except (OSError, http.client.HTTPException):
        return False


def leaves_figures(process: str) -> bool:
    """Whether a process of this kind has written its figures within the last half minute."""
    folder = Path(os.environ["WARDLINE_DATA"]) / "run" / "metrics"
    written = [path.stat().st_mtime for path in folder.glob(f"{process}-*.figures")]
    return bool(written) and time.time() - max(written) < FIGURES_AGE_SECONDS_MAX


if __name__ == "__main__":
    asked = sys.argv[1:]
    sys.exit(not (leaves_figures(asked[1]) if asked[0] == "--figures" else answers(asked[0])))
