"""The town development boundary: where a site lies in it, which is no overlap with a protected
resource.

What its zones allow hangs on the kind of approval. No text of it was seen, so nothing here is
decided: the areas and the question are told, and every site is to be verified. Rules of the class
that were seen and verified decide as those of any class.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import shapely

if TYPE_CHECKING:
    from ...geometry.shapes import Ints, Shapes

URBAN = "urban_boundary"
INSIDE, PARTLY, OUTSIDE = "urban_inside", "urban_part", "urban_outside"
CODES = (INSIDE, PARTLY, OUTSIDE)


def positions(sites: Shapes, shapes: Shapes) -> Ints:
    """Return the index in `CODES` of where each site lies to the boundary: array of int.

    Parameters
    ----------
    sites
        Shapes on a plane, metres.
    shapes
        Polygons of all zones of the boundary on the same plane; None where unlocated.
    """
    known = [shape for shape in shapes if shape is not None]

    # a boundary of which no part is drawn holds nobody
    if not known:
        return np.full(len(sites), CODES.index(OUTSIDE))

    # zones of the boundary lie side by side: a site across two of them is wholly inside
    whole = shapely.union_all(known)
    shapely.prepare(whole)

    # a site that runs along the boundary from within is inside; from without it is across
    within, touched = shapely.covers(whole, sites), shapely.intersects(whole, sites)
    return np.where(
        within,
        CODES.index(INSIDE),
        np.where(touched, CODES.index(PARTLY), CODES.index(OUTSIDE)),
    )
