"""Lint the page's scripts, check their format, and run their tests with coverage.

``python scripts/check_page.py`` fetches the tools that package-lock.json pins, by npm, into
node_modules (once), then runs ESLint, Prettier and Node's test runner under c8. Where there is no
npm it says so and leaves with 0; ``--required`` makes that a failure.
"""

from __future__ import annotations

import argparse
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
STEPS = ("lint", "coverage")
"""Scripts of package.json, in the order in which they run."""


def tools(npm: str) -> int:
    """Fetch the pinned tools unless the ones at hand are those of the lock; return npm's exit code."""
    lock = ROOT / "package-lock.json"
    held = ROOT / "node_modules" / ".package-lock.json"
    if held.is_file() and held.stat().st_mtime >= lock.stat().st_mtime:
        return 0
    fetch = [npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--silent"]
    return subprocess.run(fetch, cwd=ROOT, check=False).returncode


def main() -> int:
    """Run the command; return its exit code."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--required", action="store_true", help="fail where there is no npm")
    arguments = parser.parse_args()
    npm = shutil.which("npm")
    if npm is None:
        print(
            "check_page: npm is not at hand: the page's scripts were not checked", file=sys.stderr
        )
        return 1 if arguments.required else 0
    if code := tools(npm):
        print(f"check_page: npm ci failed with {code}", file=sys.stderr)
        return 1
    failed = []
    for name in STEPS:
        done = subprocess.run([npm, "run", "--silent", name], cwd=ROOT, check=False)
        if done.returncode:
            failed.append(name)
    if failed:
        print(f"check_page: failed: {', '.join(failed)}", file=sys.stderr)
    return 1 if failed else 0


if __name__ == "__main__":
    raise SystemExit(main())
