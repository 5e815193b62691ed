"""Where the page cannot run it says so in words; old browsers that it claims to run in are tried
where they are given.
"""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest
from test_browser import Opened, browser, saved

__all__ = ["browser", "saved"]
pytestmark = pytest.mark.browser
BROKEN = "Object.defineProperty(window, 'sxgeoPage', {value: undefined, writable: false});"


def floor(page: Opened) -> str | None:
    return page.run("const e = document.getElementById('sx-floor'); return e && e.textContent")


def test_a_page_that_runs_says_nothing_of_browsers(browser, saved):
    assert floor(Opened(browser, saved)) is None


def test_a_page_that_cannot_run_says_so_in_chinese_and_shows_no_answer(browser, saved):
    added = browser.execute_cdp_cmd("Page.addScriptToEvaluateOnNewDocument", {"source": BROKEN})
    try:
        told = floor(Opened(browser, saved))
    finally:
        browser.execute_cdp_cmd("Page.removeScriptToEvaluateOnNewDocument", added)
    assert told is not None
    for words in ("不能在此浏览器中", "没有任何结论", "Chromium 80", "Firefox 113", "Safari 16.4"):
        assert words in told


def test_the_first_script_comes_before_all_others_and_the_shell_is_told(saved):
    text = saved.read_text("utf-8")
    assert text.index("sx-floor") < text.index("</script>")
    assert '<meta name="renderer" content="webkit">' in text[: text.index("<script>")]
    assert "<noscript>" in text and "JavaScript" in text


@pytest.mark.parametrize("program", os.environ.get("SXGEO_OLD_CHROMIUM", "").split(os.pathsep))
def test_an_old_chromium_draws_the_page(program, saved, tmp_path):
    """Give the programs in SXGEO_OLD_CHROMIUM, oldest 80."""
    if not program:
        pytest.skip("no old Chromium is given in SXGEO_OLD_CHROMIUM: the floor was not tried")
    told = subprocess.run(
        [
            program,
            "--headless",
            "--no-sandbox",
            "--disable-gpu",
            "--single-process",
            "--no-zygote",
            f"--user-data-dir={tmp_path}",
            "--dump-dom",
            saved.as_uri(),
        ],
        env={**os.environ, "LD_LIBRARY_PATH": str(Path(program).parent / "lib")},
        capture_output=True,
        timeout=60,
        check=False,
    ).stdout.decode()
    assert '<div id="sx-floor"' not in told
    assert 'data-layer="heritage_sites"' in told and "sx-heritage_sites" in told
