"""GEOS in the page: the vendored build, taken apart into a script and the code that it runs."""

from __future__ import annotations

import base64
import gzip
import re
from functools import lru_cache
from typing import NamedTuple

from ..errors import DataError
from .inline import asset, escape_script

BLOCK, LICENCE_BLOCK = "sx-geos", "sx-geos-licence"
"""Ids of the blocks of the page that hold the code, packed, and the text of its licence."""
_FOLDER = "geos-wasm"
_BINARY = re.compile(r'"data:application/octet-stream;base64,([A-Za-z0-9+/=]+)"')
_EXPORT = re.compile(r"\nexport\{(\w+) as default\}\s*$")
_HELD = "Module:{_malloc:null"


class Geos(NamedTuple):
    """What a page with two engines carries beside its own code.

    Attributes
    ----------
    script
        The package's script; it hands out ``sxgeoGeos`` and takes its code from ``sxgeoGeosCode``.
    code
        The compiled GEOS, gzip in base64.
    licence
        The text of the licence, which goes with every copy.
    """

    script: str
    code: str
    licence: str


@lru_cache(maxsize=1)
def geos() -> Geos:
    """Take the vendored build apart.

    Raises
    ------
    DataError
        If it is not built as the pinned one is.
    """
    text = asset(f"{_FOLDER}/build/package/geos.esm.js").decode("utf-8")
    binary, export = _BINARY.findall(text), _EXPORT.search(text)
    if len(binary) != 1 or export is None or text.count(_HELD) != 1:
        raise DataError(
            "page asset geos-wasm is not built as the pinned version is: run"
            " scripts/vendor_assets.py with the version that it names"
        )
    wrapped = _as_function(_EXPORT.sub("", text), export[1])

    # packed without a clock: the same page must be the same bytes
    code = base64.b64encode(gzip.compress(base64.b64decode(binary[0]), 9, mtime=0))
    licence = asset(f"{_FOLDER}/LICENSE.md").decode("utf-8")
    return Geos(escape_script(wrapped), code.decode("ascii"), licence)


def _as_function(module: str, name: str) -> str:
    """Return the module as a plain function: a page from a file may load no modules."""
    # the code is handed in, for a page without a network cannot fetch it
    held = _HELD.replace("Module:{", "Module:{wasmBinary:window.sxgeoGeosCode,")
    script = _BINARY.sub('""', module).replace(_HELD, held)
    script = script.replace("import.meta.url", '""')
    return f"window.sxgeoGeos=function(config){{\n{script}\nreturn {name}(config);}};"
