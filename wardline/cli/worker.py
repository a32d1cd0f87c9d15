"""`wardline worker`: jobs, events and what is due by the clock."""

import asyncio
import importlib
import importlib.util

import click

from wardline.app import SLICES
from wardline.audit.public import Ledger
from wardline.cli import loaded
from wardline.platform import database, files, measures, metrics, processes
from wardline.platform.db import Pool
from wardline.platform.live import Notifier
from wardline.platform.metrics import METRICS
from wardline.platform.settings import Settings
from wardline.platform.worker import Worker, until_signalled


@click.command()
def worker() -> None:
    """Run jobs, relay events and do what is due by the clock."""
    processes.yield_to_requests()
    asyncio.run(work(loaded("worker")))


def load_jobs() -> None:
    """Import every slice's jobs, which declares them."""
    for slice_name in SLICES:
        if importlib.util.find_spec(f"wardline.{slice_name}") is None:
            continue
        name = f"wardline.{slice_name}.jobs"
        if importlib.util.find_spec(name) is not None:
            importlib.import_module(name)


async def work(given: Settings) -> None:
    """Work until SIGTERM or SIGINT."""
    stop = await until_signalled()
    load_jobs()
    addresses = database.addresses(given)
    files.configure(given.data / "files", given.files_url, given.files_key)
    pool = Pool(addresses.owner, size=given.database_connections_max, name="wardline-worker")
    notifier = Notifier(addresses.app)
    figures = metrics.Shared(METRICS, given.data / "run" / "metrics", "worker")
    measures.measure_pool(METRICS, pool)
    measures.measure_notifier(METRICS, notifier)
    running = Worker(addresses.owner, pool, Ledger(pool), notifier.nudge, metrics=METRICS)
    await figures.start()
    try:
        await running.run(stop)
    finally:
        await figures.stop()
        await notifier.close()
        await pool.close()
