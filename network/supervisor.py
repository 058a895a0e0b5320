"""
`make run`: the servers, then what the database needs, then worker, clock and web server, until Ctrl-C.

Everything this starts stops with it. A second start in the same folder is told where the first one runs.
"""

import dbm
import hashlib
import os
import pickletools
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

from network.embedded import ROOT, VAR, AlreadyRunning, Servers, die_with_parent, stop

READY_WITHIN = 60
SHOWN = (ROOT / "static", ROOT / "package-lock.json", ROOT / "network" / "assets.py")
GATHERED = VAR / "static.stamp"
SCHEDULE = VAR / "beat"
WEB = ("granian", "--interface=wsgi", "--workers=2", "--blocking-threads=2", "--no-ws", "network.wsgi:application")
"""
The web server, as in the Dockerfile: a worker per core. Two threads in each, of which one answers while the other waits for the
database; more would fight over the one that Python lets run, and a crowd would take more connections than the database has.
"""


def main() -> int:
    port = os.environ.get("PORT", "8000")
    address = f"http://127.0.0.1:{port}"
    os.environ |= {"KOUTER_LOCAL": "1", "SITE_URL": address, "DJANGO_SETTINGS_MODULE": "network.settings"}
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    signal.signal(signal.SIGINT, signal.default_int_handler)
    servers = Servers(VAR)
    children: list[subprocess.Popen[bytes]] = []
    try:
        os.environ.update(servers.start())
        gathering = start("static", "python", "manage.py", "collectstatic", "--noinput", "--clear") if stale() else None
        say("PostgreSQL and Valkey run; bringing the database up to date")
        manage("migrate", "--verbosity=0")
        manage("demo", "--if-needed")
        if gathering:
            if gathering.wait():
                raise SystemExit("Styles and scripts could not be gathered: see var/static.log")
            GATHERED.write_text(fingerprint())
        children.append(start("web", *WEB, f"--port={port}"))
        wait_for(address, children[-1])  # before the worker, who takes the whole machine to live the demo's past
        servers.tell(address=address)
        drop_torn(SCHEDULE)
        children += [
            start("worker", "celery", "-A", "network", "worker", "--concurrency=3", "--loglevel=WARNING"),
            start(
                "clock",
                "celery",
                "-A",
                "network",
                "beat",
                "--loglevel=WARNING",
                f"--schedule={SCHEDULE}",
                "--pidfile=",
            ),
        ]
        logins = subprocess.run(
            [sys.executable, "manage.py", "demo", "--logins"], cwd=ROOT, capture_output=True, text=True, check=True
        )
        say(f"Kouter is at {address} (Ctrl-C stops it). Sign in as {logins.stdout.strip()}")
        while all(child.poll() is None for child in children):
            time.sleep(0.5)
        say("A part has stopped; see var/*.log")
        return 1
    except AlreadyRunning as there:
        say(f"Kouter already runs from this folder, at {there}. Stop that one first with Ctrl-C.")
        return 1
    except KeyboardInterrupt:
        return 0
    finally:
        for child in children:
            child.send_signal(signal.SIGTERM) if child.poll() is None else None
        for child in reversed(children):
            stop(child, patience=2)
        servers.stop()


def drop_torn(schedule: Path) -> None:
    """What the clock noted of its last runs, when a power cut tore it: the clock would not start with it, and does without."""
    try:
        with dbm.open(str(schedule), "r") as kept:
            for key in kept.keys():  # noqa: SIM118  # the database is no dictionary
                list(pickletools.genops(kept[key]))
    except (*dbm.error, KeyError, SyntaxError, ValueError):  # a torn file any of them, none at all an error of dbm
        for part in schedule.parent.glob(f"{schedule.name}*"):
            part.unlink()


def say(line: str) -> None:
    print(line, flush=True)


def manage(*words: str) -> None:
    subprocess.run([sys.executable, "manage.py", *words], cwd=ROOT, check=True)


def start(name: str, program: str, *words: str) -> subprocess.Popen[bytes]:
    with open(VAR / f"{name}.log", "ab") as log:
        return subprocess.Popen(
            [Path(sys.executable).parent / program, *words],
            cwd=ROOT,
            stdout=log,
            stderr=log,
            preexec_fn=die_with_parent,
            start_new_session=True,
        )


def wait_for(address: str, child: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + READY_WITHIN
    while time.monotonic() < deadline and child.poll() is None:
        try:
            urllib.request.urlopen(address, timeout=5).close()
            return
        except (urllib.error.URLError, OSError):
            time.sleep(0.1)
    raise SystemExit(
        f"The web server did not start at {address}: is the port taken? See var/web.log, or try make run PORT=8001."
    )


def fingerprint() -> str:
    seen = hashlib.sha256()
    for path in SHOWN:
        for file in sorted(path.rglob("*")) if path.is_dir() else [path]:
            if file.is_file():
                seen.update(f"{file} {file.stat().st_mtime_ns} {file.stat().st_size}".encode())
    return seen.hexdigest()


def stale() -> bool:
    """Whether the gathered styles and scripts are older than their sources."""
    return not GATHERED.exists() or GATHERED.read_text() != fingerprint()


if __name__ == "__main__":
    sys.exit(main())
