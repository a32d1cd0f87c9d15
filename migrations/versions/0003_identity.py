"""Create the identity schema."""

from migrations.sql_file import run

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    run("0003_identity.sql")
