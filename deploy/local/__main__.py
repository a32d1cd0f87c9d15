"""`deploy/run-local`: see docs/operations/deploying.md."""

import os
import resource
import shutil
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from types import FrameType
from typing import NoReturn

import click
import psycopg

from deploy.local import files, parts, programs
from deploy.local.keeper import POLL_SECONDS, CannotStart, Kept
from deploy.local.layout import HERE, LOOPBACK, NODES_MAX, PORTS_MAX, POSTGRES, PROMETHEUS, ROOT, Layout
from wardline.platform.processes import Account

DATABASE_SECONDS_MAX = 60.0


@click.command(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 120})
@click.option(
    "--data", type=click.Path(path_type=Path), default=ROOT / "data" / "local", help="The one folder for everything."
)
@click.option("--web", type=click.IntRange(1, NODES_MAX), default=2, show_default=True, help="Web nodes.")
@click.option("--live", type=click.IntRange(1, NODES_MAX), default=1, show_default=True, help="Live nodes.")
@click.option("--workers", type=click.IntRange(1, 64), default=1, show_default=True, help="Processes of each web node.")
@click.option("--nginx-workers", type=click.IntRange(1, 64), default=2, show_default=True, help="Processes of nginx.")
@click.option("--server", type=click.Choice(["granian", "uvicorn"]), default="granian", show_default=True)
@click.option("--page-port", default=3001, show_default=True, help="Pages, with TLS.")
@click.option("--program-port", default=8000, show_default=True, help="The same for programs on this machine, without.")
@click.option("--first-port", default=18_000, show_default=True, help=f"The first of {PORTS_MAX} inner ports.")
@click.option("--demo", is_flag=True, help="Invented hospitals and people on the first start.")
@click.option("--log-requests", is_flag=True, help="Let nginx write down every request.")
@click.option("--monitoring/--no-monitoring", default=True, show_default=True, help="Prometheus and the exporters.")
@click.option("--database-url", help="A PostgreSQL that is there already, for its owner; starts none.")
@click.option("--app-database-url", help="The same for wardline_app; goes with --database-url.")
def main(**options: object) -> None:
    """Run the production topology on this machine until Ctrl-C: nginx, web and live nodes, worker, PostgreSQL, Redis,
    Prometheus and its exporters, all on loopback. Other WARDLINE_ settings of the environment hold for every node."""
    layout = Layout(**options)  # pyright: ignore[reportArgumentType]
    layout = Layout(**{**options, "data": layout.data.absolute()})  # pyright: ignore[reportArgumentType]
    if bool(layout.database_url) != bool(layout.app_database_url):
        # With one alone Wardline would give the other role a new password, under the feet of whoever uses it now.
        raise click.UsageError("--database-url and --app-database-url go together.")
    try:
        if wrong := programs.missing():
            raise programs.Missing(wrong)
        Topology(layout).run()
    except (CannotStart, programs.Missing) as error:
        raise click.ClickException(str(error)) from error
    click.echo("Everything has stopped.")


class Topology:
    """All parts of one layout, from the first start to the last stop."""

    def __init__(self, layout: Layout) -> None:
        self._layout = layout
        self._batches: list[list[Kept]] = []

    def run(self) -> None:
        """Start everything, keep it running until a signal comes, stop everything."""
        most = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, _interrupt)
        try:
            self._start()
            self._greet()
            self._keep()
        except KeyboardInterrupt:
            click.echo("Stopping.")
        finally:
            for batch in reversed(self._batches):
                for kept in batch:
                    kept.ask_to_stop()
                for kept in batch:
                    kept.stop()

    def _start(self) -> None:
        layout = self._layout
        refuse_taken(layout.ports)
        for folder in ("logs", "run"):
            (layout.data / folder).mkdir(parents=True, exist_ok=True)
        layout.data.chmod(0o711)
        account = programs.account(layout.data / "postgres")
        files.write_all(layout, account)
        if layout.database_url is None:
            self._start_postgres(account)
        self._begin(parts.redis(layout, account))
        self._wardline("migrate")
        if layout.demo:
            self._wardline("seed", "--demo")
        nodes = [parts.node(layout, "web", number) for number in range(1, layout.web + 1)]
        nodes += [parts.node(layout, "live", number) for number in range(1, layout.live + 1)]
        self._begin(parts.worker(layout), *nodes)
        self._begin(parts.nginx(layout))
        if layout.monitoring:
            self._begin(*parts.monitoring(layout, account))

    def _begin(self, *wanted: parts.Part) -> None:
        """Start parts side by side and wait until all are ready."""
        batch: list[Kept] = []
        self._batches.append(batch)
        for part in wanted:
            batch.append(Kept(part, self._layout.data))  # noqa: PERF401 - what has started is stopped, come what may
        for kept in batch:
            kept.wait_ready()

    @property
    def _kept(self) -> list[Kept]:
        return [kept for batch in self._batches for kept in batch]

    def _start_postgres(self, account: Account | None) -> None:
        cluster = self._layout.data / "postgres" / "cluster"
        if not (cluster / "PG_VERSION").exists():
            self._make_cluster(cluster, account)
        self._begin(parts.postgres(self._layout, account))
        if not self._has_database():
            environ = {"SECRETS": str(self._layout.secrets / "postgres"), "PGHOST": LOOPBACK}
            environ |= {"PGPORT": str(self._layout.port(POSTGRES)), "PGPASSWORD": self._superuser_password()}
            path = f"{programs.program('psql').parent}:{os.environ.get('PATH', os.defpath)}"
            run([str(HERE / "postgres" / "init.sh")], os.environ | environ | {"PATH": path})

    def _make_cluster(self, cluster: Path, account: Account | None) -> None:
        """Make it beside its place and move it in, so that a start that was cut leaves nothing half made."""
        draft = cluster.with_name("cluster.draft")
        shutil.rmtree(draft, ignore_errors=True)
        password = self._layout.secret("postgres", "superuser-password")
        command = [str(programs.program("initdb")), "-D", str(draft), "-U", "postgres", f"--pwfile={password}"]
        command += ["--auth=scram-sha-256", "--encoding=UTF8", "--locale=C.UTF-8", "--data-checksums"]
        run([*command, "--no-instructions"], dict(os.environ), account)
        draft.rename(cluster)

    def _superuser_password(self) -> str:
        return self._layout.secret("postgres", "superuser-password").read_text()

    def _has_database(self) -> bool:
        """Whether this server has been prepared. One that recovers from a crash is waited for."""
        deadline = time.monotonic() + DATABASE_SECONDS_MAX
        while True:
            try:
                with psycopg.connect(
                    host=LOOPBACK,
                    port=self._layout.port(POSTGRES),
                    user="postgres",
                    password=self._superuser_password(),
                ) as connection:
                    query = "SELECT 1 FROM pg_database WHERE datname = 'wardline'"
                    return connection.execute(query).fetchone() is not None
            except psycopg.OperationalError as error:
                if time.monotonic() > deadline:
                    raise CannotStart(f"PostgreSQL does not answer: {error}") from error
                time.sleep(POLL_SECONDS)

    def _wardline(self, *arguments: str) -> None:
        kept = {name: value for name, value in os.environ.items() if not name.startswith("WARDLINE_")}
        run(parts.wardline(*arguments), kept | parts.settings(self._layout))

    def _keep(self) -> NoReturn:
        while True:
            time.sleep(POLL_SECONDS)
            for kept in self._kept:
                if kept.keep():
                    click.echo(f"{kept.part.name} has ended and is started again.\n{kept.last_words()}", err=True)

    def _greet(self) -> None:
        layout = self._layout
        click.secho(f"\nWardline is ready: {layout.page}", bold=True)
        click.echo(f"For programs on this machine: {layout.program}")
        click.echo(f"Trust this certificate: {layout.secret('nginx', 'certificate.pem')}")
        if any(kept.part.name == "prometheus" for kept in self._kept):
            click.echo(f"Prometheus: http://{LOOPBACK}:{layout.port(PROMETHEUS)}")
        click.echo(f"Ctrl-C stops it; everything is in {layout.data}, each part's output in logs/.")


def run(command: list[str], environ: dict[str, str], account: Account | None = None) -> None:
    """Run one step to its end; raises CannotStart with what it said."""
    done = subprocess.run(  # noqa: S603 (our own commands, no shell)
        command,
        env=environ,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        user=account.user_id if account else None,
        group=account.group_id if account else None,
        extra_groups=[] if account else None,
        check=False,
    )
    if done.returncode != 0:
        raise CannotStart(f"`{Path(command[0]).name}` failed:\n{done.stdout[-1500:]}{done.stderr[-1500:]}")


def refuse_taken(ports: list[int]) -> None:
    """Raise CannotStart when somebody listens on one of the ports."""
    for port in ports:
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((LOOPBACK, port))
            except OSError as error:
                raise CannotStart(
                    f"Port {port} cannot be used ({error.strerror}). "
                    "Choose others: --page-port, --program-port, --first-port."
                ) from error


def _interrupt(_number: int, _frame: FrameType | None) -> NoReturn:
    """End in order; an impatient second Ctrl-C must not leave a process behind."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    raise KeyboardInterrupt


if __name__ == "__main__":
    sys.exit(main())
