"""Vendor the web assets of the page from npm packages, or prove that what is committed equals them.

``python scripts/vendor_assets.py`` writes sxgeo/maps/assets; with ``--check`` nothing is written
and the exit code is 1 when a committed file differs from the package's. Needs npm, which asks the
registry that it is set up for.
"""

from __future__ import annotations

import argparse
import hashlib
import io
import json
import shutil
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path
from typing import Any

ASSETS = Path(__file__).resolve().parents[1] / "sxgeo" / "maps" / "assets"
PACKAGES: dict[str, dict[str, Any]] = {
    "leaflet": {
        "version": "1.9.4",
        "licence": "BSD-2-Clause",
        "files": (
            "LICENSE",
            "dist/leaflet.css",
            "dist/leaflet.js",
            "dist/images/layers-2x.png",
            "dist/images/layers.png",
            "dist/images/marker-icon-2x.png",
            "dist/images/marker-icon.png",
            "dist/images/marker-shadow.png",
        ),
    },
    "polygon-clipping": {
        "version": "0.15.7",
        "licence": "MIT",
        "licence_file": "LICENSE.md",
        "files": ("LICENSE.md", "dist/polygon-clipping.umd.min.js"),
    },
    # GEOS 3.13.0 names no version of the LGPL, and its COPYING is that of 2.1; this package holds
    # the text of 2.1 and its metadata name 3.0 or later: both are kept to (LICENSE-DATA, 5).
    "geos-wasm": {
        "version": "3.1.1",
        "licence": "LGPL-2.1-or-later AND LGPL-3.0-or-later",
        "licence_file": "LICENSE.md",
        "files": ("LICENSE.md", "build/package/geos.esm.js"),
    },
}


def archive(name: str, version: str) -> bytes:
    """Fetch the archive of one npm package."""
    npm = shutil.which("npm")
    if npm is None:
        raise SystemExit("npm is needed to fetch the pinned packages; install Node.js")
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run(
            [npm, "pack", f"{name}@{version}", "--silent"],
            cwd=folder,
            check=True,
            stdout=subprocess.DEVNULL,
        )
        (packed,) = Path(folder).glob("*.tgz")
        return packed.read_bytes()


def unpacked(content: bytes) -> dict[str, bytes]:
    """Return the files of an npm package by their path below ``package/``."""
    with tarfile.open(fileobj=io.BytesIO(content)) as tar:
        members = (m for m in tar.getmembers() if m.isfile())
        return {m.name.removeprefix("package/"): _content(tar, m) for m in members}


def _content(tar: tarfile.TarFile, member: tarfile.TarInfo) -> bytes:
    stream = tar.extractfile(member)
    return b"" if stream is None else stream.read()


def wanted() -> dict[str, bytes]:
    """Return what the assets folder must hold: every file, and the manifest."""
    files: dict[str, bytes] = {}
    manifest: list[dict[str, Any]] = []
    for name, spec in PACKAGES.items():
        content = unpacked(archive(name, spec["version"]))
        taken = {f"{name}/{path}": content[path] for path in spec["files"]}
        files |= taken
        manifest.append(
            {
                "name": name,
                "version": spec["version"],
                "licence": spec["licence"],
                "licence_file": f"{name}/{spec.get('licence_file', 'LICENSE')}",
                "files": {
                    path: hashlib.sha256(data).hexdigest() for path, data in sorted(taken.items())
                },
            }
        )
    text = json.dumps({"packages": manifest}, indent=2, ensure_ascii=False) + "\n"
    return files | {"manifest.json": text.encode()}


def differences(files: dict[str, bytes]) -> list[str]:
    """Name every committed file that is missing, differs, or does not belong."""
    held = {
        p.relative_to(ASSETS).as_posix(): p.read_bytes() for p in ASSETS.rglob("*") if p.is_file()
    }
    found = [f"{path} is missing" for path in sorted(files.keys() - held.keys())]
    found += [f"{path} does not belong" for path in sorted(held.keys() - files.keys())]
    return found + [
        f"{p} differs" for p in sorted(files.keys() & held.keys()) if files[p] != held[p]
    ]


def write(files: dict[str, bytes]) -> None:
    """Replace the assets folder by `files`."""
    shutil.rmtree(ASSETS, ignore_errors=True)
    for path, data in files.items():
        target = ASSETS / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(data)


def main() -> int:
    """Run the command; return its exit code."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument(
        "--check", action="store_true", help="compare only; exit 1 on any difference"
    )
    arguments = parser.parse_args()
    files = wanted()
    if not arguments.check:
        write(files)
        print(f"wrote {len(files)} files")
        return 0
    problems = differences(files)
    for problem in problems:
        print(f"vendor_assets: {problem}", file=sys.stderr)
    if not problems:
        print(f"{len(files)} files equal the packages' own")
    return 1 if problems else 0


if __name__ == "__main__":
    raise SystemExit(main())
