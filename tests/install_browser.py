"""Find a Chromium for the browser tests, or install one; never skip."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
PLAYWRIGHT = "the one Playwright installed"


def find() -> str | None:
    """The path of a Chromium that answers, or None. Ubuntu's snap stub does not answer."""
    if os.environ.get("CHROMIUM"):
        return os.environ["CHROMIUM"]
    for name in NAMES:
        path = shutil.which(name)
        if path and _answers(path):
            return path
    return next(
        (str(path) for path in sorted(_cache().glob("chromium-*/chrome-linux*/chrome")) if _answers(str(path))), None
    )


def _cache() -> Path:
    return Path(os.environ.get("PLAYWRIGHT_BROWSERS_PATH") or Path.home() / ".cache" / "ms-playwright")


def _answers(path: str) -> bool:
    try:
        return subprocess.run([path, "--version"], capture_output=True, timeout=30, check=False).returncode == 0
    except (OSError, subprocess.TimeoutExpired):
        return False


def install() -> str | None:
    if os.geteuid() == 0 and shutil.which("apt-get"):
        quiet = {"stdout": subprocess.DEVNULL, "env": os.environ | {"DEBIAN_FRONTEND": "noninteractive"}}
        subprocess.run(["apt-get", "update", "-qq"], check=False, **quiet)
        subprocess.run(["apt-get", "install", "-y", "-qq", "--no-install-recommends", "chromium"], check=False, **quiet)
        if found := find():
            return found
    subprocess.run([sys.executable, "-m", "playwright", "install", "chromium"], check=False)
    return find()


if __name__ == "__main__":
    if not find():
        print("Installing Chromium for the browser tests", flush=True)
        if not install():
            sys.exit(
                "The browser tests need Chromium. Install it (Debian: apt-get install chromium), or set CHROMIUM to its path."
            )
