"""Run what guards main on this environment: linters, types, import rules, data, tests."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
STEPS = (
    ("lint", ("ruff", "check", ".")),
    ("format", ("ruff", "format", "--check", ".")),
    ("types", ("mypy",)),
    ("assets", ("scripts/vendor_assets.py", "--check")),
    ("assets", ("scripts/bundle_page.py", "--check")),
    ("page", ("scripts/check_page.py",)),
    ("house", ("scripts/architecture.py", "--check")),
    ("data", ("scripts/build_data.py", "--check")),
    ("data", ("scripts/build_lawbook.py", "--check")),
    ("tests", ("coverage", "run", "-m", "pytest")),
    ("coverage", ("coverage", "report", "--skip-covered", "--sort=cover")),
)


def main(names: list[str]) -> int:
    """Run all steps, or those named; return 1 when any failed."""
    failed = []
    for name, command in STEPS:
        if names and name not in names:
            continue
        print(f"== {name}", flush=True)
        prefix = [sys.executable] if command[0].endswith(".py") else [sys.executable, "-m"]
        if subprocess.run([*prefix, *command], cwd=ROOT, check=False).returncode:
            failed.append(name)
    print(f"failed: {', '.join(failed)}" if failed else "all green")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
