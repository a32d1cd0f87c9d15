"""${message}."""

from migrations.sql_file import run

revision = ${repr(up_revision)}
down_revision = ${repr(down_revision)}


def upgrade() -> None:
    run("${up_revision}_${message.lower().replace(" ", "_")}.sql")
