"""The works, in the order of the toolbox."""

from .checking import Check, Dossier, Inspect, Scan
from .reaching import Candidates, Isochrones, Routes, TimeTable

ALGORITHMS = (Check, Dossier, Inspect, Scan, Candidates, Isochrones, Routes, TimeTable)
