"""
Builds what the pages link, from their sources: one stylesheet out of the files of `static/css/`, one icon sprite out of
the names in `static/icons.txt` and the drawings of lucide-static; and takes from the packages of others the files that
pages use, and no more. `python -m network.assets`, before collectstatic.
"""

import re
import shutil
from pathlib import Path

from network import fonts

ROOT = Path(__file__).resolve().parent.parent
BUILT = ROOT / "var" / "assets"
FIRST = ["layers.css", "fonts.css", "tokens.css"]
PACKAGES = ROOT / "node_modules"
VENDOR = {
    "htmx": "htmx.org/dist/htmx.min.js",
    "leaflet": "leaflet/dist/leaflet.[cj]s*",
    "leaflet/images": "leaflet/dist/images/*",
    "bricolage": "@fontsource-variable/bricolage-grotesque/files/bricolage-grotesque-latin-wght-normal.woff2",
    "figtree": "@fontsource-variable/figtree/files/figtree-latin-wght-normal.woff2",
}
ALONE = {
    "bill.css",
    "desk.css",
    "find.css",
    "fund.css",
    "harvest.css",
    "leaflet.css",
    "plan.css",
    "road.css",
    "styleguide.css",
    "what-if.css",
}


def stylesheet(folder: Path = ROOT / "static" / "css") -> str:
    """All files of the folder as one: the layer order first, then by name, without comments. Not those loaded apart."""
    names = sorted(path.name for path in folder.glob("*.css") if path.name not in ALONE)
    names.sort(key=lambda name: FIRST.index(name) if name in FIRST else len(FIRST))
    joined = "\n".join((folder / name).read_text() for name in names)
    bare = re.sub(r"/\*.*?\*/", "", joined, flags=re.S)
    return re.sub(r"\s*([{};\n])\s*", r"\1", bare).strip() + "\n"


def icon_names() -> list[str]:
    return (ROOT / "static" / "icons.txt").read_text().split()


def sprite(folder: Path = PACKAGES / "lucide-static" / "icons") -> str:
    """One symbol per icon. A name without a drawing is a FileNotFoundError."""
    symbols = []
    for name in icon_names():
        drawing = (folder / f"{name}.svg").read_text()
        shapes = re.search(r"<svg[^>]*>(.*)</svg>", drawing, flags=re.S)
        assert shapes, name
        inside = re.sub(r"\s*\n\s*", "", shapes[1])
        symbols.append(f'<symbol id="{name}" viewBox="0 0 24 24">{inside}</symbol>')
    return '<svg xmlns="http://www.w3.org/2000/svg">\n' + "\n".join(symbols) + "\n</svg>\n"


def build() -> None:
    for path, text in ((BUILT / "css" / "kouter.css", stylesheet()), (BUILT / "img" / "icons.svg", sprite())):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    for folder, pattern in VENDOR.items():
        target = BUILT / "vendor" / folder
        target.mkdir(parents=True, exist_ok=True)
        for file in PACKAGES.glob(pattern):
            shutil.copy(file, target)
    fonts.build()


if __name__ == "__main__":
    build()
