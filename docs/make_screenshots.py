"""Take the screenshots in docs/images from the real page, one or two days, and draw the static figure.

Needs Chromium, chromedriver, matplotlib and Chinese fonts (fonts-noto-cjk); the network is blocked.
"""

from __future__ import annotations

import base64
import shutil
import struct
import tempfile
import time
import zlib
from io import BytesIO
from pathlib import Path
from typing import Any

from selenium import webdriver

from sxgeo import build_map, compare, load_network, plot_map

IMAGES = Path(__file__).parent / "images"
_PLOT = """{"type":"Feature","properties":{"name":"示例地块"},"geometry":{"type":"Polygon","coordinates":[[
[113.377,38.866],[113.383,38.876],[113.398,38.875],[113.400,38.864],[113.388,38.858],[113.377,38.866]]]}}"""
_CHECK = f"""sxgeo.panel.open(true); document.getElementById('sx-type').value = 'industrial';
sxgeo.panel.inputs.height.value = 30; document.getElementById('sx-waste').value = 'yes'; sxgeo.panel.take(`{_PLOT}`, '');"""
_A3 = "const s = document.getElementById('sx-paper'); s.value = 'a3'; s.dispatchEvent(new Event('change'));"
_ENGLISH = """document.getElementById('sx-do-lang').click(); const box = document.getElementById('sx-find');
box.value = 'wutai'; box.dispatchEvent(new Event('input'));"""
SHOTS = (
    ("map.png", 1600, 1000, ""),
    (
        "map_popup.png",
        1600,
        1000,
        "sxgeo.map.setZoom(10.5, {animate: false}); sxgeo.show('PA-001')",
    ),
    ("map_phone.png", 390, 844, ""),
    ("map_check.png", 1600, 1000, _CHECK),
    ("map_check_phone.png", 390, 844, _CHECK),
    ("map_print.png", 1062, 728, f"{_CHECK} window.dispatchEvent(new Event('beforeprint'));"),
    ("map_print_a3.png", 1527, 1062, f"{_A3} window.dispatchEvent(new Event('beforeprint'));"),
    ("map_english.png", 1600, 1000, _ENGLISH),
    (
        "map_check_english.png",
        1600,
        1000,
        f"document.getElementById('sx-do-lang').click(); {_CHECK}",
    ),
)
SCENARIO = (
    ("map_scenario.png", 1600, 1000, "document.getElementById('sx-saved').open = true"),
    ("map_scenario_phone.png", 390, 844, ""),
)
"""Pictures of two days side by side: what opens until the end of 2027, from Xinfu."""
_INDEXED = """
const done = arguments[arguments.length - 1], picture = new Image();
picture.onload = () => {
  const canvas = document.createElement('canvas'), pen = canvas.getContext('2d');
  [canvas.width, canvas.height] = [picture.width, picture.height];
  pen.drawImage(picture, 0, 0);
  const pixels = pen.getImageData(0, 0, canvas.width, canvas.height).data, count = new Map(), near = new Map();
  const colour = i => (pixels[i] << 16) | (pixels[i + 1] << 8) | pixels[i + 2];
  for (let i = 0; i < pixels.length; i += 4) count.set(colour(i), (count.get(colour(i)) || 0) + 1);
  const apart = (a, b) => [16, 8, 0].reduce((sum, bits) => sum + (((a >> bits) & 255) - ((b >> bits) & 255)) ** 2, 0);
  const ranked = [...count].sort((a, b) => b[1] - a[1] || a[0] - b[0]).map(entry => entry[0]), palette = ranked.slice(0, 40);
  for (const value of ranked) {
    if (palette.length < 256 && palette.every(p => apart(p, value) > 260)) palette.push(value);
  }
  palette.forEach((value, index) => near.set(value, index));
  const nearest = value => {
    if (!near.has(value)) near.set(value, palette.reduce((best, p, i) => apart(value, p) < apart(value, palette[best]) ? i : best, 0));
    return near.get(value);
  };
  let text = '';
  for (let i = 0; i < pixels.length; i += 4) text += String.fromCharCode(nearest(colour(i)));
  done([canvas.width, canvas.height, palette, btoa(text)]);
};
picture.src = 'data:image/png;base64,' + arguments[0];
"""


def indexed_png(driver: Any, screenshot: str) -> bytes:
    """Reduce a base64 PNG to 256 common colours that differ; the browser decodes it on an empty page."""
    driver.get("about:blank")
    width, height, palette, text = driver.execute_async_script(_INDEXED, screenshot)
    rows = base64.b64decode(text)
    raw = b"".join(b"\0" + rows[y * width : (y + 1) * width] for y in range(height))
    parts = {
        b"IHDR": struct.pack(">2I5B", width, height, 8, 3, 0, 0, 0),
        b"PLTE": b"".join(struct.pack(">I", colour)[1:] for colour in palette),
        b"IDAT": zlib.compress(raw, 9),
        b"IEND": b"",
    }
    chunks = (
        struct.pack(">I", len(d)) + k + d + struct.pack(">I", zlib.crc32(k + d))
        for k, d in parts.items()
    )
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunks)


def _browser(profile: str) -> Any:
    options = webdriver.ChromeOptions()
    for flag in (
        "--no-sandbox",
        "--headless=new",
        "--disable-gpu",
        "--hide-scrollbars",
        "--host-resolver-rules=MAP * ~NOTFOUND",
        f"--user-data-dir={profile}",
    ):
        options.add_argument(flag)
    return webdriver.Chrome(
        options=options, service=webdriver.ChromeService(shutil.which("chromedriver"))
    )


def take(page: Path, name: str, width: int, height: int, script: str) -> None:
    """Open `page` in a window of this size, run `script`, save the picture as `name`."""
    with tempfile.TemporaryDirectory() as profile:
        driver = _browser(profile)
        size = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": width < 760}
        driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)
        driver.get(page.as_uri())
        if "beforeprint" in script:
            driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": "print"})
        driver.execute_script(script)
        time.sleep(0.6)
        (IMAGES / name).write_bytes(indexed_png(driver, driver.get_screenshot_as_base64()))
        driver.quit()


def take_figure(name: str) -> None:
    """Draw the static figure in few colours, so that the repository stays small."""
    content = BytesIO()
    plot_map("taixin").savefig(content, format="png", dpi=120)
    with tempfile.TemporaryDirectory() as profile:
        driver = _browser(profile)
        (IMAGES / name).write_bytes(
            indexed_png(driver, base64.b64encode(content.getvalue()).decode())
        )
        driver.quit()
    print(f"{name}: {(IMAGES / name).stat().st_size // 1024} KB")


def main() -> None:
    """Build the page once and take every picture."""
    IMAGES.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        page = Path(folder) / "taixin.html"
        build_map("taixin").save(page)
        days = Path(folder) / "scenario.html"
        compared = compare(
            load_network("taixin"),
            (112.7346, 38.4163),
            "2026-11-21",
            "2027-12-31",
            minutes=(30, 60, 90),
        )
        build_map("taixin", areas=compared).save(days)
        for source, name, width, height, script in [(page, *shot) for shot in SHOTS] + [
            (days, *shot) for shot in SCENARIO
        ]:
            take(source, name, width, height, script)
            print(f"{name}: {(IMAGES / name).stat().st_size // 1024} KB")
    take_figure("figure_a4.png")


if __name__ == "__main__":
    main()
