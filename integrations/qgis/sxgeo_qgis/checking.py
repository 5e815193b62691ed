"""Works on sites and files: check, dossier, inspect, scan."""

import webbrowser
from pathlib import Path

from qgis.core import (
    QgsProcessing,
    QgsProcessingException,
    QgsProcessingOutputString,
    QgsProcessingParameterBoolean,
    QgsProcessingParameterFeatureSink,
    QgsProcessingParameterFeatureSource,
    QgsProcessingParameterFile,
    QgsProcessingParameterFileDestination,
    QgsProcessingParameterNumber,
    QgsProcessingParameterString,
    QgsVectorLayer,
)

from .words import tr
from .work import Ties, Work, delivered

ANY = [QgsProcessing.TypeVectorAnyGeometry]
GRAVEST = ("conflict", "undetermined", "regulated", "not_screened", "clear")
"""As sxgeo orders them."""
SITE_STYLES = {"area": "sites.qml", "line": "site_lines.qml", "point": "site_points.qml"}
OVERLAPS = (
    ("OVERLAPS_OUT", {"area": "overlaps.qml"}),
    ("OVERLAP_LINES_OUT", {"line": "overlap_lines.qml"}),
    ("OVERLAP_POINTS_OUT", {"point": "overlap_points.qml"}),
)
"""What overlaps lies in one layer of the answer, of all kinds; a layer of QGIS has one kind."""


class Check(Work):
    """`sxgeo check`."""

    key = "check"

    def initAlgorithm(self, configuration=None):
        """Say what is asked and given."""
        self.add(QgsProcessingParameterFeatureSource, "SITES", "sites", ANY)
        self.add_project_type()
        self.add(QgsProcessingParameterString, "ATTRIBUTES", "attributes", optional=True)
        metres = QgsProcessingParameterNumber.Double
        self.add(
            QgsProcessingParameterNumber, "ACCURACY", "accuracy", metres, minValue=0, optional=True
        )
        self.add(QgsProcessingParameterString, "AS_OF", "as_of", optional=True)
        self.add(
            QgsProcessingParameterFile, "WORKSPACE", "workspace", extension="toml", optional=True
        )
        self.add(QgsProcessingParameterBoolean, "OPEN", "open_page", defaultValue=False)
        sink = QgsProcessingParameterFeatureSink
        self.add(sink, "SITES_OUT", "out_sites")
        self.add(sink, "FINDINGS_OUT", "out_findings", QgsProcessing.TypeVector, None, True)
        self.add(sink, "OVERLAPS_OUT", "out_overlaps", QgsProcessing.TypeVectorPolygon, None, True)
        hidden = {"createByDefault": False}
        self.add(
            sink, "OVERLAP_LINES_OUT", "out_overlap_lines", QgsProcessing.TypeVectorLine, None, True,
            **hidden,
        )  # fmt: skip
        self.add(
            sink, "OVERLAP_POINTS_OUT", "out_overlap_points", QgsProcessing.TypeVectorPoint, None, True,
            **hidden,
        )  # fmt: skip
        self.add(
            QgsProcessingParameterFileDestination, "PAGE", "out_page", "HTML (*.html)", None, True
        )
        self.addOutput(QgsProcessingOutputString("VERDICT", "verdict"))

    def processAlgorithm(self, parameters, context, feedback):
        """Answer."""
        page = self.target(parameters, "PAGE", context)
        with self.workshop() as folder:
            sites = self.exported(parameters, "SITES", context, feedback, folder)
            arguments = ["check", sites, "--progress", *self._options(parameters, context)]
            answer = folder / "answer.gpkg"
            self.ask([*arguments, "-o", answer], feedback, folder, answer)
            results = {"VERDICT": gravest(answer)}
            feedback.pushInfo(tr("verdict", verdict=tr(results["VERDICT"])))
            made = folder / "report.html"
            if page:
                self.ask([*arguments, "-o", made], feedback, folder, made)
            results |= self._layers(parameters, context, feedback, answer)
            if page:
                results["PAGE"] = delivered(made, page)
                if self.parameterAsBool(parameters, "OPEN", context):
                    webbrowser.open(Path(page).resolve().as_uri())
        return results

    def _layers(self, parameters, context, feedback, answer):
        ties, results = Ties(), {}
        wanted = [
            ("sites", "SITES_OUT", SITE_STYLES),
            ("findings", "FINDINGS_OUT", {"none": ""}),
            *(("overlaps", output, styles) for output, styles in OVERLAPS),
        ]
        for layer, output, styles in wanted:
            if parameters.get(output):
                results[output] = self.handed_on(
                    parameters, context, feedback, answer, layer, output, styles, ties
                )
        return results

    def _options(self, parameters, context):
        options = self.project_type(parameters, context)
        text = self.parameterAsString(parameters, "ATTRIBUTES", context).replace("，", ",")
        for pair in filter(None, (part.strip() for part in text.split(","))):
            options += ["--project-attr", pair]
        if parameters.get("ACCURACY") is not None:
            accuracy = self.parameterAsDouble(parameters, "ACCURACY", context)
            options += ["--site-accuracy-m", accuracy]
        return options + self.said(parameters, context, AS_OF="--as-of", WORKSPACE="--workspace")


def gravest(answer):
    """Return the gravest verdict of an answer: an exit code alone does not tell of sites that were not read."""
    layer = QgsVectorLayer(f"{answer}|layername=sites", "sites", "ogr")
    found = {feature["verdict"] for feature in layer.getFeatures()}
    return next((verdict for verdict in GRAVEST if verdict in found), "not_screened")


class Dossier(Work):
    """`sxgeo dossier`."""

    key = "dossier"

    def initAlgorithm(self, configuration=None):
        """Say what is asked and given."""
        self.add(QgsProcessingParameterFeatureSource, "SITES", "sites", ANY)
        self.add(
            QgsProcessingParameterFile, "WORKSPACE", "workspace", extension="toml", optional=True
        )
        self.add(QgsProcessingParameterString, "TEMPLATE", "template", optional=True)
        self.add(QgsProcessingParameterFileDestination, "DOSSIER", "out_dossier", "ZIP (*.zip)")

    def processAlgorithm(self, parameters, context, feedback):
        """Answer."""
        target = self.target(parameters, "DOSSIER", context)
        if Path(target).suffix.lower() != ".zip":
            raise QgsProcessingException(tr("wants_zip", path=target))
        with self.workshop() as folder:
            sites = self.exported(parameters, "SITES", context, feedback, folder)
            options = self.said(parameters, context, WORKSPACE="--workspace", TEMPLATE="--template")
            made = folder / "dossier.zip"
            self.ask(["dossier", sites, *options, "-o", made], feedback, folder, made)
            return {"DOSSIER": delivered(made, target)}


class Inspect(Work):
    """`sxgeo inspect`."""

    key = "inspect"

    def initAlgorithm(self, configuration=None):
        """Say what is asked and given."""
        self.add(QgsProcessingParameterFile, "FILE", "file")
        self.addOutput(QgsProcessingOutputString("TEXT", tr("out_text")))

    def processAlgorithm(self, parameters, context, feedback):
        """Answer."""
        path = self.parameterAsFile(parameters, "FILE", context)
        with self.workshop() as folder:
            _, text = self.ask(["inspect", path], feedback, folder)
        feedback.pushInfo(text)
        return {"TEXT": text}


class Scan(Work):
    """`sxgeo layers scan`."""

    key = "scan"

    def initAlgorithm(self, configuration=None):
        """Say what is asked and given."""
        self.add(QgsProcessingParameterFile, "FOLDER", "folder", QgsProcessingParameterFile.Folder)
        self.add(
            QgsProcessingParameterFileDestination, "WORKSPACE", "out_workspace", "TOML (*.toml)",
            None, True, createByDefault=False,
        )  # fmt: skip
        self.addOutput(QgsProcessingOutputString("TEXT", tr("out_scan")))

    def processAlgorithm(self, parameters, context, feedback):
        """Answer."""
        looked = self.parameterAsFile(parameters, "FOLDER", context)
        target = self.target(parameters, "WORKSPACE", context)
        if target and Path(target).exists():
            raise QgsProcessingException(tr("exists", path=target))
        # sxgeo writes the workspace in its place: the paths in it are told from there
        options = ["-o", target] if target else []
        with self.workshop() as folder:
            answer = target or None
            _, text = self.ask(["layers", "scan", looked, *options], feedback, folder, answer)
        feedback.pushInfo(text)
        return {"TEXT": text, **({"WORKSPACE": target} if target else {})}
