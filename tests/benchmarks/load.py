"""
People at a web server, in a process of their own: `python load.py < plan > answers`, both JSON. Knows no Django, so that it
takes little of the processor it shares with the server; how much, it says itself.

A plan names the `port`, the `visits` (a session and its steps: name, method, path, fields), the `pause` between the steps of a
visit in seconds, and for how many `seconds`. A step that posts to the page read just before sends what that page's form holds
along with its own fields. With `users`, so many people make one visit after another (closed loop: a slow
server is asked less). With `rate`, visits begin by the clock, so many a second, however slow the server is (open loop).
"""

import asyncio
import json
import re
import resource
import sys
import time
import zlib
from collections import defaultdict
from typing import Any
from urllib.parse import urlencode

PATIENCE = 60
INPUT = re.compile(r'<input type="(hidden|radio)" name="(\w+)" value="(\w*)"([^>]*)>')


def held(page: str) -> dict[str, str]:
    """What the form of the summary sends untouched: the version that was `seen`, and what is chosen in it."""
    form = page[page.find('<input type="hidden" name="seen"') :].partition("</form>")[0]
    return {name: value for kind, name, value, more in INPUT.findall(form) if kind == "hidden" or " checked" in more}


class Browser:
    """One connection that is kept open, as browsers do, and the cookies of who is signed in."""

    def __init__(self, port: int, cookies: str, token: str) -> None:
        self.port = port
        self.head = (
            f"Host: 127.0.0.1:{port}\r\nCookie: {cookies}\r\nX-CSRFToken: {token}\r\n"
            "Accept-Encoding: gzip\r\nAccept-Language: nl\r\nConnection: keep-alive\r\n"
        )
        self.reader: asyncio.StreamReader
        self.writer: asyncio.StreamWriter | None = None

    async def ask(self, method: str, path: str, fields: dict[str, Any]) -> tuple[int, bytes]:
        """Status and body of the answer, once all of it is there."""
        if self.writer is None:
            self.reader, self.writer = await asyncio.open_connection("127.0.0.1", self.port)
        body = urlencode(fields)
        more = "HX-Request: true\r\nContent-Type: application/x-www-form-urlencoded\r\n" if "fill" in path else ""
        if method == "POST":
            more = more or "Content-Type: application/x-www-form-urlencoded\r\n"
            more += f"Content-Length: {len(body)}\r\n"
        self.writer.write(f"{method} {path} HTTP/1.1\r\n{self.head}{more}\r\n{body}".encode())
        head = (await self.reader.readuntil(b"\r\n\r\n")).decode("latin-1").lower()
        answer = b""
        if "transfer-encoding: chunked" in head:
            while size := int((await self.reader.readline()).split(b";")[0], 16):
                answer += (await self.reader.readexactly(size + 2))[:-2]
            await self.reader.readline()
        elif "content-length:" in head:
            answer = await self.reader.readexactly(int(head.split("content-length:")[1].split("\r\n")[0]))
        if "connection: close" in head:
            self.close()
        return int(head.split(" ", 2)[1]), answer

    def close(self) -> None:
        if self.writer:
            self.writer.close()
        self.writer = None


class Load:
    def __init__(self, plan: dict[str, Any]) -> None:
        self.plan = plan
        self.answers: dict[str, list[tuple[int, float]]] = defaultdict(list)
        self.next = 0
        self.late = 0.0

    async def visit(self, number: int) -> None:
        """All steps of a visit; a status of 0 is no answer at all."""
        visit = self.plan["visits"][number % len(self.plan["visits"])]
        cookies = f"{self.plan['cookie']}={visit['session']}; csrftoken={self.plan['token']}"
        browser = Browser(self.plan["port"], cookies, self.plan["token"])
        due = time.perf_counter()
        answer, read = b"", ""
        for name, method, path, fields in visit["steps"]:
            await asyncio.sleep(max(0.0, due - time.perf_counter()))
            if method == "POST" and path == read:
                fields = held(zlib.decompress(answer, zlib.MAX_WBITS | 32).decode()) | fields
            begun = time.perf_counter()
            try:
                status, answer = await asyncio.wait_for(browser.ask(method, path, fields), PATIENCE)
                read = path if method == "GET" and status == 200 else ""
            except (OSError, EOFError, TimeoutError, ValueError):
                status, read = 0, ""
                browser.close()
            done = time.perf_counter()
            self.answers[name].append((status, done - begun))
            due = max(due + self.plan["pause"], done)
        browser.close()

    async def user(self, until: float, wait: float) -> None:
        await asyncio.sleep(wait)
        while time.perf_counter() < until:
            self.next += 1
            await self.visit(self.next - 1)

    async def run(self) -> None:
        begun = time.perf_counter()
        seconds = self.plan["seconds"]
        async with asyncio.TaskGroup() as people:
            if users := self.plan.get("users"):
                apart = self.plan["pause"] * 2 / users
                for number in range(users):
                    people.create_task(self.user(begun + seconds, number * apart))
                return
            for number in range(round(self.plan["rate"] * seconds)):
                due = begun + number / self.plan["rate"]
                await asyncio.sleep(max(0.0, due - time.perf_counter()))
                self.late = max(self.late, time.perf_counter() - due)
                people.create_task(self.visit(number))


def main() -> None:
    load = Load(json.load(sys.stdin))
    begun = time.perf_counter()
    asyncio.run(load.run())
    seconds = time.perf_counter() - begun
    used = resource.getrusage(resource.RUSAGE_SELF)
    cpu = used.ru_utime + used.ru_stime
    json.dump({"answers": load.answers, "seconds": seconds, "cpu": cpu, "late": load.late}, sys.stdout)


if __name__ == "__main__":
    main()
