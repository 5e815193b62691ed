"""The error tree: every failure that sxgeo foresees is one of these."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches


class SxgeoError(Exception):
    """Base of all errors raised on purpose; carries the exit code of the command line.

    Examples
    --------
    >>> import sxgeo
    >>> try:
    ...     sxgeo.load_zone("nowhere")
    ... except sxgeo.SxgeoError as error:
    ...     print(error.exit_code)
    2
    """

    exit_code = 1


class UsageError(SxgeoError):
    """A name or value that sxgeo does not know: zone, class, type, date or option.

    Examples
    --------
    >>> import sxgeo
    >>> try:
    ...     sxgeo.load_layer("protectd")
    ... except sxgeo.UsageError as error:
    ...     print(str(error)[:24])
    unknown layer 'protectd'
    """

    exit_code = 2


class InputError(SxgeoError):
    """Input that cannot be used: a file, a user's layer, a coordinate.

    Examples
    --------
    >>> import sxgeo
    >>> try:
    ...     sxgeo.read_sites("missing.gpkg")
    ... except sxgeo.InputError as error:
    ...     print(error)
    'missing.gpkg' does not exist
    """

    exit_code = 3


class EmptyError(InputError):
    """A sound file that holds no features."""


class DataError(SxgeoError):
    """The bundled data are missing or broken.

    Examples
    --------
    >>> import sxgeo
    >>> sxgeo.DataError.exit_code
    4
    """

    exit_code = 4


class AnalysisError(SxgeoError):
    """A question that has no answer, such as an origin far from any road.

    Examples
    --------
    >>> import sxgeo
    >>> try:
    ...     sxgeo.build_map("jin_shaan_meng")
    ... except sxgeo.AnalysisError as error:
    ...     print(error.exit_code)
    5
    """

    exit_code = 5


def unknown(
    kind: str,
    value: object,
    known: Iterable[str],
) -> UsageError:
    """Build the error for an unknown name, with the nearest known ones.

    Parameters
    ----------
    kind
        What the name stands for, e.g. ``"zone"``.
    value
        The name as given.
    known
        All valid names, in the order to print.

    Returns
    -------
    UsageError
        To be raised by the caller.
    """
    names = list(known)
    near = get_close_matches(str(value), names, n=1)
    hint = f" Did you mean '{near[0]}'?" if near else ""
    return UsageError(f"unknown {kind} '{value}'.{hint} Known: {', '.join(names)}.")


def wrong_type(
    what: str,
    value: object,
    way_out: str,
) -> UsageError:
    """Build the error for a value of a kind that cannot be used, with what to give instead."""
    return UsageError(f"{what} is of type {type(value).__name__}; give {way_out}")


def listed(heading: str, problems: Iterable[str]) -> str:
    """Join a heading and all its problems into one message, a line each."""
    return "\n".join([heading, *(f"  - {problem}" for problem in problems)])
