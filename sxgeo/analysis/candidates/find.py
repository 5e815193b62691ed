"""Find candidates: read the wishes, leave the land, screen and describe every part of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import combinations
from pathlib import Path
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import shapely

from ...errors import AnalysisError, UsageError, listed
from ...geometry.projection import GEOGRAPHIC
from ...model.sites import Sites
from ..conflicts.question import pose
from .answer import Candidates
from .blocks import polygons_of
from .describe import described
from .land import width_of
from .ranking import checked_order, ranked
from .receipt import asked_of
from .request import Wish
from .rounding import in_degrees, laid_together
from .wishes import LAND_FIELD, read_area, read_reach
from .world import build_world

if TYPE_CHECKING:
    from ...geometry.shapes import Shape, Shapes
    from ...workspace.file import Workspace
    from ..conflicts.question import Question
    from ..network.graph import Network
    from .constraints import Constraint
    from .land import Mapped
    from .ranking import Criteria, Order
    from .request import Distances, UserLayers, Where
    from .world import World

_PAIRS_TRIED = 12


def posed(wish: Wish) -> World:
    """Read and check all that is asked, and lay it on one plane, without searching yet; errors as
    :func:`find_candidates`.
    """
    if wrong := list(wish.problems()):
        raise UsageError(listed("candidates cannot be looked for:", wrong))
    area = read_area(wish.zone, wish.workspace)
    question = _question(wish)
    world = build_world(
        area,
        question.screener(),
        {layer.spec.id: layer for layer in question.layers},
        wish,
        reaches=read_reach(wish.within, wish.network, area.zone_id, question.as_of),
        as_of=question.as_of,
        remarks=question.remarks,
    )
    return replace(world, question=question, asked=asked_of(wish.of_land()))


def _question(wish: Wish) -> Question:
    """Read law, layers and project as a check does, without sites: they are to be found."""
    return pose(
        Sites(()),
        project_type=wish.project_type,
        project_attributes=wish.project_attributes,
        as_of=wish.as_of,
        layers=wish.layers,
        workspace=wish.workspace,
    )


def find_candidates(
    zone: Where,
    *,
    within: Sequence[Any] = (),
    clear_of: Sequence[str] = (),
    inside: Sequence[Any] = (),
    away: Distances = (),
    near: Distances = (),
    min_area_ha: float = 0.0,
    min_width_m: float = 0.0,
    max_slope_pct: float | None = None,
    dem: str | Path | None = None,
    land_use: Sequence[str] = (),
    land_layer: str | Path | gpd.GeoDataFrame | None = None,
    land_field: str = LAND_FIELD,
    project_type: str | None = None,
    project_attributes: Mapping[str, Any] | None = None,
    as_of: str | None = None,
    layers: UserLayers = (),
    workspace: str | Path | Workspace | None = None,
    network: Network | str | Path | None = None,
    site_accuracy_m: float | None = None,
    rank_by: Criteria = ("grade", "-area_ha"),
) -> Candidates:
    """Find land that is reachable, clear and large enough.

    Every candidate is screened as :func:`sxgeo.check_sites` does it; none is prohibited.

    Parameters
    ----------
    zone
        Id or name of a zone, a polygon or frame in degrees, or a file of polygons.
    within
        ``(origin or facilities, minutes)`` or ``(..., mode)``: all of the land is reached in time.
        An origin is (lon, lat); facilities are a file, a frame of points or ``"transport_nodes"``:
        any of them will do.
    clear_of
        Classes of which the land is clear as far as is known: nothing met, nothing within the
        error. Of all others only what is prohibited is left out.
    inside
        Layers in whose shapes the land lies: class ids such as ``"urban_boundary"``, files or
        frames.
    away, near
        ``(layer, metres)``: the land lies at least so far from every shape; all of it lies at most
        so far from some shape.
    min_area_ha, min_width_m
        Smaller parts are left out, and what a disc of this width cannot enter.
    max_slope_pct, dem
        No place is steeper than that by the heights of this GeoTIFF; the two go together. Where it
        ends the slope is not known, and the land stays.
    land_use, land_layer, land_field
        The land is of these classes, by this field of this layer; the layer alone gives the share
        of each class.
    project_type, project_attributes, as_of, layers, workspace
        As in :func:`sxgeo.check_sites`.
    network
        Network, its id or its file; None takes the zone's bundled one.
    site_accuracy_m
        How far the edge of a candidate may be set out beside the drawn one; None takes what
        :func:`sxgeo.check_sites` takes for a frame.
    rank_by
        Columns in the order in which they count, the largest first where a ``-`` stands before it;
        or weights by column, negative where less is better.

    Returns
    -------
    Candidates
        Its `frame` is EPSG:4490, a row per candidate by rank; its `maps` the three maps. A
        candidate that is surely available may lie in a larger one that is available as far as is
        known.

    Raises
    ------
    UsageError
        If a class, mode, column or number cannot be used.
    InputError
        If a layer cannot be read, or the zone has no outline.
    AnalysisError
        If an origin lies off the network, or nothing is left: it says which constraints leave
        nothing.

    Examples
    --------
    >>> import shapely, sxgeo
    >>> land = shapely.box(112.60, 38.30, 112.62, 38.31)
    >>> found = sxgeo.find_candidates(land, clear_of=["heritage_sites"], min_area_ha=1)
    >>> len(found.frame) > 0
    True
    """
    wish = Wish(
        zone=zone,
        within=within,
        clear_of=clear_of,
        inside=inside,
        away=away,
        near=near,
        min_area_ha=min_area_ha,
        min_width_m=min_width_m,
        max_slope_pct=max_slope_pct,
        dem=dem,
        land_use=land_use,
        land_layer=land_layer,
        land_field=land_field,
        project_type=project_type,
        project_attributes=project_attributes,
        as_of=as_of,
        layers=layers,
        workspace=workspace,
        network=network,
        site_accuracy_m=site_accuracy_m,
        rank_by=rank_by,
    )
    return answer(posed(wish), checked_order(rank_by))


def answer(world: World, order: tuple[bool, Order]) -> Candidates:
    """Search in a world and rank what is found."""
    mapped = world.mapped()
    if not len(mapped.known):
        raise AnalysisError(_why_nothing(world))
    surely = world.land("surely")
    frame = described(world, _told_apart(mapped.known, surely), surely)
    maps = _maps(world, frame.geometry.to_numpy(), mapped, surely)
    return Candidates(ranked(frame, order), maps, world)


def _told_apart(known: Shapes, surely: Shapes) -> list[tuple[str, Shape]]:
    """Return candidates with their grade: what is surely available, and the larger parts that are
    so as far as is known.
    """
    rows = [("surely", shape) for shape in surely]
    tree = shapely.STRtree(surely)
    for shape in known:
        own = surely[tree.query(shape, predicate="intersects")] if len(surely) else surely
        # a part that is surely available as a whole is told once
        if not (len(own) == 1 and shape.area - own[0].area < 1.0):
            rows.append(("known", shape))
    return rows


def _maps(
    world: World,
    candidates: Shapes,
    mapped: Mapped,
    surely: Shapes,
) -> gpd.GeoDataFrame:
    """Return the maps: surely available, available as far as is known, in doubt, surely not;
    together they are the area. `candidates` are those in degrees.
    """
    pieces = _pieces(mapped, surely)
    # one map after another: together they would need the memory of all at once
    shapes = {
        grade: in_degrees(
            np.array([shape], dtype=object),
            world.plane,
        )[0]
        for grade, shape in pieces.items()
        if grade != "known" or len(surely)
    }
    # where nothing is surely available the candidates are all of the second map
    shapes.setdefault("known", laid_together(candidates))
    areas = [round(shape.area / 1e4, 4) for shape in pieces.values()]
    return gpd.GeoDataFrame(
        {"grade": list(pieces), "area_ha": areas},
        geometry=[shapes[grade] for grade in pieces],
        crs=GEOGRAPHIC,
    )


def _pieces(mapped: Mapped, surely: Shapes) -> dict[str, Shape]:
    """Return what each map shows, by grade; no land is on two of them."""
    sure, free = shapely.multipolygons(surely), shapely.multipolygons(mapped.known)
    return {
        "surely": sure,
        "known": polygons_of(shapely.difference(free, sure)) if len(surely) else free,
        "doubtful": shapely.multipolygons(mapped.doubtful),
        "not": shapely.multipolygons(mapped.never),
    }


def _why_nothing(world: World) -> str:
    """Say which constraints leave nothing: one alone, a pair, or the least area and width."""
    binding = [c for c in world.constraints if c.known.outs or c.known.ins]
    wide = replace(world, min_width_m=0.0, min_area_m2=0.0)
    left = wide.land("known")
    if len(left):
        return _why_too_small(world, left)

    # the fewer constraints a message names, the plainer what to relax: one, two, then all that bind
    alone = [c for c in binding if _leave_nothing(wide, c)]
    if alone:
        return listed(
            "nothing is left, these constraints alone leave nothing:",
            [f"{c.words}: {_why_alone(c, world.shape)}" for c in alone],
        )
    if (pair := _pair_alone(binding, wide)) is not None:
        return (
            f"nothing is left: '{pair[0].words}' and '{pair[1].words}' leave nothing together;"
            " relax one of them"
        )
    return listed(
        "nothing is left by these constraints together; without any one of them land is left:",
        [c.words for c in _irreducible(binding, wide)],
    )


def _pair_alone(binding: Sequence[Constraint], wide: World) -> tuple[Constraint, Constraint] | None:
    """Return the first two constraints that leave nothing together; None where no two do."""
    # every pair is a search of its own: of very many constraints only the first are tried
    pairs = combinations(binding[:_PAIRS_TRIED], 2)
    return next((pair for pair in pairs if _leave_nothing(wide, *pair)), None)


def _leave_nothing(wide: World, *constraints: Constraint) -> bool:
    """Whether constraints by themselves leave nothing of an area, however small or narrow."""
    return not len(replace(wide, constraints=constraints).land("known"))


def _why_too_small(world: World, left: Shapes) -> str:
    """Say that the land that is left is too narrow or too small, and how wide or large it is."""
    if world.min_width_m:
        widest = max(width_of(part) for part in left)
        if widest < world.min_width_m:
            return (
                f"no land is {world.min_width_m:g} m wide: the widest found is {widest:.1f} m;"
                " lower min_width_m"
            )
    # what is too narrow is taken off before the rest is measured
    wide_enough = replace(world, min_area_m2=0.0).land("known")
    largest = max(shapely.area(wide_enough), default=0.0)
    return (
        f"no land has {world.min_area_m2 / 1e4:g} ha: the largest found has {largest / 1e4:.2f}"
        " ha; lower min_area_ha"
    )


def _why_alone(constraint: Constraint, area: Shape) -> str:
    """Say why a constraint alone leaves nothing of an area, and what would leave something."""
    for held in constraint.known.ins:
        if not len(held.shapes):
            return "nothing is reached; relax or drop it"
        apart_m = shapely.distance(held.shapes, area)
        if (apart_m > held.distance_m).all():
            return f"the nearest of it lies {apart_m.min():,.0f} m from the area; relax or drop it"
        # land lies in lines and points only where some metres round them are asked for
        if not (shapely.get_dimensions(held.shapes) == 2).any() and np.all(held.distance_m == 0):
            return "it holds no polygons in which land could lie; give polygons"
    return "all of the area is too near to it; relax or drop it"


def _irreducible(binding: Sequence[Constraint], wide: World) -> list[Constraint]:
    """Return constraints that leave nothing together, of which none can be spared."""
    kept = list(binding)
    for constraint in binding:
        fewer = [one for one in kept if one is not constraint]
        if _leave_nothing(wide, *fewer):
            kept = fewer
    return kept
