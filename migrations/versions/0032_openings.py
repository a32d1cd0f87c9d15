"""Let the hottest reads set their scope and check access in one round trip."""

from migrations.sql_file import run

revision = "0032"
down_revision = "0031"


def upgrade() -> None:
    run("0032_openings.sql")
