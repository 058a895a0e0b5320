"""
The fonts of the pages, for paper, and one that draws the emoji people put in names: typst reads neither woff2 nor
variable fonts, so each weight becomes a TrueType file.
`python -m network.fonts` builds them at set-up; without them paper falls back to the fonts typst brings along.
"""

from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
BUILT = ROOT / "var" / "fonts"
SOURCES = ROOT / "node_modules"
FACES = (
    ("Figtree", "@fontsource-variable/figtree/files/figtree-latin-wght-normal.woff2", 400),
    ("Figtree", "@fontsource-variable/figtree/files/figtree-latin-wght-normal.woff2", 700),
    (
        "Bricolage Grotesque",
        "@fontsource-variable/bricolage-grotesque/files/bricolage-grotesque-latin-wght-normal.woff2",
        800,
    ),
    ("Noto Emoji", "@fontsource/noto-emoji/files/noto-emoji-emoji-400-normal.woff2", 400),
)
FAMILY, SUBFAMILY, FULL, TYPOGRAPHIC = 1, 2, 4, (16, 17)


def build() -> None:
    """Write the faces that are missing or older than their source."""
    # Needed at set-up only: the pages import this module for the folder.
    from fontTools.ttLib import TTFont
    from fontTools.varLib.instancer import instantiateVariableFont

    for family, source, weight in FACES:
        target = BUILT / f"{family.split()[0].lower()}-{weight}.ttf"
        if target.exists() and target.stat().st_mtime >= (SOURCES / source).stat().st_mtime:
            continue
        font = TTFont(SOURCES / source)
        if "fvar" in font:
            font = instantiateVariableFont(font, {"wght": weight})
        font.flavor = None
        font["OS/2"].usWeightClass = weight
        for name in TYPOGRAPHIC:
            font["name"].removeNames(nameID=name)
        style = "Bold" if weight == 700 else "Regular"
        for name, text in ((FAMILY, family), (SUBFAMILY, style), (FULL, f"{family} {weight}")):
            font["name"].removeNames(nameID=name)
            font["name"].setName(text, name, 3, 1, 0x409)
        BUILT.mkdir(parents=True, exist_ok=True)
        font.save(target)


if __name__ == "__main__":
    build()
