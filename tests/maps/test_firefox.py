"""The page in Firefox, with one engine and with two: the newest extended release is tried where it is installed.

Firefox is spoken to by the socket that it opens itself: no geckodriver is needed.
"""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from test_browser import NO_AREAS
from wire import firefox

from sxgeo.maps import build_map

pytestmark = pytest.mark.browser
PLOT = "112.73, 38.41\\n112.74, 38.41\\n112.74, 38.42"


@pytest.fixture(scope="module")
def fox(tmp_path_factory):
    program = shutil.which("firefox-esr") or shutil.which("firefox")
    if program is None:
        pytest.skip("Firefox is not installed: the page was not opened in it")
    with firefox(program, tmp_path_factory.mktemp("fox")) as page:
        yield page


@pytest.mark.parametrize("engine", ["own", "both"])
def test_firefox_draws_checks_and_votes(fox, engine, tmp_path: Path):
    path = tmp_path / "page.html"
    build_map("taixin", areas=NO_AREAS, engine=engine).save(path)
    fox.open(path)
    fox.run("await sxgeo.engines")
    assert fox.run("return document.getElementById('sx-floor')") is None
    fox.run(f"sxgeo.panel.open(true); sxgeo.panel.take('{PLOT}')")
    answer = fox.run("return sxgeo.panel.answer")
    assert answer["verdict"] == "undetermined"
    assert answer["engines"] == (["page"] if engine == "own" else ["page", "geos"])
    assert "engines_disagree" not in {e["reason_code"] for e in answer["sites"][0]["screening"]}
    assert fox.run("return document.querySelectorAll('.sx-mark').length") > 100
    sheet = fox.run(
        "dispatchEvent(new Event('beforeprint')); const wide = document.getElementById('sx-legend').offsetWidth;"
        "dispatchEvent(new Event('afterprint')); return wide"
    )
    assert sheet > 0
