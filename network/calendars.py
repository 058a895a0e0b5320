"""Something that happens, as an event for somebody's calendar (RFC 5545, as an iTIP message of RFC 5546)."""

from datetime import UTC, datetime

FOLD = 75
"""Octets of a line, at most."""


def event(
    *,
    uid: str,
    sequence: int,
    starts_at: datetime,
    ends_at: datetime,
    summary: str,
    description: str,
    location: str,
    url: str,
    organizer: str,
    attendee: str,
    now: datetime,
    cancelled: bool = False,
) -> str:
    """
    The text of an .ics file. The same `uid` with a higher `sequence` replaces the event in the calendar; `cancelled` takes
    it out. `organizer` and `attendee` are mail addresses.
    """
    lines = [
        "BEGIN:VCALENDAR",
        "VERSION:2.0",
        "PRODID:-//Kouter//Kouter//EN",
        f"METHOD:{'CANCEL' if cancelled else 'REQUEST'}",
        "BEGIN:VEVENT",
        f"UID:{uid}",
        f"SEQUENCE:{sequence}",
        f"DTSTAMP:{_utc(now)}",
        f"DTSTART:{_utc(starts_at)}",
        f"DTEND:{_utc(ends_at)}",
        f"SUMMARY:{_text(summary)}",
        f"DESCRIPTION:{_text(description)}",
        f"LOCATION:{_text(location)}",
        f"URL:{url}",
        f"ORGANIZER:mailto:{organizer}",
        f"ATTENDEE;RSVP=FALSE:mailto:{attendee}",
        f"STATUS:{'CANCELLED' if cancelled else 'CONFIRMED'}",
        "END:VEVENT",
        "END:VCALENDAR",
    ]
    return "".join(f"{_folded(line)}\r\n" for line in lines)


def _utc(moment: datetime) -> str:
    return f"{moment.astimezone(UTC):%Y%m%dT%H%M%SZ}"


def _text(value: str) -> str:
    for mark, written in (("\\", "\\\\"), (";", "\\;"), (",", "\\,"), ("\r", ""), ("\n", "\\n")):
        value = value.replace(mark, written)
    return value


def _folded(line: str) -> str:
    """Lines of at most 75 octets, never cut within a character; what follows begins with a space."""
    parts: list[str] = []
    rest = line
    while rest:
        room = FOLD - (1 if parts else 0)
        part = rest.encode()[:room].decode(errors="ignore")
        parts.append(part)
        rest = rest[len(part) :]
    return "\r\n ".join(parts)
