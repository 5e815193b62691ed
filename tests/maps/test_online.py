"""Online backgrounds: what a template may be, what the policy allows, what is asked for in a real
browser, where tiles land.
"""

from __future__ import annotations

import http.server
import math
import re
import shutil
import struct
import subprocess
import sys
import threading
import time
import zlib

import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from test_browser import FLAGS, Opened, missing

from sxgeo.cli import main
from sxgeo.errors import InputError, UsageError
from sxgeo.geometry.datums import from_encrypted
from sxgeo.geometry.projection import plane_crs, to_plane
from sxgeo.maps import build_map, inline, online
from sxgeo.maps.online import (
    NAMES,
    TOKEN,
    interpolated,
    origin_of,
    remaining_error_m,
    shift_grid,
    tile_source,
)

BOUNDS = (112.0, 37.5, 113.0, 38.5)
MADE_UP = "0123456789abcdef0123456789abcdef"


@pytest.mark.parametrize(
    ("template", "origin"),
    [
        ("http://10.1.2.3:8080/t/{z}/{x}/{y}.png", "http://10.1.2.3:8080"),
        ("https://Tiles.Example.cn/wmts?z={z}&r={y}&c={x}", "https://tiles.example.cn"),
        ("http://[fd00::1]:90/{z}/{x}/{-y}.jpg", "http://[fd00::1]:90"),
        ("http://gis-server/{z}/{y}/{x}", "http://gis-server"),
    ],
)
def test_a_template_with_its_three_places_is_taken(template, origin):
    assert origin_of(template) == origin
    assert tile_source(template, BOUNDS).urls == (template,)


@pytest.mark.parametrize(
    ("template", "words"),
    [
        ("ftp://host/{z}/{x}/{y}", "neither http nor https"),
        ("javascript:alert(1)//{z}{x}{y}", "neither http nor https"),
        ("http://host/{z}/{x}.png", "must hold {z}, {x} and {y}"),
        ("http://host/{z}/{x}/{y}/{y}", "once each"),
        ("http://{s}.host/{z}/{x}/{y}", "its host must be written out"),
        ("http://me:secret@host/{z}/{x}/{y}", "carries a user name"),
        ("http:///{z}/{x}/{y}", "names no host"),
        ("http://host;script-src/{z}/{x}/{y}", "names no host"),
        ("http://host *.evil.cn/{z}/{x}/{y}", "names no host"),
        ("http://*/{z}/{x}/{y}", "names no host"),
        ("http://host:99999/{z}/{x}/{y}", "is no URL"),
        ("http://host/{z}/{x}/{y}?q='><script>", "characters that no URL has"),
        ("http://host/{z}/{x}/{y}#a", "a '#'"),
        ("openstreetmap", "neither http nor https"),
    ],
)
def test_anything_else_is_refused_with_the_reason_and_the_way_out(template, words):
    with pytest.raises(UsageError, match=re.escape(words)) as told:
        origin_of(template)
    assert "tianditu" in str(told.value)


@settings(max_examples=200)
@given(
    text=st.text(max_size=60)
    | st.from_regex(r"https?://[ -~]{0,30}/\{z\}/\{x\}/\{y\}", fullmatch=True)
)
def test_no_template_can_widen_the_policy_by_more_than_one_origin(text):
    try:
        origin = origin_of(text)
    except UsageError:
        return
    assert re.fullmatch(r"https?://[A-Za-z0-9.\[\]:-]+", origin)
    assert text.lower().startswith(origin)


def test_the_policy_names_exactly_the_one_origin_and_the_default_page_none():
    page = build_map("taixin_taiyuan", tiles="http://10.1.2.3:8080/t/{z}/{x}/{y}.png").to_html()
    policy = re.search(r'Content-Security-Policy" content="([^"]+)"', page)[1]
    assert "img-src data: blob: http://10.1.2.3:8080;" in policy
    assert policy.count("http") == 1
    plain = build_map("taixin_taiyuan").to_html()
    policies = [
        re.sub(r"'sha256-[^']+'", "", re.search(r'content="(default-src[^"]+)"', p)[1])
        for p in (page, plain)
    ]
    assert policies[0].replace(" http://10.1.2.3:8080", "") == policies[1]
    assert "http" not in policies[1]


def test_a_folium_map_is_not_given_an_origin_that_is_none():
    import folium

    with pytest.raises(InputError, match=r"no origins of the form.*\n.*script-src"):
        inline(folium.Map(tiles=None), images_from=["https://a.cn; script-src *"])


def test_the_face_says_that_the_page_is_online_and_that_the_background_decides_nothing():
    notices = tile_source("http://10.1.2.3/t/{z}/{x}/{y}", BOUNDS).notices
    assert "联网底图" in notices[0]
    assert "http://10.1.2.3" in notices[0]
    assert "不参与核查" in notices[0]


def test_a_page_with_a_token_says_so_and_no_error_shows_it(monkeypatch, capsys, tmp_path):
    source = tile_source("tianditu", BOUNDS, {TOKEN: MADE_UP})
    assert all(url.endswith(f"&tk={MADE_UP}") and "{z}" in url for url in source.urls)
    assert [url.split("/")[3] for url in source.urls] == ["vec_w", "cva_w"]
    assert source.origin == "https://t0.tianditu.gov.cn"
    assert "令牌（密钥）" in source.notices[0]
    assert MADE_UP not in source.notices[0]
    monkeypatch.setenv(TOKEN, "short and wrong")
    assert (
        main(["map", "taixin_taiyuan", "--tiles", "tianditu-image", "-o", str(tmp_path / "a.html")])
        == 2
    )
    told = capsys.readouterr().err
    assert f"{TOKEN}, which does not look like one" in told
    assert "short and wrong" not in told
    monkeypatch.delenv(TOKEN)
    assert (
        main(["map", "taixin_taiyuan", "--tiles", "tianditu", "-o", str(tmp_path / "a.html")]) == 2
    )
    assert "which is not set" in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []


def test_the_offsets_are_those_of_the_librarys_own_conversion():
    pytest.importorskip("geocoordinates_ffi")
    grid = shift_grid(BOUNDS)
    lon, lat = grid["west"] + 3 * grid["step"], grid["south"] + 5 * grid["step"]
    back, _ = from_encrypted(shapely.Point(lon, lat), "GCJ-02")
    assert interpolated(grid, lon, lat) == pytest.approx((back.x - lon, back.y - lat), abs=2e-7)
    moved = to_plane(shapely.points([[lon, lat], [back.x, back.y]]), plane_crs(lon))
    assert 300 < shapely.distance(*moved) < 900  # what GCJ-02 moves in Shanxi


@settings(max_examples=30)
@given(lon=st.floats(112.0, 113.0), lat=st.floats(37.5, 38.5))
def test_between_the_points_of_the_grid_the_offset_is_right_to_two_metres(lon, lat):
    pytest.importorskip("geocoordinates_ffi")
    grid = GRID.setdefault("grid", shift_grid(BOUNDS))
    back, _ = from_encrypted(shapely.Point(lon, lat), "GCJ-02")
    dlon, dlat = interpolated(grid, lon, lat)
    off = to_plane(shapely.points([[lon + dlon, lat + dlat], [back.x, back.y]]), plane_crs(lon))
    assert shapely.distance(*off) < 2.0


GRID: dict[str, object] = {}


def test_the_remaining_error_is_told_and_grows_with_the_tile(capsys):
    pytest.importorskip("geocoordinates_ffi")
    grid = shift_grid(BOUNDS)
    errors = [remaining_error_m(BOUNDS, grid, zoom) for zoom in (16, 13, 10)]
    print("remaining error in metres at zoom 16, 13, 10:", errors)
    assert errors[0] < errors[1] < errors[2]
    assert errors[0] < 5
    words = tile_source("amap", BOUNDS).notices[0]
    assert f"至多约{errors[0]:.0f}米（16级）、{errors[2]:.0f}米（10级）" in words
    assert "GCJ-02" in words


def test_amap_without_the_conversion_names_the_extra():
    code = (
        "import sys; sys.modules['geocoordinates_ffi'] = None\nimport sxgeo\ntry:\n   "
        " sxgeo.build_map('taixin_taiyuan', tiles='amap')\nexcept sxgeo.InputError as error:\n   "
        " print(error)\n"
    )
    told = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, encoding="utf-8", check=True
    )
    assert "sxgeo[datum]" in told.stdout


def test_an_unknown_name_lists_the_known_ones_and_all_refuses_tiles(capsys):
    assert main(["map", "--tiles", "bing"]) == 2
    told = capsys.readouterr().err
    assert all(name in told for name in NAMES)
    assert main(["map", "--all", "--tiles", "amap"]) == 2
    assert "are for the map of one zone" in capsys.readouterr().err


def picture(size=256):
    """A grey PNG."""
    raw = b"".join(b"\0" + bytes([180]) * size for _ in range(size))
    chunks = (
        (b"IHDR", struct.pack(">2I5B", size, size, 8, 0, 0, 0, 0)),
        (b"IDAT", zlib.compress(raw)),
        (b"IEND", b""),
    )
    body = b"".join(
        struct.pack(">I", len(d)) + k + d + struct.pack(">I", zlib.crc32(k + d)) for k, d in chunks
    )
    return b"\x89PNG\r\n\x1a\n" + body


class Server:
    """A tile server on this machine that keeps what it was asked for."""

    def __init__(self) -> None:
        asked = self.asked = []

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                asked.append(self.path)
                self.send_response(200)
                self.send_header("Content-Type", "image/png")
                self.end_headers()
                self.wfile.write(picture())

            def log_message(self, *args):
                pass

        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.origin = f"http://127.0.0.1:{self._server.server_address[1]}"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()


@pytest.fixture
def server():
    one = Server()
    yield one
    one.close()


@pytest.fixture
def stranger():
    one = Server()
    yield one
    one.close()


@pytest.fixture(scope="module")
def browser(tmp_path_factory):
    """A browser that reaches this machine and nothing else."""
    chromium = next(
        filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None
    )
    if chromium is None or shutil.which("chromedriver") is None:
        missing("Chromium with chromedriver")
    webdriver = pytest.importorskip("selenium.webdriver")
    options = webdriver.ChromeOptions()
    options.binary_location = chromium
    flags = [f for f in FLAGS if "resolver" not in f] + [
        "--host-resolver-rules=MAP * ~NOTFOUND , EXCLUDE 127.0.0.1"
    ]
    for flag in (*flags, f"--user-data-dir={tmp_path_factory.mktemp('profile')}"):
        options.add_argument(flag)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
    driver = webdriver.Chrome(
        options=options, service=webdriver.ChromeService(shutil.which("chromedriver"))
    )
    yield driver
    driver.quit()


def until(true, seconds=10.0):
    end = time.monotonic() + seconds
    while not true() and time.monotonic() < end:
        time.sleep(0.05)
    return true()


FETCH_OTHER = """
window.blocked = []; document.addEventListener('securitypolicyviolation', e => window.blocked.push(e.blockedURI));
const image = new Image(); image.src = arguments[0] + '/other.png'; document.body.append(image);
"""


@pytest.mark.browser
def test_tiles_come_from_the_named_server_and_the_policy_blocks_every_other(
    browser, server, stranger, tmp_path
):
    path = tmp_path / "map.html"
    build_map("taixin_taiyuan", tiles=server.origin + "/tiles/{z}/{x}/{y}.png").save(path)
    page = Opened(browser, path)
    assert until(lambda: len(server.asked) >= 6)
    assert all(re.fullmatch(r"/tiles/\d+/\d+/\d+\.png", asked) for asked in server.asked)
    assert {url.split("/tiles/")[0] for url in page.requests()} == {server.origin}
    assert until(
        lambda: page.run("return document.querySelectorAll('img.leaflet-tile-loaded').length") >= 6
    )
    page.run(FETCH_OTHER, stranger.origin)
    assert until(lambda: page.run("return window.blocked.length") > 0)
    assert page.run("return window.blocked[0]").startswith(stranger.origin)
    assert stranger.asked == []
    assert "联网底图" in page.run("return document.getElementById('sx-foot').innerText")
    box = "document.querySelector('input[data-layer=backdrop-tiles]')"
    page.run(f"{box}.click()")
    assert page.run("return document.querySelectorAll('img.leaflet-tile').length") == 0


@pytest.mark.browser
def test_negative_control_without_the_policy_the_other_server_would_be_asked(
    browser, server, stranger, tmp_path
):
    path = tmp_path / "open.html"
    page = build_map("taixin_taiyuan", tiles=server.origin + "/{z}/{x}/{y}").to_html()
    path.write_text(re.sub(r'<meta http-equiv="Content-Security-Policy"[^>]*>', "", page), "utf-8")
    opened = Opened(browser, path)
    opened.run(FETCH_OTHER, stranger.origin)
    assert until(lambda: stranger.asked == ["/other.png"])


PLACES = """
return [...document.querySelectorAll('img.leaflet-tile')].map(e => { const r = e.getBoundingClientRect(), m = sxgeo.map;
  const at = m.containerPointToLatLng([(r.left + r.right) / 2, (r.top + r.bottom) / 2]);
  return [e.src.split('/').slice(-3).map(Number), at.lng, at.lat, r.left, r.top, r.right, r.bottom]; });
"""


@pytest.mark.browser
@pytest.mark.parametrize("zoom", [10, 13, 16])
def test_a_tile_in_gcj_02_lies_where_its_centre_belongs_and_the_window_stays_covered(
    browser, server, tmp_path, monkeypatch, zoom
):
    pytest.importorskip("geocoordinates_ffi")
    monkeypatch.setattr(online, "_AMAP", server.origin + "/{z}/{x}/{y}")
    path = tmp_path / "map.html"
    build_map("taixin_taiyuan", tiles="amap").save(path)
    page = Opened(browser, path)
    page.run(f"sxgeo.map.setView([37.95, 112.55], {zoom}, {{animate: false}})")
    loaded = (
        "return [...document.querySelectorAll('img.leaflet-tile')].filter(e =>"
        " e.src.includes(arguments[0])).length"
    )
    assert until(lambda: page.run(loaded, f"/{zoom}/") >= 12)
    time.sleep(0.5)
    found = page.run(PLACES)
    metres_per_pixel = 40_075_016.686 * math.cos(math.radians(37.95)) / 256 / 2**zoom
    worst, unshifted = 0.0, math.inf
    for (z, x, y), lon, lat, *_ in found:
        there = online._corner(x + 0.5, y + 0.5, 2**z)
        right, _ = from_encrypted(shapely.Point(there), "GCJ-02")
        plane = plane_crs(lon)
        here, wanted, raw = to_plane(shapely.points([(lon, lat), (right.x, right.y), there]), plane)
        worst, unshifted = (
            max(worst, shapely.distance(here, wanted)),
            min(unshifted, shapely.distance(here, raw)),
        )
    assert worst < 2.0 + metres_per_pixel  # the grid's own error and the rounding to whole pixels
    assert unshifted > 300  # negative control: the tiles were moved at all
    window = shapely.box(0, 0, *page.run("return [innerWidth, innerHeight]"))
    covered = shapely.union_all(
        [
            shapely.box(*box).buffer(1.5)
            for *_, left, top, right, bottom in found
            for box in [(left, top, right, bottom)]
        ]
    )
    assert shapely.difference(window, covered).area < 1
