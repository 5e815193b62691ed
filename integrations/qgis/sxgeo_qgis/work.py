"""What all works share: layers in, the program run, layers out with their styles."""

import os
import shutil
import tempfile
from contextlib import contextmanager
from pathlib import Path

from processing.core.ProcessingConfig import ProcessingConfig
from qgis.core import (
    QgsCoordinateReferenceSystem,
    QgsCoordinateTransform,
    QgsFeatureSink,
    QgsProcessingAlgorithm,
    QgsProcessingException,
    QgsProcessingLayerPostProcessorInterface,
    QgsProcessingParameterEnum,
    QgsProcessingParameterString,
    QgsProject,
    QgsProviderRegistry,
    QgsRelation,
    QgsVectorFileWriter,
    QgsVectorLayer,
    QgsWkbTypes,
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
MODERN = frozenset({"EPSG:7030", "EPSG:7019", "EPSG:1024", "WGS84", "GRS80"})
"""Ellipsoids whose degrees may be taken as they are; those of 1954 and 1980 are hundreds of metres off."""
MOST_PLACES = 200
"""So many places stand on one command line, on every system."""


KEPT = {}
"""What dresses each loaded layer; QGIS keeps no reference of its own."""


class Styled(QgsProcessingLayerPostProcessorInterface):
    """Gives a loaded layer its style and its name, and ties it to its sisters."""

    @classmethod
    def by(cls, target, output, style, name, ties=None):
        """Return one that outlives the call, as QGIS wants it."""
        one = cls()
        one.output, one.style, one.title, one.ties = output, style, name, ties
        KEPT[target] = one
        return one

    def postProcessLayer(self, layer, context, feedback):
        """Load the style; when the last of the tied layers is there, relate them."""
        layer.setName(self.title)
        if self.style and (STYLES / self.style).is_file():
            layer.loadNamedStyle(str(STYLES / self.style))
            layer.triggerRepaint()
        if self.ties is not None:
            self.ties.loaded(self.output, layer)


class Ties:
    """Findings belong to sites: a click on one shows the other, whichever is loaded first."""

    def __init__(self):
        self.parent, self.children = "", []

    def loaded(self, output, layer):
        """Relate what is there."""
        if output == "SITES_OUT":
            self.parent = layer.id()
        else:
            self.children.append(layer.id())
        if self.parent:
            for child in self.children:
                self._relate(self.parent, child)

    def _relate(self, site, child):
        relation = QgsRelation()
        relation.setId(f"sxgeo_{child}")
        relation.setName(tr("relation"))
        relation.setReferencedLayer(site)
        relation.setReferencingLayer(child)
        relation.addFieldPair("site_id", "site_id")
        if relation.isValid():
            QgsProject.instance().relationManager().addRelation(relation)


class Work(QgsProcessingAlgorithm):
    """A work of the toolbox; those that follow say what they ask and give."""

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

    # what is asked

    def add(self, kind, name, text, *rest, **more):
        """Add a parameter with a text of words.py."""
        self.addParameter(kind(name, tr(text), *rest, **more))

    def add_project_type(self):
        """Ask what is to be built."""
        names = [kind or tr("unsaid") for kind in TYPES]
        self.add(QgsProcessingParameterEnum, "TYPE", "project_type", names, defaultValue=0)

    def add_roads(self):
        """Ask which network, and by which means."""
        self.add(QgsProcessingParameterString, "NETWORK", "network", defaultValue="taixin")
        self.add(QgsProcessingParameterEnum, "BY", "by", list(MEANS), defaultValue=0)

    def roads(self, parameters, context):
        """Return the options for what :meth:`add_roads` asked."""
        network = self.parameterAsString(parameters, "NETWORK", context).strip()
        means = MEANS[self.parameterAsEnum(parameters, "BY", context)]
        return ["--network", network or "taixin", "--by", means]

    def project_type(self, parameters, context):
        """Return the options for what :meth:`add_project_type` asked."""
        kind = TYPES[self.parameterAsEnum(parameters, "TYPE", context)]
        return ["--project-type", kind] if kind else []

    def said(self, parameters, context, **options):
        """Return the options of the texts and files that were given, by the names of their parameters."""
        found = []
        for name, option in options.items():
            value = self.parameterAsString(parameters, name, context).strip()
            if value:
                found += [option, value]
        return found

    # what is run

    def program(self):
        """Return the command of an sxgeo that fits."""
        command = find_program(
            ProcessingConfig.getSetting("SXGEO_PROGRAM") or os.environ.get("SXGEO_PROGRAM", "")
        )
        version_of(command)
        return command

    def ask(self, arguments, feedback, folder, answer=None):
        """Run sxgeo with these arguments; show what it says, end it when the user cancels.

        `answer` is the file that it must have written.
        """
        try:
            command = self.program()
            feedback.pushCommandInfo(" ".join([*command, *map(str, arguments)]))
            code, text = run(
                command,
                arguments,
                say=feedback.pushInfo,
                progress=feedback.setProgress,
                cancelled=feedback.isCanceled,
                folder=folder,
                answer=answer,
            )
        except ProgramError as error:
            raise QgsProcessingException(tr(error.key, **error.values)) from error
        return code, text

    @contextmanager
    def workshop(self):
        """A folder for the files of one run, gone when it ends; what was handed on goes too where it fails."""
        self.handed = []
        with tempfile.TemporaryDirectory(prefix="sxgeo-", ignore_cleanup_errors=True) as folder:
            try:
                yield Path(folder)
            except BaseException:
                for target in self.handed:
                    taken_back(target)
                raise

    # layers in

    def source(self, parameters, name, context):
        """Return a source that has a system and features."""
        source = self.parameterAsSource(parameters, name, context)
        if source is None:
            raise QgsProcessingException(self.invalidSourceError(parameters, name))
        if not source.sourceCrs().isValid():
            raise QgsProcessingException(tr("no_crs", name=source.sourceName()))
        if source.featureCount() == 0:
            raise QgsProcessingException(tr("no_features", name=source.sourceName()))
        return source

    def exported(self, parameters, name, context, feedback, folder):
        """Write a layer (of any provider, selected features if so chosen) to a GeoPackage that sxgeo reads."""
        source = self.source(parameters, name, context)
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
            if not writer.addFeature(feature, QgsFeatureSink.FastInsert):
                raise QgsProcessingException(writer.errorMessage())
        del writer
        return path

    def points(self, parameters, name, context):
        """Return the places of a layer as ``LON,LAT`` in degrees, by the ids of their features."""
        source = self.source(parameters, name, context)
        system = source.sourceCrs()
        if system.ellipsoidAcronym() not in MODERN:
            raise QgsProcessingException(
                tr("old_datum", name=source.sourceName(), system=system.userFriendlyIdentifier())
            )
        if source.featureCount() > MOST_PLACES:
            raise QgsProcessingException(
                tr(
                    "too_many_places",
                    name=source.sourceName(),
                    count=source.featureCount(),
                    most=MOST_PLACES,
                )
            )
        turn = QgsCoordinateTransform(system, DEGREES, context.transformContext())
        places, empty = {}, []
        for feature in source.getFeatures():
            geometry = feature.geometry()
            if geometry.isEmpty():
                empty.append(str(feature.id()))
                continue
            point = turn.transform(geometry.pointOnSurface().asPoint())
            places[str(feature.id())] = f"{point.x():.7f},{point.y():.7f}"
        if empty:
            raise QgsProcessingException(
                tr("empty_places", name=source.sourceName(), ids=", ".join(empty[:20]))
            )
        return places

    # layers out

    def handed_on(self, parameters, context, feedback, path, layer, output, styles, ties=None):
        """Copy a layer of the answer into the sink that the user chose, styled.

        Parameters
        ----------
        path, layer
            Where it stands; one that is not there is an error.
        styles
            A style by the geometry of the features that are handed on: ``area``, ``line``, ``point``, or
            ``none`` for a table. Only these are taken.
        ties
            Relates it to its sisters.
        """
        read = QgsVectorLayer(f"{path}|layername={layer}", layer, "ogr")
        if not read.isValid():
            raise QgsProcessingException(tr("no_answer", layer=layer))
        first = next(iter(styles))
        kinds = kinds_of(read) if len(styles) > 1 else {first}
        kind = next((k for k in styles if k in kinds), first)
        sink, target = self.parameterAsSink(
            parameters, output, context, read.fields(), WKB[kind], read.crs()
        )
        if sink is None:
            return None
        self.handed.append(target)
        left_out, wrong = copied(read, sink, kind, feedback)
        # closed before anything is said, so that a file can be taken back on every system
        del sink
        if wrong is not None:
            raise QgsProcessingException(wrong or tr("cancelled"))
        if left_out and ties is not None:
            feedback.pushWarning(tr("left_out", count=left_out, layer=layer))
        if context.willLoadLayerOnCompletion(target):
            title = self.parameterDefinition(output).description()
            context.layerToLoadOnCompletionDetails(target).setPostProcessor(
                Styled.by(target, output, styles[kind], title, ties)
            )
        return target

    # files out

    def target(self, parameters, name, context):
        """Return the file that the user chose for an output, empty where none was; never one that is read."""
        if not parameters.get(name):
            return ""
        target = self.parameterAsFileOutput(parameters, name, context)
        for definition in self.parameterDefinitions():
            if definition.isDestination():
                continue
            for path in self._paths(definition, parameters, context):
                if path and Path(path).resolve() == Path(target).resolve():
                    raise QgsProcessingException(tr("same_file", path=target))
        return target

    def _paths(self, definition, parameters, context):
        if definition.type() == "file":
            return [self.parameterAsFile(parameters, definition.name(), context)]
        if definition.type() in ("source", "vector"):
            layer = self.parameterAsVectorLayer(parameters, definition.name(), context)
            if layer is not None:
                parts = QgsProviderRegistry.instance().decodeUri(
                    layer.dataProvider().name(), layer.source()
                )
                return [parts.get("path")]
        return []


def delivered(made, target):
    """Move a finished file or folder to its place, whole or not at all."""
    target = Path(target)
    target.parent.mkdir(parents=True, exist_ok=True)
    beside = target.with_name(f".{target.name}.part")
    try:
        shutil.copyfile(made, beside)
        beside.replace(target)
    except OSError as error:
        beside.unlink(missing_ok=True)
        raise QgsProcessingException(tr("not_written", path=target, why=error.strerror)) from error
    return str(target)


def taken_back(target):
    """Remove a layer that was begun; a table in a database is left to the user, who is told by the error."""
    if not Path(target).is_file():
        return
    if Path(target).suffix.lower() == ".shp":
        QgsVectorFileWriter.deleteShapeFile(target)
        return
    for part in (target, f"{target}-wal", f"{target}-shm", f"{target}-journal"):
        Path(part).unlink(missing_ok=True)


def copied(layer, sink, kind, feedback):
    """Copy the features of one kind; return how many others there are, and what went wrong (empty: cancelled)."""
    count, left_out = max(layer.featureCount(), 1), 0
    for number, feature in enumerate(layer.getFeatures()):
        if number % 1000 == 0:
            if feedback.isCanceled():
                return left_out, ""
            feedback.setProgress(100 * number / count)
        has = kind_of(feature)
        if kind != "none" and has not in (kind, "none"):
            left_out += 1
            continue
        if kind != "none" and has != "none":
            shape = feature.geometry()
            shape.convertToMultiType()
            feature.setGeometry(shape)
        if not sink.addFeature(feature, QgsFeatureSink.FastInsert):
            return left_out, sink.lastError() or tr("not_written", path="", why="")
    return (left_out, "") if feedback.isCanceled() else (left_out, None)


WKB = {
    "area": QgsWkbTypes.MultiPolygon,
    "line": QgsWkbTypes.MultiLineString,
    "point": QgsWkbTypes.MultiPoint,
    "none": QgsWkbTypes.NoGeometry,
}
_KINDS = {
    QgsWkbTypes.PolygonGeometry: "area",
    QgsWkbTypes.LineGeometry: "line",
    QgsWkbTypes.PointGeometry: "point",
}


def kind_of(feature):
    """Return what a feature is drawn as."""
    return _KINDS.get(feature.geometry().type(), "none") if feature.hasGeometry() else "none"


def kinds_of(layer):
    """Return what the features of a layer are drawn as; a layer that says one kind is not read for it."""
    if layer.geometryType() in _KINDS:
        return {_KINDS[layer.geometryType()]}
    found = set()
    for feature in layer.getFeatures():
        found.add(kind_of(feature))
        if len(found) == len(WKB):
            break
    return found
