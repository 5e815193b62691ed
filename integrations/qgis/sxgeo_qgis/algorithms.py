"""The works: each writes what it is given to a file, calls sxgeo, and hands back styled layers."""

import os
import tempfile
from pathlib import Path

from processing.core.ProcessingConfig import ProcessingConfig
from qgis.core import (
    QgsCoordinateReferenceSystem,
    QgsProcessing,
    QgsProcessingAlgorithm,
    QgsProcessingException,
    QgsProcessingLayerPostProcessorInterface,
    QgsProcessingOutputString,
    QgsProcessingParameterBoolean,
    QgsProcessingParameterEnum,
    QgsProcessingParameterFeatureSink,
    QgsProcessingParameterFeatureSource,
    QgsProcessingParameterFile,
    QgsProcessingParameterFileDestination,
    QgsProcessingParameterNumber,
    QgsProcessingParameterString,
    QgsProject,
    QgsVectorFileWriter,
    QgsVectorLayer,
)

from .runner import ProgramError, find_program, run, version_of
from .words import tr

STYLES = Path(__file__).with_name("styles")
DEGREES = QgsCoordinateReferenceSystem("EPSG:4490")
TYPES = (
    "", "industrial", "polluting_discharge", "residential", "road_or_rail", "quarry_or_mine", "groundwater_extraction", "tourism",
    "energy", "other",
)  # fmt: skip
MEANS = ("road", "walk", "rail", "road+rail")


class Styled(QgsProcessingLayerPostProcessorInterface):
    """Gives a loaded layer its style and its name."""

    kept = ()

    @classmethod
    def by(cls, style, name):
        """Return one that outlives the call, as QGIS wants it."""
        one = cls()
        one.style, one.title = style, name
        Styled.kept += (one,)
        return one

    def postProcessLayer(self, layer, context, feedback):
        """Load the style."""
        layer.setName(self.title)
        if self.style and (STYLES / self.style).is_file():
            layer.loadNamedStyle(str(STYLES / self.style))
            layer.triggerRepaint()


class Work(QgsProcessingAlgorithm):
    """What all works share."""

    key = ""

    def createInstance(self):
        """Return a new one."""
        return type(self)()

    def name(self):
        """Id in models and scripts."""
        return self.key

    def displayName(self):
        """Name in the toolbox."""
        return tr(self.key)

    def shortHelpString(self):
        """Help beside the form."""
        return tr(f"{self.key}_help")

    def ask(self, arguments, feedback, folder):
        """Run sxgeo with these arguments; show what it says, end it when the user cancels."""
        try:
            command = find_program(
                ProcessingConfig.getSetting("SXGEO_PROGRAM") or os.environ.get("SXGEO_PROGRAM", "")
            )
            version_of(command)
            feedback.pushCommandInfo(" ".join([*command, *map(str, arguments)]))
            return run(
                command,
                arguments,
                say=feedback.pushInfo,
                cancelled=feedback.isCanceled,
                folder=folder,
            )
        except ProgramError as error:
            raise QgsProcessingException(tr(error.key, **error.values)) from error

    def exported(self, parameters, name, context, feedback, folder):
        """Write a layer (of any provider, selected features if so chosen) to a GeoPackage that sxgeo reads."""
        source = self.parameterAsSource(parameters, name, context)
        if source is None:
            raise QgsProcessingException(self.invalidSourceError(parameters, name))
        if not source.sourceCrs().isValid():
            raise QgsProcessingException(tr("no_crs", name=source.sourceName()))
        if source.featureCount() == 0:
            raise QgsProcessingException(tr("no_features", name=source.sourceName()))
        path = Path(folder) / f"{name.lower()}.gpkg"
        options = QgsVectorFileWriter.SaveVectorOptions()
        options.driverName, options.layerName = "GPKG", "layer"
        # a memory layer may have a column called fid, with values that no GeoPackage takes for its own ids
        options.layerOptions = ["FID=sxgeo_fid"]
        writer = QgsVectorFileWriter.create(
            str(path),
            source.fields(),
            source.wkbType(),
            source.sourceCrs(),
            context.transformContext(),
            options,
        )
        if writer.hasError() != QgsVectorFileWriter.NoError:
            raise QgsProcessingException(writer.errorMessage())
        for feature in source.getFeatures():
            if feedback.isCanceled():
                raise QgsProcessingException(tr("cancelled"))
            if not writer.addFeature(feature):
                raise QgsProcessingException(writer.errorMessage())
        del writer
        return path

    def points(self, parameters, name, context, feedback):
        """Return the places of a layer as degrees, and their ids."""
        from qgis.core import QgsCoordinateTransform

        source = self.parameterAsSource(parameters, name, context)
        if source is None:
            raise QgsProcessingException(self.invalidSourceError(parameters, name))
        if not source.sourceCrs().isValid():
            raise QgsProcessingException(tr("no_crs", name=source.sourceName()))
        turn = QgsCoordinateTransform(source.sourceCrs(), DEGREES, context.transformContext())
        places = []
        for feature in source.getFeatures():
            geometry = feature.geometry()
            if geometry.isEmpty():
                continue
            point = turn.transform(geometry.pointOnSurface().asPoint())
            places.append(f"{point.x():.7f},{point.y():.7f}")
        if not places:
            raise QgsProcessingException(tr("no_features", name=source.sourceName()))
        return places

    def handed_on(self, parameters, context, path, layer, output, style):
        """Copy a layer of the answer into the sink that the user chose, styled."""
        read = QgsVectorLayer(f"{path}|layername={layer}", layer, "ogr")
        if not read.isValid():
            return None
        sink, target = self.parameterAsSink(
            parameters, output, context, read.fields(), read.wkbType(), read.crs()
        )
        if sink is None:
            return None
        for feature in read.getFeatures():
            sink.addFeature(feature)
        if context.willLoadLayerOnCompletion(target):
            context.layerToLoadOnCompletionDetails(target).setPostProcessor(
                Styled.by(style, self.parameterDefinition(output).description())
            )
        del sink
        return target

    def related(self, parameters, results):
        """Tie findings to their sites in the project, so that a click on one shows the other."""
        from qgis.core import QgsRelation

        project = QgsProject.instance()
        sites, findings = (
            project.mapLayer(results.get(key) or "") for key in ("SITES_OUT", "FINDINGS_OUT")
        )
        if sites is None or findings is None:
            return
        relation = QgsRelation()
        relation.setId(f"sxgeo_{findings.id()}")
        relation.setName("sxgeo")
        relation.setReferencedLayer(sites.id())
        relation.setReferencingLayer(findings.id())
        relation.addFieldPair("site_id", "site_id")
        if relation.isValid():
            project.relationManager().addRelation(relation)


class Check(Work):
    """`sxgeo check`."""

    key = "check"

    def initAlgorithm(self, configuration=None):
        """Say what is asked and given."""
        optional = {"optional": True}
        self.addParameter(
            QgsProcessingParameterFeatureSource(
                "SITES", tr("sites"), [QgsProcessing.TypeVectorAnyGeometry]
            )
        )
        self.addParameter(
            QgsProcessingParameterEnum(
                "TYPE", tr("project_type"), [t or tr("unsaid") for t in TYPES], defaultValue=0
            )
        )
        self.addParameter(QgsProcessingParameterString("ATTRIBUTES", tr("attributes"), **optional))
        self.addParameter(
            QgsProcessingParameterNumber(
                "ACCURACY",
                tr("accuracy"),
                QgsProcessingParameterNumber.Double,
                minValue=0,
                **optional,
            )
        )
        self.addParameter(QgsProcessingParameterString("AS_OF", tr("as_of"), **optional))
        self.addParameter(
            QgsProcessingParameterFile("WORKSPACE", tr("workspace"), extension="toml", **optional)
        )
        self.addParameter(
            QgsProcessingParameterBoolean("OPEN", tr("open_page"), defaultValue=False)
        )
        self.addParameter(QgsProcessingParameterFeatureSink("SITES_OUT", tr("out_sites")))
        self.addParameter(
            QgsProcessingParameterFeatureSink(
                "FINDINGS_OUT", tr("out_findings"), QgsProcessing.TypeVector, None, True
            )
        )
        self.addParameter(
            QgsProcessingParameterFeatureSink(
                "OVERLAPS_OUT", tr("out_overlaps"), QgsProcessing.TypeVectorPolygon, None, True
            )
        )
        self.addParameter(
            QgsProcessingParameterFileDestination(
                "PAGE", tr("out_page"), "HTML (*.html)", None, True
            )
        )
        self.addOutput(QgsProcessingOutputString("VERDICT", "verdict"))

    def processAlgorithm(self, parameters, context, feedback):
        """Answer."""
        with tempfile.TemporaryDirectory(prefix="sxgeo-") as folder:
            sites = self.exported(parameters, "SITES", context, feedback, folder)
            arguments = ["check", sites, *self._options(parameters, context)]
            answer = Path(folder) / "answer.gpkg"
            code, _ = self.ask([*arguments, "--format", "gpkg", "-o", answer], feedback, folder)
            results = {
                "VERDICT": {
                    10: "conflict",
                    11: "undetermined",
                    12: "not_screened",
                    13: "regulated",
                }.get(code, "clear")
            }
            feedback.pushInfo(tr("verdict", verdict=results["VERDICT"]))
            for layer, output, style in (
                ("sites", "SITES_OUT", "sites.qml"),
                ("findings", "FINDINGS_OUT", ""),
                ("overlaps", "OVERLAPS_OUT", "overlaps.qml"),
            ):
                if parameters.get(output):
                    results[output] = self.handed_on(
                        parameters, context, answer, layer, output, style
                    )
            page = (
                self.parameterAsFileOutput(parameters, "PAGE", context)
                if parameters.get("PAGE")
                else ""
            )
            if page:
                self.ask([*arguments, "--format", "html", "-o", page], feedback, folder)
                results["PAGE"] = page
                if self.parameterAsBool(parameters, "OPEN", context):
                    import webbrowser

                    webbrowser.open(Path(page).as_uri())
        self._results = results
        return results

    def postProcessAlgorithm(self, context, feedback):
        """Tie the layers together once they are loaded."""
        self.related({}, getattr(self, "_results", {}))
        return {}

    def _options(self, parameters, context):
        options = []
        if kind := TYPES[self.parameterAsEnum(parameters, "TYPE", context)]:
            options += ["--project-type", kind]
        for pair in (
            self.parameterAsString(parameters, "ATTRIBUTES", context).replace("，", ",").split(",")
        ):
            if pair.strip():
                options += ["--project-attr", pair.strip()]
        if parameters.get("ACCURACY") is not None:
            options += [
                "--site-accuracy-m",
                self.parameterAsDouble(parameters, "ACCURACY", context),
            ]
        if day := self.parameterAsString(parameters, "AS_OF", context).strip():
            options += ["--as-of", day]
        if workspace := self.parameterAsFile(parameters, "WORKSPACE", context):
            options += ["--workspace", workspace]
        return options


class Inspect(Work):
    """`sxgeo inspect`."""

    key = "inspect"

    def initAlgorithm(self, configuration=None):
        """Say what is asked and given."""
        self.addParameter(QgsProcessingParameterFile("FILE", tr("file")))
        self.addOutput(QgsProcessingOutputString("TEXT", tr("out_text")))

    def processAlgorithm(self, parameters, context, feedback):
        """Answer."""
        path = self.parameterAsFile(parameters, "FILE", context)
        with tempfile.TemporaryDirectory(prefix="sxgeo-") as folder:
            _, text = self.ask(["inspect", path], feedback, folder)
        feedback.pushInfo(text)
        return {"TEXT": text}


class Isochrones(Work):
    """`sxgeo reach --minutes`."""

    key = "isochrones"

    def initAlgorithm(self, configuration=None):
        """Say what is asked and given."""
        self.addParameter(
            QgsProcessingParameterFeatureSource(
                "ORIGINS", tr("origins"), [QgsProcessing.TypeVectorAnyGeometry]
            )
        )
        self.addParameter(
            QgsProcessingParameterString("MINUTES", tr("minutes"), defaultValue="15,30,60")
        )
        self.addParameter(
            QgsProcessingParameterString("NETWORK", tr("network"), defaultValue="taixin")
        )
        self.addParameter(QgsProcessingParameterEnum("BY", tr("by"), list(MEANS), defaultValue=0))
        self.addParameter(
            QgsProcessingParameterBoolean("REVERSE", tr("reverse"), defaultValue=False)
        )
        self.addParameter(
            QgsProcessingParameterFeatureSink(
                "AREAS", tr("out_areas"), QgsProcessing.TypeVectorPolygon
            )
        )

    def processAlgorithm(self, parameters, context, feedback):
        """Answer."""
        places = self.points(parameters, "ORIGINS", context, feedback)
        with tempfile.TemporaryDirectory(prefix="sxgeo-") as folder:
            answer = Path(folder) / "areas.gpkg"
            options = ["--by", MEANS[self.parameterAsEnum(parameters, "BY", context)]]
            options += ["--network", self.parameterAsString(parameters, "NETWORK", context)]
            options += ["--reverse"] if self.parameterAsBool(parameters, "REVERSE", context) else []
            minutes = self.parameterAsString(parameters, "MINUTES", context)
            self.ask(
                [
                    "reach",
                    *places,
                    "--minutes",
                    minutes,
                    *options,
                    "--format",
                    "gpkg",
                    "-o",
                    answer,
                ],
                feedback,
                folder,
            )
            return {
                "AREAS": self.handed_on(parameters, context, answer, "areas", "AREAS", "areas.qml")
            }


class Routes(Work):
    """`sxgeo reach --to`."""

    key = "routes"

    def initAlgorithm(self, configuration=None):
        """Say what is asked and given."""
        any_kind = [QgsProcessing.TypeVectorAnyGeometry]
        self.addParameter(QgsProcessingParameterFeatureSource("ORIGINS", tr("origins"), any_kind))
        self.addParameter(
            QgsProcessingParameterFeatureSource("DESTINATIONS", tr("destinations"), any_kind)
        )
        self.addParameter(
            QgsProcessingParameterString("NETWORK", tr("network"), defaultValue="taixin")
        )
        self.addParameter(QgsProcessingParameterEnum("BY", tr("by"), list(MEANS), defaultValue=0))
        self.addParameter(
            QgsProcessingParameterFeatureSink(
                "ROUTES", tr("out_routes"), QgsProcessing.TypeVectorLine
            )
        )

    def processAlgorithm(self, parameters, context, feedback):
        """Answer."""
        places, ends = (
            self.points(parameters, name, context, feedback) for name in ("ORIGINS", "DESTINATIONS")
        )
        with tempfile.TemporaryDirectory(prefix="sxgeo-") as folder:
            answer = Path(folder) / "routes.gpkg"
            options = ["--network", self.parameterAsString(parameters, "NETWORK", context)]
            options += ["--by", MEANS[self.parameterAsEnum(parameters, "BY", context)]]
            targets = [part for end in ends for part in ("--to", end)]
            self.ask(
                ["reach", *places, *targets, *options, "--format", "gpkg", "-o", answer],
                feedback,
                folder,
            )
            return {
                "ROUTES": self.handed_on(
                    parameters, context, answer, "routes", "ROUTES", "routes.qml"
                )
            }


class TimeTable(Work):
    """`sxgeo reach --table`."""

    key = "table"

    def initAlgorithm(self, configuration=None):
        """Say what is asked and given."""
        any_kind = [QgsProcessing.TypeVectorAnyGeometry]
        self.addParameter(QgsProcessingParameterFeatureSource("ORIGINS", tr("origins"), any_kind))
        self.addParameter(
            QgsProcessingParameterFeatureSource("DESTINATIONS", tr("destinations"), any_kind)
        )
        self.addParameter(
            QgsProcessingParameterString("NETWORK", tr("network"), defaultValue="taixin")
        )
        self.addParameter(QgsProcessingParameterEnum("BY", tr("by"), list(MEANS), defaultValue=0))
        self.addParameter(
            QgsProcessingParameterFileDestination(
                "TABLE", tr("out_table"), "CSV (*.csv);;Excel (*.xlsx)"
            )
        )

    def processAlgorithm(self, parameters, context, feedback):
        """Answer."""
        target = self.parameterAsFileOutput(parameters, "TABLE", context)
        with tempfile.TemporaryDirectory(prefix="sxgeo-") as folder:
            files = [
                self.exported(parameters, name, context, feedback, folder)
                for name in ("ORIGINS", "DESTINATIONS")
            ]
            options = ["--network", self.parameterAsString(parameters, "NETWORK", context)]
            options += ["--by", MEANS[self.parameterAsEnum(parameters, "BY", context)]]
            self.ask(["reach", "--table", *files, *options, "-o", target], feedback, folder)
        return {"TABLE": target}


ALGORITHMS = (Check, Inspect, Isochrones, Routes, TimeTable)
