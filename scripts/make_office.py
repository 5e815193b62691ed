"""Write the made-up folder of an office, examples/office: twelve layers with the field names of the
national standards.

Nothing in it is real: the shapes are squares on a grid in one county, drawn from a seed.
`--features` sets how many there are in all, for trials at size; `-o` another folder.
"""

from __future__ import annotations

import argparse
import random
from pathlib import Path
from typing import Any

import geopandas as gpd
import pyogrio
import shapely

PLANE = "EPSG:4547"
"""CGCS2000, three-degree zone of 114 E."""
CENTRE = (389_300.0, 4_220_700.0)
"""East and north of the middle, in metres: in Yangqu county."""
CELL_M = 60.0
SEED = 20261121
FEATURES = 600
SHARES = {"farmland": 0.35, "land_use": 0.35, "redline": 0.08, "forest": 0.1, "urban": 0.06}
"""Of all features, how many each large layer has; what is left are the small ones."""


def main() -> None:
    """Write the folder."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "-o", "--output", type=Path, default=Path(__file__).resolve().parents[1] / "examples/office"
    )
    parser.add_argument("--features", type=int, default=FEATURES, metavar="N")
    args = parser.parse_args()
    make_office(args.output, features=args.features)
    print(args.output)


def make_office(folder: Path, *, features: int = FEATURES) -> None:
    """Write the twelve layers into a folder."""
    pyogrio.set_gdal_config_options({"OGR_CURRENT_DATE": "2026-11-21T00:00:00.000Z"})
    chance = random.Random(SEED)
    counts = {name: max(4, int(share * features)) for name, share in SHARES.items()}
    columns = max(20, int(features**0.5))
    farmland = _grid(counts["farmland"], columns, (-3000.0, 500.0))
    _write(
        folder / "三区三线/永久基本农田.shp",
        farmland,
        BSM=[f"14012200{n:06d}" for n in range(1, len(farmland) + 1)],
        YSDM=["2005010300"] * len(farmland),
        YJJBNTTBBH=[f"YN{n:05d}" for n in range(1, len(farmland) + 1)],
        DLBM=[chance.choice(("0101", "0102", "0103")) for _ in farmland],
        YJJBNTMJ=[CELL_M**2] * len(farmland),
    )
    redline = _grid(counts["redline"], columns, (-3000.0, -4000.0))
    _write(
        folder / "三区三线/生态保护红线.shp",
        redline,
        BSM=[f"14012201{n:06d}" for n in range(1, len(redline) + 1)],
        HXMC=["示例山水源涵养生态保护红线"] * len(redline),
        HXLX=["水源涵养"] * len(redline),
    )
    urban = _grid(counts["urban"], columns, (-3000.0, -1500.0))
    _write(
        folder / "三区三线/城镇开发边界.shp",
        urban,
        BSM=[f"14012202{n:06d}" for n in range(1, len(urban) + 1)],
        GHFQMC=[
            ("集中建设区", "集中建设区", "弹性发展区", "特别用途区")[n % 4]
            for n in range(len(urban))
        ],
    )
    heritage = _spots(chance, 6)
    names = [f"示例{word}遗址" for word in "甲乙丙丁戊己"]
    same = {
        "WWBH": [f"WW-{n:03d}" for n in range(1, 7)],
        "WWMC": names,
        "WWJB": ["省级", "市级"] * 3,
    }
    _write(
        folder / "文物/文物保护范围.shp",
        [shapely.box(*p.buffer(80).bounds) for p in heritage],
        **same,
    )
    _write(
        folder / "文物/文物建设控制地带.shp",
        [shapely.box(*p.buffer(180).bounds) for p in heritage],
        **same,
    )
    wells = [p for p in _spots(chance, 2) for _ in range(3)]
    radii = (100, 400, 900) * 2
    rings = [shapely.box(*p.buffer(r).bounds) for p, r in zip(wells, radii, strict=True)]
    inner: list[Any] = [None, *rings[:-1]]
    rings = [r if n % 3 == 0 else r.difference(inner[n]) for n, r in enumerate(rings)]
    _write(
        folder / "生态环境/饮用水水源保护区.shp",
        rings,
        BH=[f"SY-{n // 3 + 1}-{n % 3 + 1}" for n in range(6)],
        SYDMC=[f"示例{'一二'[n // 3]}号水源地" for n in range(6)],
        BHQFJ=["一级保护区", "二级保护区", "准保护区"] * 2,
    )
    park = _grid(4, 2, (-6000.0, -6000.0), size_m=400.0)
    _write(
        folder / "林草/自然保护地.gpkg",
        park,
        BHDBH=["ZR-1", "ZR-2", "ZR-3", "ZR-4"],
        BHDMC=["示例山自然保护区"] * 2 + ["示例森林公园"] * 2,
        BHDLX=["省级自然保护区"] * 2 + ["国家森林公园"] * 2,
        GNFQ=["核心保护区", "一般控制区", "一般控制区", "一般控制区"],
    )
    forest = _grid(counts["forest"], columns, (-3000.0, -6500.0))
    _write(
        folder / "林草/公益林.shp",
        forest,
        GYLBH=[f"GY{n:05d}" for n in range(len(forest))],
        MC=["公益林小班"] * len(forest),
    )
    river = [shapely.LineString([(0, -9000), (1500, -8000), (4000, -8200)]).buffer(60, quad_segs=4)]
    _write(folder / "水利/河道管理范围.geojson", _moved(river), BH=["HD-1"], MC=["示例河"])
    hazards = _grid(3, 3, (4500.0, -9000.0), size_m=150.0)
    _write(
        folder / "地灾/地质灾害易发区.shp", hazards, BH=["DZ-1", "DZ-2", "DZ-3"], MC=[f"示例{n}号易发区" for n in (1, 2, 3)],
    )  # fmt: skip
    roads = [
        shapely.LineString([(-6500, -5200), (9000, -5200)]),
        shapely.LineString([(7500, -9500), (7500, 6000)]),
    ]
    _write(
        folder / "交通/公路中心线.shp",
        _moved(roads),
        BH=["G-1", "S-1"],
        MC=["示例国道", "示例省道"],
        LX=["国道", "省道"],
    )
    land = _grid(counts["land_use"], columns, (-3000.0, -2700.0))
    codes = [chance.choice(("0101", "0103", "0301", "0702", "1003", "1006")) for _ in land]
    zh = {
        "0101": "水田",
        "0103": "旱地",
        "0301": "乔木林地",
        "0702": "农村宅基地",
        "1003": "公路用地",
        "1006": "农村道路",
    }
    _write(
        folder / "国土变更调查/DLTB.shp",
        land,
        BSM=[f"14012209{n:06d}" for n in range(1, len(land) + 1)],
        TBBH=[str(n) for n in range(1, len(land) + 1)],
        DLBM=codes,
        DLMC=[zh[code] for code in codes],
        QSXZ=[chance.choice(("20", "30")) for _ in land],
        ZLDWMC=[f"示例{chance.choice('东西南北')}村" for _ in land],
        KCXS=[0.1 if code == "0103" else 0.0 for code in codes],
    )


def _grid(
    count: int, columns: int, corner: tuple[float, float], *, size_m: float = CELL_M
) -> list[Any]:
    """Squares side by side, row upon row from the lower left corner."""
    places = [(n % columns, n // columns) for n in range(count)]
    west, south = corner
    return _moved(
        [
            shapely.box(
                west + x * size_m,
                south + y * size_m,
                west + (x + 1) * size_m,
                south + (y + 1) * size_m,
            )
            for x, y in places
        ]
    )


def _spots(chance: random.Random, count: int) -> list[Any]:
    return _moved(
        [
            shapely.Point(chance.uniform(-8000, 8000), chance.uniform(3000, 8000))
            for _ in range(count)
        ]
    )


def _moved(shapes: list[Any]) -> list[Any]:
    return [shapely.transform(shape, lambda xy: xy + CENTRE) for shape in shapes]


def _write(path: Path, shapes: list[Any], **columns: Any) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.unlink(missing_ok=True)
    frame = gpd.GeoDataFrame(columns, geometry=shapes, crs=PLANE)
    if path.suffix == ".geojson":
        frame = frame.to_crs("EPSG:4490")
        frame.to_file(path, engine="pyogrio", COORDINATE_PRECISION=8)
    elif path.suffix == ".gpkg":
        frame.to_file(path, engine="pyogrio", layer="ZRBHD")
    else:
        frame.to_file(path, engine="pyogrio", encoding="GBK")


if __name__ == "__main__":
    main()
