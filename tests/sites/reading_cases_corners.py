"""Points of vector files that may be the corners of a plot: see reading_cases."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from reading_cases import Case, written
from reading_cases_tables import DATUM, LONLAT

KIND = "vector: points that may be corners"
CASES: list[Case] = []
RING = (*LONLAT, LONLAT[0])
PLACES = ((112.71, 38.15), (112.74, 38.11), (112.68, 38.19), (112.77, 38.16))
"""Sites of their own, far from each other; no ring goes through them in their order."""
LETTERS = ("J1", "J2", "J3", "J4", "J5")


def geojson(points: Sequence[tuple[float, float]], more: Sequence[Any] = (), **columns: Any) -> str:
    features = [
        {
            "type": "Feature",
            "properties": {name: values[k] for name, values in columns.items()},
            "geometry": {"type": "Point", "coordinates": list(point)},
        }
        for k, point in enumerate(points)
    ]
    return json.dumps({"type": "FeatureCollection", "features": [*features, *more]})


def kml(points: Sequence[tuple[float, float]], names: Sequence[str], more: str = "") -> str:
    marks = "".join(
        f"<Placemark><name>{name}</name><Point><coordinates>{x},{y}</coordinates></Point>"
        "</Placemark>"
        for name, (x, y) in zip(names, points, strict=False)
    )
    return f'<kml xmlns="http://www.opengis.net/kml/2.2"><Document>{marks}{more}</Document></kml>'


def gpx(points: Sequence[tuple[float, float]], names: Sequence[str]) -> str:
    marks = "".join(
        f'<wpt lat="{y}" lon="{x}"><name>{name}</name></wpt>'
        for name, (x, y) in zip(names, points, strict=False)
    )
    return f'<gpx xmlns="http://www.topografix.com/GPX/1/1" version="1.1">{marks}</gpx>'


def saved(
    file: str, points: Sequence[tuple[float, float]], **columns: Any
) -> Callable[[Path], Path]:
    def build(folder: Path) -> Path:
        import geopandas as gpd
        import shapely

        shapes = [shapely.Point(point) for point in points]
        frame = gpd.GeoDataFrame(columns, geometry=shapes, crs="EPSG:4490")
        (frame.to_parquet if file.endswith(".parquet") else frame.to_file)(folder / file)
        return folder / file

    return build


def case(
    name: str,
    build: Callable[[Path], Path],
    right: Any,
    assume: Mapping[str, str] = DATUM,
    **more: Any,
) -> None:
    CASES.append(Case(name, KIND, build, right, **{"assume": assume, "meets": False, **more}))


def corners(name: str, build: Callable[[Path], Path], points: int = 4) -> None:
    """A case in doubt, and the two answers that settle it."""
    case(name, build, "doubt", settled_by={"shape": "ring"})
    case(f"{name}_ring", build, "read", {**DATUM, "shape": "ring"}, meets=True)
    as_points = {**DATUM, "shape": "points"}
    case(f"{name}_points", build, "read", as_points, area_ha=0.0, sites=points)


for column, values in (
    ("点号", LETTERS),
    ("name", ("1", "2", "3", "4")),
    ("名称", ("甲", "乙", "丙", "丁")),
    ("Name", ("东北角", "东南角", "西南角", "西北角")),
    ("ORIG_FID", (0, 0, 0, 0)),
    ("name", ("某项目",) * 4),
    ("vertex_index", (0, 1, 2, 3)),
):
    corners(
        f"corners_{column}_{values[0]}.geojson",
        written("a.geojson", geojson(LONLAT, **{column: values})),
    )
corners(
    "corners_by_id.geojson", written("a.geojson", geojson(LONLAT, 编号=("J1", "J2", "J3", "J4")))
)
AWAY = [(x + 0.02, y) for x, y in LONLAT]
CLOSED_TWICE = [*LONLAT, LONLAT[0], *AWAY, AWAY[0]]
for name, points, columns in (
    ("labels_again", [*LONLAT, *AWAY], {"name": LETTERS[:4] * 2}),
    ("numbers_again", [*LONLAT, *AWAY], {"name": ("1", "2", "3", "4") * 2}),
    ("labels_that_close", CLOSED_TWICE, {"name": ("J1", "J2", "J3", "J4", "J1") * 2}),
    ("a_column_of_labels", [*LONLAT, *AWAY], {"点号": (1, 2, 3, 4) * 2}),
):
    # where labels begin anew, another plot begins
    build = written("a.geojson", geojson(points, **columns))
    case(f"two_plots_by_{name}", build, "doubt", settled_by={"shape": "ring"}, area_ha=72.0)
    told = {**DATUM, "shape": "ring"}
    case(f"two_plots_by_{name}_ring", build, "read", told, area_ha=72.0, sites=2, meets=True)
MANY = ", ".join(f"{x} {y}" for x, y in LONLAT)
BRACKETS = ", ".join(f"({x} {y})" for x, y in RING)
corners("corners.wkt", written("a.wkt", f"MULTIPOINT ({MANY})"), 1)
corners("corners_in_a_cell.csv", written("a.csv", f'名称,WKT\n甲,"MULTIPOINT ({BRACKETS})"\n'), 1)
corners(
    "corners_in_one_feature.geojson",
    written("a.geojson", json.dumps({"type": "MultiPoint", "coordinates": LONLAT})),
    1,
)
shuffled = [LONLAT[k] for k in (2, 0, 3, 1)]
corners(
    "corners_out_of_order.geojson",
    written("a.geojson", geojson(shuffled, vertex_index=(2, 0, 3, 1))),
)
corners("corners.kml", written("a.kml", kml(LONLAT, LETTERS)))
corners("corners.gpx", written("a.gpx", gpx(LONLAT, LETTERS)))
corners("corners_closed.gpx", written("a.gpx", gpx(RING, ("甲厂", "乙", "丙", "丁", "戊"))), 5)
corners("corners.parquet", saved("a.parquet", LONLAT, 点号=LETTERS[:4]))
corners("corners.shp", saved("a.shp", LONLAT, name=LETTERS[:4]))
corners("corners.gpkg", saved("a.gpkg", LONLAT, 界址点号=[1, 2, 3, 4]))
corners("corners.fgb", saved("a.fgb", LONLAT, 地块编号=["A"] * 4, 拐点序号=[1, 2, 3, 4]))
for name, columns in (
    ("names", {"name": ("甲厂", "乙厂", "丙厂", "丁厂")}),
    ("ids", {"id": (1, 2, 3, 4)}),
    ("site_ids", {"site_id": ("S1", "S2", "S3", "S4")}),
    ("nothing", {"备注": ("", "", "", "")}),
    ("numbered_names", {"name": ("备选1", "备选2", "备选3", "备选4")}),
    ("one_name", {"name": ("备选地块",) * 4}),
    ("rows_of_a_list", {"序号": (1, 2, 3, 4), "名称": ("甲厂", "乙厂", "丙厂", "丁厂")}),
):
    case(
        f"places_of_{name}",
        written("a.geojson", geojson(PLACES, **columns)),
        "read",
        area_ha=0.0,
        sites=4,
    )
case(
    "three_places_that_count_up",
    written("a.geojson", geojson(PLACES[:3], name=("A", "B", "C"))),
    "read",
    area_ha=0.0,
    sites=3,
)
case(
    "two_numbered_places", written("a.gpx", gpx(PLACES[:2], LETTERS)), "read", area_ha=0.0, sites=2
)
case(
    "places_of_one_feature.wkt",
    written("a.wkt", "MULTIPOINT (112.71 38.15, 112.74 38.11, 112.68 38.19, 112.77 38.16)"),
    "read",
    area_ha=0.0,
)
SQUARE = {"type": "Polygon", "coordinates": [[list(point) for point in RING]]}
PLOT = {"type": "Feature", "properties": {"name": "地块"}, "geometry": SQUARE}
case(
    "corners_of_a_plot_beside",
    written("a.geojson", geojson(LONLAT, [PLOT], name=LETTERS)),
    "read",
    sites=5,
    meets=True,
)
