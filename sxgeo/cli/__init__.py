"""The command line: one file a command, which parses, calls one library function, prints and
returns a code.

Imports every wing below; nothing imports it. A new command is a file here and a line in
`parser.py`.
"""

from __future__ import annotations

from .main import main

__all__ = ["main"]
