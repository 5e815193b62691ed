"""Fetch the oldest Chromium that the page promises to run in, and one between: 80 and 92, from npm.

``python scripts/fetch_old_browsers.py FOLDER`` unpacks each into ``FOLDER/80`` and ``FOLDER/92`` (needs npm
and Node.js; 300 MB) and prints the line that makes the tests use them:

    SXGEO_OLD_CHROMIUM=FOLDER/80/chromium:FOLDER/92/chromium python -m pytest tests/maps/test_floor.py
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path

PACKAGES = {
    "80": (
        "chrome-aws-lambda@2.1.1",
        "59eaf642eca0c6c0a8bf96ccdbef022daeaa62936c7390316139604e77b4d1a1"
        "68c453f8f752c6251c4e42d1a762db093fa506e2907449faf04f23e72f2b352f",
    ),
    "92": (
        "@sparticuz/chromium@92.0.0",
        "c42168a7cdefe605ca4130c635fce3f381787fd419918f5e4a14eed696d660e3"
        "c1eb024dc3d620a17e7acde55e443ed52fd015c224bd552f6d812867739b91da",
    ),
}
"""Version of Chromium -> npm package that packs its program, and the package's SHA-512."""
_UNPACK = (
    "const z = require('zlib'), f = require('fs');"
    "f.writeFileSync(process.argv[2], z.brotliDecompressSync(f.readFileSync(process.argv[1])));"
)
"""Node reads Brotli, Python's own library does not."""


def fetch(version: str, folder: Path) -> Path:
    """Unpack one version into a folder of its own; return its program."""
    name, sha512 = PACKAGES[version]
    target = folder / version
    target.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as place:
        packed = _packed(name, Path(place))
        if hashlib.sha512(packed.read_bytes()).hexdigest() != sha512:
            raise SystemExit(f"{name} is not the package whose hash stands in {__file__}")
        with tarfile.open(packed) as archive:
            archive.extractall(place, filter="data")
        held = Path(place) / "package" / "bin"
        program = _unpacked(held / "chromium.br", target / "chromium")
        program.chmod(0o755)
        # the libraries that a Debian without a desktop lacks, and the painter of a machine without a graphics card
        for part, home in (("aws", target), ("swiftshader", target / "swiftshader")):
            with tarfile.open(_unpacked(held / f"{part}.tar.br", Path(place) / part)) as archive:
                archive.extractall(home, filter="data")
    return program


def _packed(name: str, place: Path) -> Path:
    npm = shutil.which("npm")
    if npm is None or shutil.which("node") is None:
        raise SystemExit("npm and Node.js are needed to fetch old browsers")
    subprocess.run([npm, "pack", name, "--silent"], cwd=place, check=True, capture_output=True)
    (packed,) = place.glob("*.tgz")
    return packed


def _unpacked(source: Path, target: Path) -> Path:
    subprocess.run(["node", "-e", _UNPACK, str(source), str(target)], check=True)
    return target


def main(words: list[str]) -> int:
    """Fetch both; say how to use them."""
    if len(words) != 1:
        print(__doc__)
        return 2
    folder = Path(words[0]).resolve()
    programs = [str(fetch(version, folder)) for version in PACKAGES]
    print(f"SXGEO_OLD_CHROMIUM={os.pathsep.join(programs)}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
