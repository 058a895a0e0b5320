"""Short codes that mean nothing to who does not know them: on crate labels and on the phone of who collects."""

import secrets

LETTERS = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"
"""Letters and digits that nobody mistakes for one another."""


def new_code(length: int = 8) -> str:
    return "".join(secrets.choice(LETTERS) for _ in range(length))
