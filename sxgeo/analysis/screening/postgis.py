"""Layers, rules and results as SQL for PostGIS: exchange with offices that ask in SQL."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely

from ...boundaries.units import load_counties
from ...catalog import checked_date, load_catalog
from ...errors import InputError
from ...files.writing import write_lines
from ...geometry.projection import PLANE_SCALE, plane_crs
from ...geometry.straight import REPAIRED_M, laid_and_measured, laid_on_plane
from ...layers.classes import RESOURCE_COLUMNS
from ...layers.layers import load_layers
from ...layers.rules import load_rules
from ...model.project import Project
from ..conflicts.binding import binding
from ..conflicts.prepared import Ground, error_m, lay, prepare
from ..conflicts.relation import NOT_BOUND, is_coarse, required_m, spread_m
from ..conflicts.subzones import subzone_homes
from ..execution.job import arrow
from .copied import SCHEMA, SRID, copy, create, ewkb, table, text_of

if TYPE_CHECKING:
    from ...geometry.shapes import Shape, Shapes
    from ...layers.layers import Layer
    from ...layers.rules import Rule

_RULE_COLUMNS = (
    *(
        "rule_id",
        "resource_class",
        "resource_kind",
        "subzone",
        "project_types",
        "effect",
        "required_m",
        "comparison",
    ),
    *("condition", "law", "article", "in_force_from", "in_force_to", "verified", "binds", "source"),
)
_CLASS_COLUMNS = ("resource_class", "name_zh", "held", "located", "coverage", "complete_in")
_OPTION_COLUMNS = (
    *("resource_class", "feature_id", "rule_id", "required_m", "error_m", "extent_m"),
    *("strict", "coarse"),
)
_LAID_COLUMNS = ("feature_id", "plane", "laid")
_REACH = f"(required_m + own_error_m + error_m + {PLANE_SCALE} * required_m + extent_m)"

REACH_SQL = f"""
-- Every located record that is not missed at a site, with each rule that may bind it: what
-- `sxgeo check` tells beside the records that stand for their county alone. Distances are compared,
-- no buffer is drawn. `laid` is a shape on its plane with its edges where they are: an edge that is
-- straight in degrees is bent there, and ST_Transform would move its corners alone.
CREATE VIEW {SCHEMA}.within_reach AS
WITH pairs AS (
  SELECT s.row, s.site_id, s.accuracy_m + s.datum_error_m AS own_error_m,
         s.laid AS site, g.laid AS resource, o.*
  FROM {SCHEMA}.sites s
  JOIN {SCHEMA}.features_laid g ON g.plane = s.plane
  JOIN {SCHEMA}.options o ON o.feature_id = g.feature_id AND NOT o.coarse
  WHERE ST_DWithin(s.laid, g.laid, o.required_m * {1 + PLANE_SCALE} + s.accuracy_m
                   + s.datum_error_m + o.error_m + o.extent_m + 1)
), measured AS (
  SELECT *, ST_Distance(site, resource) AS distance_m,
         CASE WHEN ST_Dimension(site) = 2 AND ST_Dimension(resource) = 2
                   AND ST_Intersects(site, resource)
              THEN ST_Area(ST_Intersection(site, resource)) ELSE 0 END AS overlap_m2
  FROM pairs
)
SELECT row, site_id, resource_class, feature_id, rule_id, distance_m, overlap_m2, required_m
FROM measured
WHERE distance_m < {_REACH} OR (distance_m = {_REACH} AND NOT (strict AND required_m > 0));
"""


def write_postgis(
    path: str | Path,
    *,
    results: str | Path | None = None,
    layers: Sequence[Layer] | None = None,
    project: Project | None = None,
    as_of: str | None = None,
) -> Path:
    """Write a script for ``psql``: schema `sxgeo` with classes, features, rules, options, results,
    and the join in SQL.

    Parameters
    ----------
    path
        A new ``.sql`` file.
    results
        The ``.parquet`` file of :func:`sxgeo.screen`; its findings are read from beside it. None
        writes no results.
    layers
        None takes the bundled ones.
    project
        What is to be built; None says nothing.
    as_of
        ISO date; None takes the date of the data.

    Returns
    -------
    Path
        The script. It drops a schema `sxgeo` that is there and makes it anew, all in one
        transaction.

    Raises
    ------
    InputError
        If the results cannot be read or the script cannot be written.
    UsageError
        If the date is wrong, or pyarrow is not installed.
    """
    on = checked_date(as_of)
    held = list(load_layers() if layers is None else layers)
    return write_lines(
        _script(
            held,
            load_rules(),
            project or Project(),
            on,
            _results(results),
        ),
        path,
    )


def _results(path: str | Path | None) -> tuple[Any, Any] | None:
    if path is None:
        return None
    sites = Path(path)
    findings = sites.with_name(f"{sites.stem}.findings.parquet")
    parquet = arrow("pyarrow.parquet")
    try:
        return parquet.ParquetFile(str(sites)), parquet.ParquetFile(str(findings))
    except (OSError, ValueError) as error:
        raise InputError(
            f"results '{sites}' cannot be read ({str(error).splitlines()[0]}); name the .parquet"
            f" file of a run, with its '{findings.name}' beside it"
        ) from error


def _script(
    layers: Sequence[Layer],
    rules: Sequence[Rule],
    project: Project,
    as_of: str,
    results: tuple[Any, Any] | None,
) -> Iterator[str]:
    yield f"-- sxgeo, data of {load_catalog().data_date}, rules in force on {as_of}\n"
    yield "\\set ON_ERROR_STOP on\nSET client_encoding = 'UTF8';\nBEGIN;\n"
    yield "CREATE EXTENSION IF NOT EXISTS postgis;\n"
    yield f"DROP SCHEMA IF EXISTS {SCHEMA} CASCADE;\nCREATE SCHEMA {SCHEMA};\n"
    yield from table("classes", _CLASS_COLUMNS, _classes(layers))
    yield from table("features", (*RESOURCE_COLUMNS, "geom"), _features(layers), key="feature_id")
    yield from table("rules", _RULE_COLUMNS, _rules(rules, as_of), key="rule_id")
    yield from table("options", _OPTION_COLUMNS, _options(layers, rules, project, as_of))
    yield f"CREATE INDEX ON {SCHEMA}.features USING gist (geom);\n"
    if results is not None:
        yield from _result_tables(layers, *results)
    yield "COMMIT;\nANALYZE;\n"


def _result_tables(
    layers: Sequence[Layer],
    sites: Any,
    findings: Any,
) -> Iterator[str]:
    """Yield the tables of a run, and the records on the planes of its sites."""
    yield from _sites_table(sites)
    yield from _findings_table(findings)

    # sites stand on planes of their own: a record is laid on each that has one
    yield from table("features_laid", _LAID_COLUMNS, _laid(layers, _planes(sites)))
    yield f"CREATE INDEX ON {SCHEMA}.features_laid USING gist (laid);\n"
    yield REACH_SQL


def _classes(layers: Sequence[Layer]) -> Iterator[tuple[Any, ...]]:
    for layer in layers:
        spec = layer.spec
        yield (
            spec.id,
            spec.name_zh,
            layer.held,
            layer.located,
            ";".join(spec.coverage),
            ";".join(spec.complete_in),
        )


def _features(layers: Sequence[Layer]) -> Iterator[tuple[Any, ...]]:
    for layer in layers:
        for record, shape in zip(layer.records, layer.shapes, strict=True):
            yield (*(record[name] for name in RESOURCE_COLUMNS), ewkb(shape))


def _rules(rules: Sequence[Rule], as_of: str) -> Iterator[tuple[Any, ...]]:
    for rule in rules:
        if rule.in_force(as_of):
            yield tuple(getattr(rule, name) for name in _RULE_COLUMNS)


def _options(
    layers: Sequence[Layer],
    rules: Sequence[Rule],
    project: Project,
    as_of: str,
) -> Iterator[tuple[Any, ...]]:
    """Say which rules may bind which record, and the record's own part of the error."""
    ground = Ground.on_plane(load_counties(neighbours=True), "EPSG:4547")
    for layer in layers:
        own = [rule for rule in rules if rule.resource_class == layer.spec.id]
        bound = [(rule, binding(rule, project)) for rule in own if rule.in_force(as_of)]
        ready = prepare(
            lay(layer, ground), bound, ground, project=project, homes=subzone_homes(own)
        )
        for record, options in zip(ready.records, ready.options, strict=True):
            for rule, _, _ in options:
                # one that nothing binds is told where it is touched, and reaches nowhere
                if rule is not NOT_BOUND:
                    yield _option(record, rule, layer.spec.id, project)


def _option(
    record: Mapping[str, Any],
    rule: Rule,
    class_id: str,
    project: Project,
) -> tuple[Any, ...]:
    return (
        class_id,
        record["feature_id"],
        rule.rule_id or None,
        required_m(rule, project),
        error_m(record),
        spread_m(record),
        rule.comparison != "within_le",
        is_coarse(record),
    )


def _planes(sites: Any) -> list[str]:
    """Name the planes on which distances to the sites are judged."""
    found: set[str] = set()
    for group in sites.iter_batches(columns=["geometry"]):
        shapes = _shapes(group.column("geometry"))
        lon = shapely.get_x(shapely.centroid(shapes[~shapely.is_missing(shapes)]))
        found.update(plane_crs(float(x)) for x in lon)
    return sorted(found)


def _laid(layers: Sequence[Layer], planes: Sequence[str]) -> Iterator[tuple[Any, ...]]:
    """Lay every located record on every plane, its edges where they are."""
    for plane in planes:
        for layer in layers:
            shapes, moved_m = laid_and_measured(layer.shapes, plane)
            for record, shape, moved in zip(layer.records, shapes, moved_m, strict=True):
                if shape is not None and moved <= REPAIRED_M:
                    srid = _srid(plane)
                    yield record["feature_id"], srid, ewkb(shape, srid)


def _srid(plane: str) -> int:
    return int(plane.partition(":")[2])


def _shapes(column: Any) -> Shapes:
    shapes: Shapes = shapely.from_wkb(np.array(column.to_pylist(), dtype=object))
    return shapes


def _sites_table(file: Any) -> Iterator[str]:
    """Write the sites, each in degrees and as it lies on the plane on which it was judged."""
    schema = file.schema_arrow
    names = [name for name in schema.names if name not in ("geometry", "bbox")]
    kinds = {name: _kind_of(schema.field(name).type) for name in names}
    shaped = {
        "geom": f"geometry(Geometry, {SRID})",
        "plane": "integer",
        "laid": "geometry",
    }
    yield create("sites", kinds | shaped, "row")
    yield copy("sites", [*kinds, *shaped])
    for group in file.iter_batches(columns=[*names, "geometry"]):
        yield from _site_lines(group, names)
    yield "\\.\n"


def _site_lines(group: Any, names: Sequence[str]) -> Iterator[str]:
    """Write some sites; one that got no answer lies on no plane."""
    columns = [group.column(name).to_pylist() for name in names]
    shapes = _shapes(group.column("geometry"))
    laid = zip(*_sites_laid(group, shapes), strict=True)
    for row in zip(
        *columns,
        map(ewkb, shapes),
        *laid,
        strict=True,
    ):
        yield "\t".join(map(text_of, row)) + "\n"


def _sites_laid(group: Any, shapes: Shapes) -> list[tuple[int | None, str | None]]:
    answered, drawn_on = (group.column(name).to_pylist() for name in ("crs", "drawn_on"))
    return [
        _site_laid(shape, drawn) if crs else (None, None)
        for shape, crs, drawn in zip(shapes, answered, drawn_on, strict=True)
    ]


def _site_laid(shape: Shape, drawn_on: str | None) -> tuple[int, str | None]:
    """Return the plane on which a site was judged, and the site on it."""
    plane = plane_crs(float(shape.centroid.x))
    return _srid(plane), ewkb(laid_on_plane(shape, plane, drawn_on), _srid(plane))


def _findings_table(file: Any) -> Iterator[str]:
    kinds = {field.name: _kind_of(field.type) for field in file.schema_arrow}
    yield create("findings", kinds)
    yield copy("findings", kinds)
    for group in file.iter_batches():
        for row in zip(*(column.to_pylist() for column in group.columns), strict=True):
            yield "\t".join(map(text_of, row)) + "\n"
    yield "\\.\n"


def _kind_of(kind: Any) -> str:
    types = arrow().types
    if types.is_floating(kind):
        return "double precision"
    if types.is_boolean(kind):
        return "boolean"
    return "bigint" if types.is_integer(kind) else "text"
