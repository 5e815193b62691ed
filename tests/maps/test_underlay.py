"""Hillshade and tiles under the static figure: they lie where the ground does, are told on the sheet, and a server that fails is named."""

from __future__ import annotations

import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from io import BytesIO

import geopandas as gpd
import numpy as np
import pytest
import shapely

from sxgeo.cli.main import main
from sxgeo.errors import InputError, UsageError
from sxgeo.workspace.boundaries import load_zone

pytest.importorskip("matplotlib")
rasterio = pytest.importorskip("rasterio")
from PIL import Image  # noqa: E402  (comes with matplotlib, which may be missing)

from sxgeo import plot_map  # noqa: E402
from sxgeo.maps.plot.sheet import lay_out  # noqa: E402
from sxgeo.maps.plot.underlay import Underlay, underlays  # noqa: E402

NO_AREAS = gpd.GeoDataFrame({"origin_id": [], "minutes": []}, geometry=[], crs="EPSG:4490")


@pytest.fixture
def dem(tmp_path):
    """Ridges along the parallels."""
    path = tmp_path / "ridges.tif"
    heights = 1500 + 700 * np.sin(np.linspace(0, 60, 300))[:, None] * np.ones((1, 300))
    place = rasterio.transform.from_bounds(110.5, 36.5, 115.0, 40.5, 300, 300)
    with rasterio.open(
        path, "w", driver="GTiff", width=300, height=300, count=1, dtype="float32", crs="EPSG:4490",
        transform=place,
    ) as file:  # fmt: skip
        file.write(heights.astype("float32"), 1)
    return path


class _Tiles(BaseHTTPRequestHandler):
    """Tiles whose colour is their column and row; zoom 9 is missing."""

    def do_GET(self) -> None:
        z, x, y = (int(part) for part in self.path.split(".")[0].split("/")[1:])
        self.server.asked.append((z, x, y))
        content = BytesIO()
        Image.new("RGB", (256, 256), (x % 256, y % 256, 90)).save(content, "PNG")
        self.send_response(404 if self.server.broken else 200)
        self.end_headers()
        if not self.server.broken:
            self.wfile.write(content.getvalue())

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def server():
    served = ThreadingHTTPServer(("127.0.0.1", 0), _Tiles)
    served.asked, served.broken = [], False
    threading.Thread(target=served.serve_forever, daemon=True).start()
    yield served
    served.shutdown()
    served.server_close()


def test_a_picture_lies_in_the_frame_where_its_ground_is():
    zone = load_zone("taixin").outline
    sheet = lay_out(zone, "a4")
    pixels = np.zeros((100, 100, 4), dtype="uint8")
    west, south, east, north = shapely.bounds(zone)
    pixels[40:60, 40:60] = (255, 0, 0, 255)
    laid = Underlay(pixels, (west, south, east, north), ()).on(sheet)
    rows, columns = np.nonzero(laid[..., 3])
    left, bottom, right, top = sheet.frame
    x = left + (columns.mean() + 0.5) / laid.shape[1] * (right - left)
    y = top - (rows.mean() + 0.5) / laid.shape[0] * (top - bottom)
    middle = sheet.shape(shapely.Point((west + east) / 2, (south + north) / 2))
    assert (x, y) == pytest.approx((middle.x, middle.y), abs=1.5)


def test_a_hillshade_darkens_the_land_and_is_told(dem):
    plain = plot_map("taixin", areas=NO_AREAS)
    shaded = plot_map("taixin", areas=NO_AREAS, hillshade=dem)
    one, two = (_pixels(figure) for figure in (plain, shaded))
    assert one.shape == two.shape and two.mean() < one.mean() - 1
    texts = "".join(text.get_text() for text in shaded.axes[0].texts)
    assert "地形晕渲（ridges.tif" in texts
    assert _pixels(plot_map("taixin", areas=NO_AREAS, hillshade=dem)).tobytes() == two.tobytes()


def _pixels(figure):
    content = BytesIO()
    figure.savefig(content, format="png", dpi=60)
    return np.asarray(Image.open(content).convert("RGB"))


def test_tiles_are_fetched_once_each_laid_in_their_place_and_named(server):
    zone = load_zone("taixin").outline
    template = f"http://127.0.0.1:{server.server_port}/{{z}}/{{x}}/{{y}}.png"
    (under,) = underlays(zone, hillshade=None, tiles=template)
    assert len(server.asked) == len(set(server.asked)) <= 64
    zoom = server.asked[0][0]
    lon, lat = 112.7346, 38.4163
    x = (lon + 180) / 360 * 2**zoom
    y = (1 - np.log(np.tan(np.pi / 4 + np.radians(lat) / 2)) / np.pi) / 2 * 2**zoom
    west, _, _, north = under.bounds
    first = round((west + 180) / 360 * 2**zoom)
    top = round((1 - np.log(np.tan(np.pi / 4 + np.radians(north) / 2)) / np.pi) / 2 * 2**zoom)
    pixel = under.pixels[int((y - top) * 256), int((x - first) * 256)]
    assert tuple(pixel) == (int(x) % 256, int(y) % 256, 90, 255)
    figure = plot_map("taixin", areas=NO_AREAS, tiles=template)
    texts = "".join(text.get_text() for text in figure.axes[0].texts)
    assert f"127.0.0.1:{server.server_port}" in texts and "不参与核查" in texts


def test_a_server_that_fails_leaves_no_file_and_no_token_in_the_words(server, tmp_path, capsys):
    server.broken = True
    template = f"http://127.0.0.1:{server.server_port}/{{z}}/{{x}}/{{y}}.png?tk=secret0123456789"
    with pytest.raises(InputError, match="cannot be had") as told:
        plot_map("taixin", areas=NO_AREAS, tiles=template)
    assert "secret" not in str(told.value)
    target = tmp_path / "map.png"
    assert main(["map", "-o", str(target), "--tiles", template]) == 3
    assert not target.exists() and "secret" not in capsys.readouterr().err


def test_tiles_in_gcj02_are_refused_for_a_figure():
    try:
        with pytest.raises(UsageError, match="which only the page does"):
            plot_map("taixin", areas=NO_AREAS, tiles="amap")
    except InputError as error:  # the package that converts GCJ-02 is missing
        pytest.skip(str(error))
