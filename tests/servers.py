"""Loaded before settings are read: real PostgreSQL and Valkey for as long as the tests run."""

import os
import shutil
import tempfile
from pathlib import Path

import pytest

from network import embedded

WORKER = "PYTEST_XDIST_WORKER"


class _Plugin:
    def __init__(self, servers: embedded.Servers, folder: Path) -> None:
        self.servers = servers
        self.folder = folder

    def pytest_unconfigure(self) -> None:
        self.servers.stop()
        shutil.rmtree(self.folder, ignore_errors=True)


@pytest.hookimpl(tryfirst=True)
def pytest_load_initial_conftests(early_config: pytest.Config) -> None:
    """The controller starts the servers; xdist's workers inherit its environment and have databases and files of their own."""
    if worker := os.environ.get(WORKER):
        own = Path(os.environ["KOUTER_VAR"]) / worker
        os.environ |= {"REDIS_PREFIX": f"{worker}:", "PRIVATE_ROOT": f"{own}/private", "MEDIA_ROOT": f"{own}/media"}
        return
    folder = Path(tempfile.mkdtemp(prefix="kouter-test-"))
    folder.chmod(0o755)
    (folder / "static").mkdir()
    os.environ |= {"KOUTER_LOCAL": "1", "KOUTER_VAR": str(folder), "KOUTER_PLAIN_STATIC": "1"}
    servers = embedded.Servers(folder, durable=False)
    os.environ.update(servers.start())
    early_config.pluginmanager.register(_Plugin(servers, folder))
