"""What the project keeps of the plan: the table in its pages, and the settings of the 28 GB machine in deploy/."""

import re
from pathlib import Path

from wardline.platform.plan import emit, words
from wardline.platform.plan.costs import Assumptions, costs
from wardline.platform.plan.machines import plan
from wardline.platform.plan.measured import Measured
from wardline.platform.plan.needs import question

PAGE = "docs/operations/capacity.md"
BEGIN, END = "<!-- made by: wardline plan --table -->\n", "<!-- end -->"
# The machine that the product was promised for.
USERS, MEMORY_GB = 50_000, 28
KEPT = {"deploy/postgres/postgresql.conf": emit.postgres, "deploy/redis/redis.conf": emit.redis}
ARGUMENTS = f"--users {USERS} --memory {MEMORY_GB}"


def files(root: Path, figures: Measured, assumed: Assumptions) -> dict[Path, str]:
    """Each kept file with what should be in it; those of deploy/ only where their folder is there."""
    cost = costs(figures, assumed)
    page = root / PAGE
    found = {page: with_table(page.read_text(), words.tiers(figures, cost, assumed))}
    machine = plan(question(USERS, words.MEAN_SECONDS, None), cost, assumed, memory_gb=MEMORY_GB)
    found |= {root / name: make(machine, ARGUMENTS) for name, make in KEPT.items() if (root / name).parent.is_dir()}
    return found


def with_table(page: str, table: str) -> str:
    """The page with this table between its marks."""
    return re.sub(f"{re.escape(BEGIN)}.*?{re.escape(END)}", lambda _: f"{BEGIN}{table}{END}", page, flags=re.DOTALL)
