"""Break good files at random and read them: every answer must be sites or an InputError, quickly.

Usage: python tests/fuzz_intake.py txt|csv|kml|dxf|shp|all [SECONDS] [SEED]
"""

from __future__ import annotations

import random
import sys
import tempfile
import time
from pathlib import Path

from bad_files import SURVEY, write_good

from sxgeo.sites import read_some

CSV = "地块编号,序号,圈号,经度,纬度,精度\nA,1,1,112°36′0″,38.0,1\nA,2,1,112.61,38.0,\nA,3,1,112.61,38.01,\nB,1,1,4207000,38420000,0\n"
KINDS = ("txt", "csv", "kml", "dxf", "shp")
PIECES = (
    b",", b"\n", b"\r", b"@", b"[", b"]", b"=", b"-", b".", b"nan", b"inf", b"1e308", b"-1", b"0", b"999999999999999999999", b"\xff",
    b"\x00", b"<", b">", b"&", b"<!--", b"]]>", b"\xef\xbb\xbf", "，".encode(), "度".encode("gbk"), b"\t", b'"', b"'", b";", b"J1,1,1,1\n",
    b"<coordinates>", b"</Placemark>", b"SECTION", b"ENDSEC", b"  0\n", b" 70\n1\n", b" 90\n99999999\n", b"\xe2\x80\xa8", b"[\xe5\x9c\xb0",
)  # fmt: skip
SLOW_S = 20.0


def seeds(folder: Path) -> dict[str, bytes]:
    """Return a good file of each kind."""
    import ezdxf

    drawing = ezdxf.new("R12")
    drawing.modelspace().add_polyline2d([(38420000, 4207000), (38420100, 4207000), (38420100, 4207100)], close=True)
    drawing.modelspace().add_circle((38420000, 4207000), 50)
    drawing.saveas(folder / "seed.dxf")
    return {
        "txt": SURVEY.encode(),
        "csv": CSV.encode(),
        "kml": write_good(folder / "seed.kml").read_bytes(),
        "dxf": (folder / "seed.dxf").read_bytes(),
        "shp": write_good(folder / "seed.shp").read_bytes(),
    }


def mutated(content: bytes, chance: random.Random) -> bytes:
    """Cut, repeat, swap, overwrite and insert a few times."""
    out = bytearray(content)
    for _ in range(chance.randint(1, 8)):
        at = chance.randrange(len(out) + 1)
        span = chance.choice((1, 2, 4, 16, 64, 400))
        what = chance.randrange(6)
        if what == 0:
            del out[at : at + span]
        elif what == 1:
            out[at:at] = out[at : at + span] * chance.choice((1, 2, 5))
        elif what == 2:
            out[at : at + 1] = bytes([chance.randrange(256)])
        elif what == 3:
            out[at:at] = chance.choice(PIECES)
        elif what == 4:
            piece = chance.choice(PIECES)
            out[at : at + len(piece)] = piece
        else:
            other = chance.randrange(len(out) + 1)
            out[at : at + span], out[other : other + span] = out[other : other + span], out[at : at + span]
    return bytes(out[:200_000])


def feed(path: Path, content: bytes) -> float:
    """Read one broken file; return the seconds it took. Anything but sites or a message is an error of ours."""
    path.write_bytes(content)
    start = time.perf_counter()
    for assume in ({}, {"datum": "CGCS2000", "zone": "38", "count": "as_found"}):
        sites, unread = read_some(path, assume=assume)
        assert sites.sites or unread
        assert all(s.usable or s.problems for s in sites.sites)
        assert all(s.geometry.is_valid for s in sites.sites if s.usable)
    return time.perf_counter() - start


def main(kinds: list[str], seconds: float, seed: int) -> int:
    """Run each kind for some seconds; keep what broke, and say how it was made."""
    failed = 0
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        good = seeds(folder)
        for kind in kinds:
            chance = random.Random(seed)
            path = folder / f"broken.{kind}"
            if kind == "shp":
                for suffix in (".shx", ".dbf", ".prj"):
                    path.with_suffix(suffix).write_bytes((folder / f"seed{suffix}").read_bytes())
            end, count, slowest = time.monotonic() + seconds, 0, 0.0
            while time.monotonic() < end:
                content = mutated(good[kind], chance)
                count += 1
                try:
                    slowest = max(slowest, feed(path, content))
                except Exception as error:
                    failed += 1
                    Path(f"fuzz_{kind}_{count}.bin").write_bytes(content)
                    print(
                        f"{kind}: {type(error).__name__}: {str(error)[:200]} (kept fuzz_{kind}_{count}.bin)", flush=True
                    )
            print(f"{kind}: {count} files in {seconds:.0f} s, slowest {slowest:.2f} s, {failed} failed", flush=True)
    return 1 if failed else 0


if __name__ == "__main__":
    chosen = list(KINDS) if sys.argv[1:2] in ([], ["all"]) else sys.argv[1:2]
    sys.exit(
        main(chosen, float(sys.argv[2]) if len(sys.argv) > 2 else 600.0, int(sys.argv[3]) if len(sys.argv) > 3 else 1)
    )
