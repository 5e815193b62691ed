"""What frees a site of a finding: how far away from the resource it must lie.

One measure for a suggested move and for "why not here", so that both name the same metres.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ...geometry.projection import PLANE_SCALE

if TYPE_CHECKING:
    from ...model.outcomes import Finding


def clearance_m(finding: Finding) -> float | None:
    """Return the distance beyond which a finding is missed, with its error and what is known of its
    extent; None where no distance frees, because the record is known by its county only.
    """
    if finding.margin_m is None or finding.uncertainty_m is None:
        return None
    return finding.required_m + finding.uncertainty_m + 2 * finding.extent_m * (1 + PLANE_SCALE)


def lacking_m(finding: Finding) -> float | None:
    """Return how much farther a site must lie for a finding to be missed; not above 0 where it is
    so already, None where no distance frees.
    """
    clearance = clearance_m(finding)
    if clearance is None or finding.margin_m is None:
        return None
    return clearance - (finding.required_m + finding.margin_m)
