"""
The press: what typst draws, in processes of their own. typst keeps what it laid out for the next time, which for the papers
of a large day is more memory than a worker should hold on to. Run as a script it knows no Django: orders come in as JSON on
standard input, PDFs go out as a pickled list of bytes.

An order is what `typst.compile` is told, with as `data` what its template draws.
"""

import json
import os
import pickle
import subprocess
import sys
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from io import BytesIO
from typing import Any

import segno
import typst

PATIENCE = 300
"""Seconds after which a press that says nothing is stopped."""
PRESSES = min(2, os.cpu_count() or 1)

Order = dict[str, Any]


def print_here(order: Order, **how: Any) -> Any:
    """A small paper at once: bytes of a PDF, or what `how` asks typst for."""
    data, drawn = order["data"], []
    for paper in data["papers"]:
        if paper["kind"] == "labels":
            paper = paper | {"crates": [crate | {"qr": drawn_code(crate["qr"])} for crate in paper["crates"]]}
        drawn.append(paper)
    told = {name: value for name, value in order.items() if name != "data"}
    return typst.compile(**told, sys_inputs={"data": json.dumps(data | {"papers": drawn})}, **how)


def drawn_code(address: str) -> str:
    """The QR code of an address, as an SVG of square modules without margin."""
    # One mask for all: choosing the prettiest of eight takes three times as long, and every reader reads them all.
    code = segno.make(address, micro=False, error="m", mask=3)
    svg = BytesIO()
    code.save(svg, kind="svg", xmldecl=False, border=0, omitsize=True, nl=False, svgclass=None, lineclass=None)
    return svg.getvalue().decode()


def print_apart(orders: Sequence[Order]) -> list[bytes]:
    """Many papers, by as many presses as there are cores for; RuntimeError with what a press said when it failed."""
    heaps: list[list[int]] = [[] for _press in range(PRESSES)]
    size = [len(json.dumps(order["data"])) for order in orders]
    for number in sorted(range(len(orders)), key=lambda number: -size[number]):
        min(heaps, key=lambda heap: sum(size[one] for one in heap)).append(number)
    printed: dict[int, bytes] = {}
    with ThreadPoolExecutor(PRESSES) as pool:
        for heap, pdfs in zip(heaps, pool.map(_run, [[orders[one] for one in heap] for heap in heaps]), strict=True):
            printed |= dict(zip(heap, pdfs, strict=True))
    return [printed[number] for number in range(len(orders))]


def bind(pieces: Sequence[tuple[str, bytes]]) -> bytes:
    """PDFs after one another as one, with a bookmark for each."""
    from pypdf import PdfWriter  # of no use to the script

    book = PdfWriter()
    for name, pdf in pieces:
        book.append(BytesIO(pdf), outline_item=name)
    bound = BytesIO()
    book.write(bound)
    return bound.getvalue()


def pages(pdf: bytes) -> int:
    from pypdf import PdfReader

    return len(PdfReader(BytesIO(pdf)).pages)


def _run(orders: Sequence[Order]) -> list[bytes]:
    if not orders:
        return []
    command = [sys.executable, __file__]
    done = subprocess.run(
        command, input=json.dumps(orders).encode(), capture_output=True, timeout=PATIENCE, check=False
    )
    if done.returncode:
        said = done.stderr.decode(errors="replace").strip()[-600:]
        raise RuntimeError(said or f"the press stopped: {done.returncode}")
    pdfs: list[bytes] = pickle.loads(done.stdout)
    return pdfs


if __name__ == "__main__":
    pickle.dump([print_here(order) for order in json.load(sys.stdin)], sys.stdout.buffer)
