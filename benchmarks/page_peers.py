"""The same plots as pages of MapLibre and of folium, each one file that asks for nothing."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import folium
import numpy as np
import shapely

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "scripts"))
sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests" / "maps"))
from big_layer import plots
from vendor_assets import archive, unpacked

from sxgeo.maps.inline import escape_script, inline

MAPLIBRE = "5.24.1"
"""The newest MapLibre whose package holds a script that a page without a server can run."""
_PAGE = """<!doctype html><html><head><meta charset="utf-8"><style>{sheet}
html, body, #map {{ margin: 0; height: 100% }}</style></head><body><div id="map"></div>
<script>{library}</script>
<script type="application/json" id="plots">{plots}</script>
<script>
const data = JSON.parse(document.getElementById('plots').textContent);
const map = new maplibregl.Map({{
  container: 'map', bounds: {bounds}, attributionControl: false,
  style: {{version: 8, sources: {{plots: {{type: 'geojson', data}}}}, layers: [
    {{id: 'fill', type: 'fill', source: 'plots', paint: {{'fill-color': '#a88400', 'fill-opacity': 0.3}}}},
    {{id: 'line', type: 'line', source: 'plots', paint: {{'line-color': '#a88400'}}}}]}},
}});
map.once('idle', () => {{ window.drawn = true; }});
</script></body></html>
"""
_FRAMES = "requestAnimationFrame(() => requestAnimationFrame(() => { window.drawn = true; }));"


def _collection(count: int) -> tuple[dict[str, object], list[float]]:
    """The plots of `big_layer` with their names as GeoJSON, to 5 decimals as our drawing copy has
    them; and their bounds.
    """
    shapes = plots(count)
    corners = shapely.transform(shapes, lambda xy: np.round(xy, 5))
    features = [
        {
            "type": "Feature",
            "properties": {"id": f"PBF-{i:06d}", "name": f"基本农田图斑{i:06d}"},
            "geometry": json.loads(text),
        }
        for i, text in enumerate(shapely.to_geojson(corners))
    ]
    return {"type": "FeatureCollection", "features": features}, shapely.total_bounds(
        shapes
    ).tolist()


def _text(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def maplibre_page(count: int, target: Path) -> None:
    """Write a page that MapLibre draws from GeoJSON that stands in it."""
    files = unpacked(archive("maplibre-gl", MAPLIBRE))
    collection, bounds = _collection(count)
    page = _PAGE.format(
        sheet=files["dist/maplibre-gl.css"].decode(),
        library=escape_script(files["dist/maplibre-gl.js"].decode()),
        plots=_text(collection),
        bounds=_text(bounds),
    )
    target.write_text(page, "utf-8")


def folium_page(count: int, target: Path, *, canvas: bool) -> None:
    """Write a page of folium: a `GeoJson` of the plots with their names in popups."""
    collection, (west, south, east, north) = _collection(count)
    page = folium.Map(tiles=None, prefer_canvas=canvas, attribution_control=False)
    folium.GeoJson(
        collection,
        style_function=lambda _: {"color": "#a88400", "weight": 1},
        popup=folium.GeoJsonPopup(["id", "name"]),
    ).add_to(page)
    page.fit_bounds([[south, west], [north, east]])
    root = page.get_root()
    root.script.add_child(folium.Element(_FRAMES))  # type: ignore[attr-defined]
    target.write_text(inline(page), "utf-8")


PEERS = {
    "MapLibre": maplibre_page,
    "folium": lambda count, target: folium_page(count, target, canvas=False),
    "folium, canvas": lambda count, target: folium_page(count, target, canvas=True),
}
