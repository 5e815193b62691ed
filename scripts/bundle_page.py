"""Bundle and minify the page's own code, or prove that the committed bundle was made from the
modules.

``python scripts/bundle_page.py`` follows the imports of the modules of sxgeo/maps/static from the
entries of `BUNDLES`, minifies page.css into page.min.css and writes bundle.json, which names the
tool, every source with its hash, and the results. With ``--check`` nothing is written and the exit
code is 1 when a committed file is not what the sources give. The minifier is esbuild, pinned by
version and by the hash of its npm package; npm fetches it from the registry that it is set up for.
"""

from __future__ import annotations

import argparse
import base64
import hashlib
import json
import platform
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterable
from pathlib import Path

from vendor_assets import archive, unpacked

STATIC = Path(__file__).resolve().parents[1] / "sxgeo" / "maps" / "static"
BUNDLES = {
    "page.min.js": "page/entry.small.js",
    "page.days.min.js": "page/entry.days.js",
    "page.all.min.js": "page/entry.all.js",
    "second.min.js": "second/entry.js",
}
"""The entry of each bundle: a page carries the smallest one that draws it, and `second.min.js`
where a second engine is asked for.
"""
SHEET, FLOOR = "page.css", "floor.js"
"""The style sheet, and the script that says on which browsers the page runs; that one knows no
newer language than they do.
"""
ESBUILD = "0.28.2"
INTEGRITY = {
    "linux-x64": (
        "4xTZr1FUmSoQW4XIWmit3tzQrUTZM+N3P0XV8xROKYF50XfI7xeO90+1bZvNwxIufQ9hDQVRJH5YhgPVF8A/HQ=="
    ),
    "linux-arm64": (
        "pW4AC0P3it8c7do9MVM4p51FzHzdM/TZrerurgRcHJ2WTa1VQ1CIq18xncfpBJw4ojkiZZrKW2yIBWBP92j6Ug=="
    ),
    "darwin-x64": (
        "uq6suIWYP37qzGddBKPw5QEQPi6HiLGsO7UmkpfyaYNQ3D+rN6w6WfwH+nuqcGXWvawGwxOEroO4YGnFh95azw=="
    ),
    "darwin-arm64": (
        "n4KqkOQrraxHJcgjM1RvwbigfQKIKJVpM7xp+KsxiyUSrRdIXnt73VhrPAx0fV44hgfmIVKjxMN9J1t5jySVkw=="
    ),
    "win32-x64": (
        "5ebpxr3nWMzrL/rnUI755Jkuee0bHL/Gq0WTF9lvcpv73wAp5eu8MfBUgWK9bhWvZjj7yX8etf/8tI8Ney695g=="
    ),
}
"""SHA-512 of the npm package of esbuild for each platform, as the registry publishes it."""
TARGET = "chrome80,firefox113,safari16.4"
"""The oldest browsers in which the page runs in full: those that know DecompressionStream.
static/floor.js says so on older ones.
"""


def esbuild(folder: Path) -> Path:
    """Fetch esbuild for this platform into `folder`, check its hash and return the program."""
    machine = {"x86_64": "x64", "amd64": "x64", "aarch64": "arm64"}.get(
        platform.machine().lower(), platform.machine()
    )
    name = f"{sys.platform}-{machine}"
    if name not in INTEGRITY:
        raise SystemExit(
            f"bundle_page: no esbuild is pinned for {name}; known: {', '.join(INTEGRITY)}"
        )
    content = archive(f"@esbuild/{name}", ESBUILD)
    found = base64.b64encode(hashlib.sha512(content).digest()).decode()
    if found != INTEGRITY[name]:
        raise SystemExit(
            f"bundle_page: @esbuild/{name}@{ESBUILD} has the hash {found}, not {INTEGRITY[name]}"
        )
    program = folder / ("esbuild.exe" if sys.platform == "win32" else "esbuild")
    program.write_bytes(
        unpacked(content)["esbuild.exe" if sys.platform == "win32" else "bin/esbuild"]
    )
    program.chmod(0o755)
    return program


def _run(program: Path, arguments: Iterable[str], text: str, target: str = TARGET) -> str:
    command = [str(program), "--minify", "--charset=utf8", f"--target={target}", *arguments]
    done = subprocess.run(
        command, input=text.encode(), capture_output=True, check=False, cwd=STATIC
    )
    if done.returncode or done.stderr:
        raise SystemExit(
            f"bundle_page: esbuild refuses {' '.join(arguments)}:\n{done.stderr.decode()}"
        )
    return done.stdout.decode()


def bundled(program: Path, entry: str) -> str:
    """Return a module and all that it imports as one script; names inside are shortened, properties
    never.
    """
    return _run(program, [entry, "--bundle", "--format=iife"], "")


def minified(program: Path, text: str, loader: str, target: str = TARGET) -> str:
    """Return a style sheet or a script that imports nothing as esbuild minifies it."""
    return _run(program, [f"--loader={loader}"], text, target)


def source(name: str) -> str:
    """Return a source as text with plain line ends."""
    return (STATIC / name).read_text("utf-8").replace("\r\n", "\n")


def sources() -> list[str]:
    """Name every module and the style sheet, by their path below the folder."""
    modules = sorted(path.relative_to(STATIC).as_posix() for path in STATIC.glob("*/*.js"))
    return [*modules, FLOOR, SHEET]


def digest(text: str) -> str:
    """Return the SHA-256 of a text with plain line ends."""
    return hashlib.sha256(text.replace("\r\n", "\n").encode()).hexdigest()


def wanted() -> dict[str, str]:
    """Return what must be committed: the minified files and their manifest."""
    with tempfile.TemporaryDirectory() as folder:
        program = esbuild(Path(folder))
        made = {file: bundled(program, entry) for file, entry in BUNDLES.items()}
        made["page.min.css"] = minified(program, source(SHEET), "css")
        made["floor.min.js"] = minified(program, source(FLOOR), "js", "es5")
    for name, text in made.items():
        if found := re.search(
            r".{0,40}\{[{%#].{0,40}", text
        ):  # folium renders the page as a template
            raise SystemExit(f"bundle_page: {name} would be read as a template at: {found[0]}")
    manifest = {
        "tool": f"esbuild {ESBUILD}",
        "target": TARGET,
        "sources": {name: digest(source(name)) for name in sources()},
        "files": {name: digest(text) for name, text in made.items()},
    }
    return made | {"bundle.json": json.dumps(manifest, indent=2) + "\n"}


def stale() -> list[str]:
    """Name every source that is not the one which the committed bundle was made from; needs no npm."""
    manifest = json.loads((STATIC / "bundle.json").read_text("utf-8"))
    held = set(sources())
    made = manifest["sources"]
    found = [
        f"{name} is new: run python scripts/bundle_page.py" for name in sorted(held - made.keys())
    ]
    found += [f"{name} is bundled, but is gone" for name in sorted(made.keys() - held)]
    changed = [name for name in sorted(held & made.keys()) if digest(source(name)) != made[name]]
    changed += [
        name for name, sha256 in manifest["files"].items() if digest(source(name)) != sha256
    ]
    return found + [f"{name} has changed: run python scripts/bundle_page.py" for name in changed]


def _bytes(names: Iterable[str]) -> int:
    return sum(len(source(name).encode()) for name in names)


def main() -> int:
    """Run the command; return its exit code."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument(
        "--check", action="store_true", help="compare only; exit 1 on any difference"
    )
    arguments = parser.parse_args()
    files = wanted()
    if not arguments.check:
        for name, text in files.items():
            (STATIC / name).write_text(text, "utf-8", newline="\n")
        made = [name for name in files if ".min." in name]
        print(
            f"{_bytes(sources()):,} bytes of sources -> "
            + ", ".join(f"{name} {_bytes([name]):,}" for name in made)
        )
        return 0
    problems = [
        name
        for name, text in files.items()
        if not (STATIC / name).is_file() or source(name) != text
    ]
    for name in problems:
        print(
            f"bundle_page: {name} is not what the sources give: run python scripts/bundle_page.py",
            file=sys.stderr,
        )
    if not problems:
        print(f"{len(files)} files are what the sources give")
    return 1 if problems else 0


if __name__ == "__main__":
    raise SystemExit(main())
