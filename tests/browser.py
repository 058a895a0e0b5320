"""A real Chromium, a real web server with static files, and a real Celery worker, for tests that need them."""

import os
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.db import connection
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from network import embedded
from tests.install_browser import find

# Chromium draws two pages of its own behind the address bar of every window, which nobody sees here: more than half of
# what opening a page costs. Of several lists the last one counts, so Playwright's own comes along.
WITHOUT = [
    *("WebUIOmniboxPopup", "WebUIOmniboxAimPopup"),
    *("AvoidUnnecessaryBeforeUnloadCheckSync", "DestroyProfileOnBrowserClose", "HttpsUpgrades", "LensOverlay"),
    *("HttpsFirstBalancedModeAutoEnable", "MediaRouter", "PaintHolding", "ThirdPartyStoragePartitioning"),
    *("AvoidCorsURLLoaderRestartOnRedirect", "OptimizationHints", "NetworkTimeServiceQuerying", "AimEnabled"),
    *("PreconnectToSearch",),
]
FLAGS = [
    *("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync"),
    f"--disable-features={','.join(WITHOUT)}",
]
PHONE = {"width": 390, "height": 844}
DESK = {"width": 1280, "height": 800}


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    path = find()
    assert path, "no Chromium: run `make test`, which installs one"
    os.environ.setdefault("DJANGO_ALLOW_ASYNC_UNSAFE", "1")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture
def open_page(chromium: Browser, live_server: Any) -> Iterator[Callable[..., Page]]:
    """`open_page(person, phone=True, dark=False, javascript=True)`: a page of a person who is signed in (None: a visitor)."""
    contexts: list[BrowserContext] = []

    def opened(
        person: Any = None, *, phone: bool = True, dark: bool = False, javascript: bool = True, locale: str = "nl-BE"
    ) -> Page:
        context = chromium.new_context(
            base_url=live_server.url,
            viewport=PHONE if phone else DESK,
            color_scheme="dark" if dark else "light",
            java_script_enabled=javascript,
            locale=locale,
            reduced_motion="reduce",  # what fades in is looked at once it is there
        )
        contexts.append(context)
        if person is not None:
            context.add_cookies([session_cookie(person, live_server.url)])
        page = context.new_page()
        page.set_default_timeout(10_000)
        return page

    yield opened
    for context in contexts:
        context.close()
    finish_requests(live_server)


def finish_requests(live_server: Any) -> None:
    """
    Waits until the server has answered everything the browsers asked. What is still busy when a test ends (a tap that
    is shown before it is stored) would hold the rows that the next test's empty tables need: a deadlock.
    """
    with socket.create_connection((live_server.thread.host, live_server.thread.port)) as last:
        last.shutdown(socket.SHUT_WR)
        last.recv(1)  # the end: this connection was taken, and so was each one before it
    for thread in threading.enumerate():
        if thread.name.endswith("(process_request_thread)"):
            thread.join(timeout=30)
            assert not thread.is_alive(), "a request of this test is never answered"


def session_cookie(person: Any, url: str) -> Any:
    from django.test import Client

    client = Client()
    client.force_login(person)
    return {
        "name": settings.SESSION_COOKIE_NAME,
        "value": client.cookies[settings.SESSION_COOKIE_NAME].value,
        "url": url,
    }


@pytest.fixture
def start_worker(transactional_db: None) -> Iterator[Callable[[], subprocess.Popen[bytes]]]:
    """Starts a real Celery worker against the test's database and broker; ended with the test."""
    workers: list[subprocess.Popen[bytes]] = []

    def start() -> subprocess.Popen[bytes]:
        name = connection.settings_dict["NAME"]
        host = connection.settings_dict["HOST"]
        environment = os.environ | {
            "DATABASE_URL": f"postgresql://app@/{name}?host={host}",
            "DJANGO_SETTINGS_MODULE": "network.settings",
        }
        worker = subprocess.Popen(
            [
                Path(sys.executable).parent / "celery",
                "-A",
                "network",
                "worker",
                "--concurrency=1",
                "--loglevel=WARNING",
            ],
            cwd=embedded.ROOT,
            env=environment,
            preexec_fn=embedded.die_with_parent,
            start_new_session=True,
        )
        workers.append(worker)
        return worker

    yield start
    for worker in workers:
        embedded.stop(worker)


@pytest.fixture
def worker(start_worker: Callable[[], subprocess.Popen[bytes]]) -> subprocess.Popen[bytes]:
    return start_worker()
