"""Open the built documentation from its folder in Chromium and search it, as a reader without a
network does.

``python scripts/search_docs.py [FOLDER]`` (default: build/docs/html, as build_docs.py leaves it)
returns 1 where a word does not lead to its page, a script fails, or a page asks for the
network. Needs selenium and
a Chromium.
"""

from __future__ import annotations

import json
import shutil
import sys
from pathlib import Path
from urllib.parse import quote

from selenium import webdriver
from selenium.webdriver.support.ui import WebDriverWait

ROOT = Path(__file__).resolve().parent.parent
ASKED = {
    "压占": "guide/outcomes.html",
    "保护范围": "own_layers.html",
    "退出码": "reference/errors.html",
    "候选地块": "candidates.html",
    "内网安装": "guide/install_offline.html",
    "等时圈": "guide/own_network.html",
    "isochrones": "isochrones.html",
    "clear_because": "reference/schema.html",
}
"""A word, and a page that must be among those it leads to."""
SECONDS = 30


def browser() -> webdriver.Chrome:
    """Return a Chromium that reaches no network and tells what its pages ask for."""
    options = webdriver.ChromeOptions()
    for flag in ("--headless=new", "--no-sandbox", "--proxy-server=127.0.0.1:9"):
        options.add_argument(flag)
    options.set_capability("goog:loggingPrefs", {"performance": "ALL", "browser": "ALL"})
    options.binary_location = shutil.which("chromium") or ""
    # the driver is named, or selenium would look for one on the network
    service = webdriver.ChromeService(shutil.which("chromedriver") or "chromedriver")
    return webdriver.Chrome(options=options, service=service)


def found(driver: webdriver.Chrome, html: Path, word: str) -> list[str]:
    """Return the pages to which a word leads, by their place in the folder."""
    driver.get(f"{(html / 'search.html').as_uri()}?q={quote(word)}")
    links = "return [...document.querySelectorAll('ul.search li a')].map(a => a.href)"
    done = "return document.querySelector('#search-results h2')?.innerText === '搜索结果'"
    WebDriverWait(driver, SECONDS).until(lambda d: d.execute_script(done))
    base = f"{html.as_uri()}/"
    pages = {str(link).removeprefix(base) for link in driver.execute_script(links)}
    return sorted({page.partition("?")[0].partition("#")[0] for page in pages})


def log(driver: webdriver.Chrome, kind: str) -> list[dict[str, str]]:
    """Return what the browser wrote down since it was last asked."""
    entries: list[dict[str, str]] = driver.execute("getLog", {"type": kind})["value"]
    return entries


def asked_for(driver: webdriver.Chrome) -> list[str]:
    """Return the addresses on a network that the pages asked for."""
    addresses = []
    for entry in log(driver, "performance"):
        message = json.loads(entry["message"])["message"]
        if message["method"] == "Network.requestWillBeSent":
            addresses.append(message["params"]["request"]["url"])
    return sorted({a for a in addresses if a.startswith(("http:", "https:", "ws:", "wss:"))})


def refused(driver: webdriver.Chrome) -> list[str]:
    """Return what the browser refused or what failed on the pages."""
    return sorted({e["message"] for e in log(driver, "browser") if e["level"] == "SEVERE"})


def main(arguments: list[str]) -> int:
    """Search for every word; print what is wrong."""
    html = Path(arguments[0] if arguments else ROOT / "build" / "docs" / "html").resolve()
    if not (html / "search.html").is_file():
        print(f"{html.name} holds no documentation; run scripts/build_docs.py", file=sys.stderr)
        return 1
    driver = browser()
    try:
        wrong = []
        for word, page in ASKED.items():
            pages = found(driver, html, word)
            if page not in pages:
                told = ", ".join(pages) or "nothing"
                wrong.append(f"'{word}' does not lead to {page}, but to {told}")
        wrong += [f"a page asks the network for {address}" for address in asked_for(driver)]
        wrong += refused(driver)
    finally:
        driver.quit()
    print("\n".join(wrong) or f"{len(ASKED)} words lead to their pages, without a network")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
