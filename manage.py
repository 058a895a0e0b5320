#!/usr/bin/env python
"""Django's commands. Without a configured database they use, or start, the local servers."""

import contextlib
import os
import sys

from network import embedded


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "network.settings")
    configured = os.environ.get("DATABASE_URL") or os.environ.get("PGHOST") or os.environ.get("KOUTER_OFFLINE")
    with contextlib.nullcontext() if configured else embedded.local_servers():
        from django.core.management import execute_from_command_line

        execute_from_command_line(sys.argv)


if __name__ == "__main__":
    main()
