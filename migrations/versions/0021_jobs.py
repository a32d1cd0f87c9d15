"""Create the queue: procrastinate's own tables in a schema of their own, and the list of jobs that were given up.

The schema's comment says which release of procrastinate made it, so that a later migration knows which of the package's
own migrations are still to be run.
"""

from importlib.metadata import version

from alembic import op

from migrations.sql_file import run

revision = "0021"
down_revision = "0020"


def upgrade() -> None:
    from procrastinate.schema import SchemaManager  # noqa: PLC0415 - web workers read the list of migrations too

    connection = op.get_bind()
    plain = {"no_parameters": True}
    connection.exec_driver_sql("CREATE SCHEMA procrastinate")
    connection.exec_driver_sql("SET LOCAL search_path = procrastinate, pg_catalog")
    connection.exec_driver_sql(SchemaManager.get_schema(), execution_options=plain)
    connection.exec_driver_sql("SET LOCAL search_path = DEFAULT")
    connection.exec_driver_sql(f"COMMENT ON SCHEMA procrastinate IS 'procrastinate {version('procrastinate')}'")
    run("0021_jobs.sql")
