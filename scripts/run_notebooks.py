"""Run the notebooks of examples/ from top to bottom.

``python scripts/run_notebooks.py`` writes their outputs anew; with ``--check`` each runs as it
stands and nothing is written. Either way 1 is returned where a cell fails, an output names a folder
of this machine, or the outputs of one weigh more than 100 kB. Needs the extra `docs`.
"""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import Any

import nbformat
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError

ROOT = Path(__file__).resolve().parent.parent
EXAMPLES = ROOT / "examples"
MOST_BYTES = 100_000
SECONDS = 300


def run(path: Path) -> tuple[Any, list[str]]:
    """Return a notebook with fresh outputs, and what is wrong with it."""
    notebook = nbformat.read(path, as_version=4)
    client = NotebookClient(
        notebook, timeout=SECONDS, kernel_name="python3", resources={"metadata": {"path": EXAMPLES}}
    )
    try:
        client.execute()
    except CellExecutionError as error:
        return notebook, [f"{path.name}: {error}"]
    tidy(notebook)
    outputs = json.dumps([c.get("outputs") for c in notebook.cells], ensure_ascii=False)
    wrong = []
    if len(outputs.encode()) > MOST_BYTES:
        wrong.append(f"{path.name}: its outputs weigh {len(outputs.encode()):,} bytes")
    if str(ROOT) in outputs or str(Path.home()) in outputs:
        wrong.append(f"{path.name}: an output names a folder of this machine")
    return notebook, wrong


def tidy(notebook: Any) -> None:
    """Take away what differs from run to run: times, versions, counts of the kernel's own."""
    notebook.metadata = {
        "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
        "language_info": {"name": "python"},
    }
    for cell in notebook.cells:
        cell.metadata = {}


def main(arguments: list[str]) -> int:
    """Run all notebooks; return 1 when one is wrong."""
    os.environ["PYTHONPATH"] = os.pathsep.join(
        filter(None, (str(ROOT), os.environ.get("PYTHONPATH")))
    )
    problems = []
    for path in sorted(EXAMPLES.glob("*.ipynb")):
        notebook, wrong = run(path)
        print(f"{'wrong' if wrong else 'ran  '} {path.name}", flush=True)
        problems += wrong
        if not wrong and "--check" not in arguments:
            text = json.dumps(notebook, ensure_ascii=False, indent=1, sort_keys=True) + "\n"
            path.write_text(text, encoding="utf-8", newline="\n")
    print("\n".join(problems) or "all notebooks ran")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
