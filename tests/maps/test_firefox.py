"""The page in Firefox, with one engine and with two: the newest extended release is tried where it is installed."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest
from test_browser import NO_AREAS

from sxgeo.maps import build_map

pytestmark = pytest.mark.browser
PLOT = "112.73, 38.41\n112.74, 38.41\n112.74, 38.42"


@pytest.fixture(scope="module")
def firefox():
    """Firefox without a window; geckodriver stands on the path or in SXGEO_GECKODRIVER."""
    program = shutil.which("firefox-esr") or shutil.which("firefox")
    gecko = os.environ.get("SXGEO_GECKODRIVER") or shutil.which("geckodriver")
    if program is None or gecko is None:
        pytest.skip("Firefox or geckodriver is not installed: the page was not opened in it")
    webdriver = pytest.importorskip("selenium.webdriver")
    options = webdriver.FirefoxOptions()
    options.binary_location = program
    options.add_argument("-headless")
    driver = webdriver.Firefox(options=options, service=webdriver.FirefoxService(gecko))
    yield driver
    driver.quit()


@pytest.mark.parametrize("engine", ["own", "both"])
def test_firefox_draws_checks_and_votes(firefox, engine, tmp_path: Path):
    path = tmp_path / "page.html"
    build_map("taixin", areas=NO_AREAS, engine=engine).save(path)
    firefox.get(path.as_uri())
    firefox.execute_async_script("Promise.resolve(sxgeo.engines).then(arguments[0])")
    assert firefox.execute_script("return document.getElementById('sx-floor')") is None
    firefox.execute_script("sxgeo.panel.open(true); sxgeo.panel.take(arguments[0])", PLOT)
    answer = firefox.execute_script("return sxgeo.panel.answer")
    assert answer["verdict"] == "undetermined"
    assert answer["engines"] == (["page"] if engine == "own" else ["page", "geos"])
    assert "engines_disagree" not in {e["reason_code"] for e in answer["sites"][0]["screening"]}
    marks = firefox.execute_script("return document.querySelectorAll('.sx-mark').length")
    assert marks > 100
    sheet = firefox.execute_script(
        "dispatchEvent(new Event('beforeprint')); const wide = document.getElementById('sx-legend').offsetWidth;"
        "dispatchEvent(new Event('afterprint')); return wide"
    )
    assert sheet > 0
