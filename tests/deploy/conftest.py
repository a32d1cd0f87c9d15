"""The topology of each file of tests that asks for it; skips, saying so, where Debian's packages are not."""

from collections.abc import AsyncIterator

import pytest

from tests.deploy.topology import WEB_NODES, Topology, in_ci, running, what_is_missing


@pytest.fixture(scope="module")
async def topology() -> AsyncIterator[Topology]:
    """nginx, two web nodes, a live node, a worker, PostgreSQL, Redis and the monitoring, all of it real."""
    if lacking := what_is_missing():
        assert not in_ci(), lacking
        pytest.skip(lacking)
    async with running(web=WEB_NODES, log_requests=True) as started:
        yield started
