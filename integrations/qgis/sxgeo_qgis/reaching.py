"""Works on roads and land: isochrones, routes, table of times, candidates."""

from pathlib import Path

from qgis.core import (
    QgsProcessing,
    QgsProcessingException,
    QgsProcessingParameterBoolean,
    QgsProcessingParameterEnum,
    QgsProcessingParameterFeatureSink,
    QgsProcessingParameterFeatureSource,
    QgsProcessingParameterFile,
    QgsProcessingParameterFileDestination,
    QgsProcessingParameterNumber,
    QgsProcessingParameterString,
)

from .words import tr
from .work import MEANS, Work, delivered

ANY = [QgsProcessing.TypeVectorAnyGeometry]


class Isochrones(Work):
    """`sxgeo reach --minutes`."""

    key = "isochrones"

    def initAlgorithm(self, configuration=None):
        """Say what is asked and given."""
        self.add(QgsProcessingParameterFeatureSource, "ORIGINS", "origins", ANY)
        self.add(QgsProcessingParameterString, "MINUTES", "minutes", defaultValue="15,30,60")
        self.add_roads()
        self.add(QgsProcessingParameterBoolean, "REVERSE", "reverse", defaultValue=False)
        self.add(
            QgsProcessingParameterFeatureSink, "AREAS", "out_areas", QgsProcessing.TypeVectorPolygon
        )

    def processAlgorithm(self, parameters, context, feedback):
        """Answer."""
        places = self.points(parameters, "ORIGINS", context)
        named = [part for i, at in places.items() for part in ("--origin", f"{i}={at}")]
        options = ["--minutes", self.parameterAsString(parameters, "MINUTES", context)]
        options += self.roads(parameters, context)
        options += ["--reverse"] if self.parameterAsBool(parameters, "REVERSE", context) else []
        with self.workshop() as folder:
            answer = folder / "areas.gpkg"
            self.ask(["reach", *named, *options, "-o", answer], feedback, folder, answer)
            target = self.handed_on(
                parameters, context, feedback, answer, "areas", "AREAS", {"area": "areas.qml"}
            )
        return {"AREAS": target}


class Routes(Work):
    """`sxgeo reach --to`."""

    key = "routes"

    def initAlgorithm(self, configuration=None):
        """Say what is asked and given."""
        self.add(QgsProcessingParameterFeatureSource, "ORIGINS", "origins", ANY)
        self.add(QgsProcessingParameterFeatureSource, "DESTINATIONS", "destinations", ANY)
        self.add_roads()
        self.add(
            QgsProcessingParameterFeatureSink, "ROUTES", "out_routes", QgsProcessing.TypeVectorLine
        )

    def processAlgorithm(self, parameters, context, feedback):
        """Answer."""
        origins, ends = (
            self.points(parameters, name, context) for name in ("ORIGINS", "DESTINATIONS")
        )
        named = [part for i, at in origins.items() for part in ("--origin", f"{i}={at}")]
        targets = [part for at in ends.values() for part in ("--to", at)]
        with self.workshop() as folder:
            answer = folder / "routes.gpkg"
            options = self.roads(parameters, context)
            self.ask(["reach", *named, *targets, *options, "-o", answer], feedback, folder, answer)
            target = self.handed_on(
                parameters, context, feedback, answer, "routes", "ROUTES", {"line": "routes.qml"}
            )
        return {"ROUTES": target}


class TimeTable(Work):
    """`sxgeo reach --table`."""

    key = "table"

    def initAlgorithm(self, configuration=None):
        """Say what is asked and given."""
        self.add(QgsProcessingParameterFeatureSource, "ORIGINS", "origins", ANY)
        self.add(QgsProcessingParameterFeatureSource, "DESTINATIONS", "destinations", ANY)
        self.add_roads()
        kinds = "CSV (*.csv);;Excel (*.xlsx);;Parquet (*.parquet)"
        self.add(QgsProcessingParameterFileDestination, "TABLE", "out_table", kinds)

    def processAlgorithm(self, parameters, context, feedback):
        """Answer."""
        target = self.target(parameters, "TABLE", context)
        with self.workshop() as folder:
            files = [
                self.exported(parameters, name, context, feedback, folder)
                for name in ("ORIGINS", "DESTINATIONS")
            ]
            made = folder / f"table{Path(target).suffix.lower()}"
            options = self.roads(parameters, context)
            self.ask(["reach", "--table", *files, *options, "-o", made], feedback, folder, made)
            return {"TABLE": delivered(made, target)}


class Candidates(Work):
    """`sxgeo candidates`."""

    key = "candidates"

    def initAlgorithm(self, configuration=None):
        """Say what is asked and given."""
        text, number = QgsProcessingParameterString, QgsProcessingParameterNumber
        polygons = [QgsProcessing.TypeVectorPolygon]
        source = QgsProcessingParameterFeatureSource
        self.add(text, "ZONE", "zone", defaultValue="taixin", optional=True)
        self.add(source, "AREA", "area", polygons, optional=True)
        self.add(source, "ORIGINS", "within_of", ANY, optional=True)
        self.add(number, "MINUTES", "within", number.Double, 30, minValue=0, optional=True)
        self.add(QgsProcessingParameterEnum, "BY", "by", list(MEANS), defaultValue=0)
        self.add(text, "CLEAR_OF", "clear_of", optional=True)
        self.add(source, "INSIDE", "inside", polygons, optional=True)
        self.add(text, "AWAY", "away", optional=True)
        self.add(number, "MIN_AREA", "min_area", number.Double, minValue=0, optional=True)
        self.add(number, "MIN_WIDTH", "min_width", number.Double, minValue=0, optional=True)
        self.add_project_type()
        self.add(
            QgsProcessingParameterFile, "WORKSPACE", "workspace", extension="toml", optional=True
        )
        sink = QgsProcessingParameterFeatureSink
        self.add(sink, "CANDIDATES_OUT", "out_candidates", QgsProcessing.TypeVectorPolygon)
        self.add(sink, "MAPS_OUT", "out_maps", QgsProcessing.TypeVectorPolygon, None, True)

    def processAlgorithm(self, parameters, context, feedback):
        """Answer."""
        with self.workshop() as folder:
            answer = folder / "candidates.gpkg"
            asked = [
                *self._place(parameters, context, feedback, folder),
                *self._wishes(parameters, context),
                *self.project_type(parameters, context),
            ]
            self.ask(["candidates", *asked, "-o", answer], feedback, folder, answer)
            style = {"area": "candidates.qml"}
            return {
                output: self.handed_on(parameters, context, feedback, answer, layer, output, style)
                for layer, output in (("candidates", "CANDIDATES_OUT"), ("maps", "MAPS_OUT"))
                if parameters.get(output)
            }

    def _place(self, parameters, context, feedback, folder):
        """Return where is looked: the layer of an area before the zone, and the layers of wishes."""
        zone = self.parameterAsString(parameters, "ZONE", context).strip()
        given = {
            name: self.exported(parameters, name, context, feedback, folder).name
            for name in ("AREA", "ORIGINS", "INSIDE")
            if parameters.get(name)
        }
        if not zone and "AREA" not in given:
            raise QgsProcessingException(tr("no_area"))
        found = [given.get("AREA", zone)]
        if "ORIGINS" in given:
            minutes = self.parameterAsDouble(parameters, "MINUTES", context)
            means = MEANS[self.parameterAsEnum(parameters, "BY", context)]
            found += ["--within", f"{given['ORIGINS']}:{minutes:g}:{means}"]
        if "INSIDE" in given:
            found += ["--inside", given["INSIDE"]]
        return found

    def _wishes(self, parameters, context):
        options = self.said(parameters, context, CLEAR_OF="--clear-of", WORKSPACE="--workspace")
        away = self.parameterAsString(parameters, "AWAY", context).replace("，", ",")
        for part in filter(None, (p.strip() for p in away.split(","))):
            options += ["--away", part]
        for name, option in (("MIN_AREA", "--min-area-ha"), ("MIN_WIDTH", "--min-width-m")):
            if parameters.get(name) is not None:
                options += [option, self.parameterAsDouble(parameters, name, context)]
        return options
