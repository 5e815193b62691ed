"""What is unsaid of a project and was asked, and the names of what can be said."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ..wording import APPROVAL_ZH, CONDITION_ZH, EXCEPTION_ZH, SHAPE_ZH

if TYPE_CHECKING:
    from .outcomes import KnownOutcome

UNKNOWN = "unknown"
"""The answer 不清楚: it says nothing, so nothing follows from it."""


@dataclass(frozen=True, slots=True)
class Asked:
    """One question that a site raises.

    Attributes
    ----------
    attribute
        The project attribute that is not said.
    classes
        Ids of the classes whose answer hangs on it.
    worst, freed
        What is known of these classes while it is unsaid, and once it is said in writing in the way
        that frees.
    frees
        The answer that frees, ``yes`` or ``no``; None where no single answer does.
    text_zh
        Both branches, in words.
    """

    attribute: str
    classes: tuple[str, ...]
    worst: KnownOutcome
    freed: KnownOutcome
    frees: str | None
    item_zh: str
    material_zh: str
    text_zh: str

    def record(self) -> dict[str, Any]:
        """Return it as it stands in the JSON of a report."""
        keys = ("attribute", "worst", "freed", "frees", "item_zh", "material_zh", "text_zh")
        return {**{key: getattr(self, key) for key in keys}, "classes": list(self.classes)}


def item_zh(attribute: str) -> str:
    """Name what is asked, as it stands behind 未说明."""
    if attribute == "height_m":
        return "最大建筑高度"
    if attribute == "approval_kind":
        return f"报批类型（{'、'.join(APPROVAL_ZH.values())}）"
    if attribute in SHAPE_ZH:
        return "建筑轮廓"
    return f"是否{CONDITION_ZH.get(attribute) or EXCEPTION_ZH[attribute]}"


ORDER = ("approval_kind", *CONDITION_ZH, "height_m", *EXCEPTION_ZH, *SHAPE_ZH)
"""The order in which questions stand."""
