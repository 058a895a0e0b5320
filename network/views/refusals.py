"""What a button without a form of its own says when it was refused."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.contrib import messages
from django.http import HttpRequest

from network.errors import Refused


@contextmanager
def told(request: HttpRequest, success: str = "") -> Iterator[None]:
    """What was refused within is said on the next page, and so is `success` when nothing was."""
    try:
        yield
    except Refused as refused:
        messages.error(request, refused.message)
    else:
        if success:
            messages.success(request, success)
