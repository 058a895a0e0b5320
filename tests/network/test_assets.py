"""Byte budgets of what every page loads, and that what is built is whole."""

import re
from pathlib import Path

import brotli
import pytest

from network import assets

KB = 1024


def packed(text: str) -> int:
    return len(brotli.compress(text.encode()))


def test_the_stylesheet_is_light_enough_for_a_phone() -> None:
    assert packed(assets.stylesheet()) < 12 * KB


@pytest.mark.parametrize("path", sorted(Path("static/js").glob("*.js")), ids=lambda path: path.name)
def test_no_script_of_ours_outgrows_five_kilobytes(path: Path) -> None:
    assert packed(path.read_text()) < 5 * KB


def test_the_layers_are_declared_before_anything_else() -> None:
    assert assets.stylesheet().startswith("@layer reset, vendor, tokens, base, parts, page;")


def test_every_rule_is_in_a_layer() -> None:
    """Rules outside a layer would win from all others. Only @font-face and @layer stand at the top."""
    depth, top = 0, []
    for token in re.finditer(r"[^{}]*[{}]", assets.stylesheet()):
        if token[0].endswith("{"):
            if depth == 0:
                top.append(token[0].split(";")[-1].strip(" {\n").split(" ")[0])
            depth += 1
        else:
            depth -= 1
    assert depth == 0
    assert set(top) == {"@font-face", "@layer"}


def test_the_sprite_has_every_icon_once() -> None:
    names = re.findall(r'<symbol id="([\w-]+)"', assets.sprite())
    assert names == assets.icon_names()
    assert len(names) == len(set(names))


@pytest.mark.parametrize(
    ("foreground", "background", "least"),
    [("ink", "page", 7), ("soft", "page", 4.5), ("soft", "card", 4.5), ("soft", "picked", 4.5), ("prei", "page", 4.5), ("on-prei", "prei", 4.5),
     ("biet", "page", 4.5), ("biet", "biet-pale", 4.5), ("ink", "mosterd-pale", 7), ("edge", "page", 3), ("edge", "card", 3)],
)  # fmt: skip
@pytest.mark.parametrize("theme", [0, 1], ids=["light", "dark"])
def test_colours_stand_out_enough(foreground: str, background: str, least: float, theme: int) -> None:
    """WCAG 2.2: text 4.5 to 1, the edge of a field 3 to 1; ours is stricter for running text."""
    tokens = Path("static/css/tokens.css").read_text()

    def luminance(name: str) -> float:
        both = re.search(rf"--{name}: light-dark\((#\w+), (#\w+)\)", tokens)
        assert both, name
        code = both[theme + 1].lstrip("#")
        code = "".join(c * 2 for c in code) if len(code) == 3 else code
        linear = [
            v / 12.92 if v <= 0.04045 else ((v + 0.055) / 1.055) ** 2.4
            for v in (int(code[i : i + 2], 16) / 255 for i in (0, 2, 4))
        ]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    light, dark = sorted((luminance(foreground), luminance(background)), reverse=True)
    assert (light + 0.05) / (dark + 0.05) >= least
