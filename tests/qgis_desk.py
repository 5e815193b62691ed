"""Runs works of the plugin in a QGIS without a window, and tells as JSON what then stands in the project.

Run by the Python that QGIS brings: ``python qgis_desk.py PLUGINS REQUEST.json``. The request holds
`work`, `inputs`, and optionally `locale`, `cancel_at` (a word of the log), `project` (a .qgz to
open instead), `memory` (features of a layer that lives in memory, which becomes SITES), `picture`.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path


def main(plugins: str, request: str) -> None:
    from qgis.core import QgsApplication, QgsProject, QgsSettings

    asked = json.loads(Path(request).read_text(encoding="utf-8"))
    sys.path += [plugins, "/usr/share/qgis/python/plugins"]
    desk = QgsApplication([], False)
    desk.initQgis()
    QgsSettings().setValue("locale/userLocale", asked.get("locale", "zh_CN"))
    project = QgsProject.instance()
    told: dict = {"log": []}
    if "project" in asked:
        told["read"] = project.read(asked["project"])
        told["title"], told["crs"] = project.title(), project.crs().authid()
        told["notice"] = project.readEntry("CopyrightLabel", "/Label")[0]
    else:
        told |= run(asked, told["log"])
    told["layers"] = [told_of(layer) for layer in project.mapLayers().values()]
    told["relations"] = [
        [r.referencedLayer().name(), r.referencingLayer().name(), r.isValid()]
        for r in project.relationManager().relations().values()
    ]
    if "picture" in asked:
        draw(project, asked["picture"])
    print(json.dumps(told, ensure_ascii=False))
    sys.stdout.flush()
    desk.exitQgis()


def run(asked: dict, log: list) -> dict:
    import processing
    from processing.core.Processing import Processing
    from qgis.core import QgsApplication, QgsProcessingContext, QgsProcessingFeedback, QgsProject
    from sxgeo_qgis.provider import SxgeoProvider

    Processing.initialize()
    provider = SxgeoProvider()
    QgsApplication.processingRegistry().addProvider(provider)

    class Ears(QgsProcessingFeedback):
        def pushInfo(self, text: str) -> None:
            log.append(text)
            if asked.get("cancel_at") and asked["cancel_at"] in text:
                self.cancel()

        def pushWarning(self, text: str) -> None:
            log.append(text)

        def setProgress(self, share: float) -> None:
            shares.append(share)

    shares: list = []
    inputs = dict(asked["inputs"])
    if "memory" in asked:
        inputs["SITES"] = in_memory(**asked["memory"])
    context = QgsProcessingContext()
    context.setProject(QgsProject.instance())
    try:
        results = processing.runAndLoadResults(
            f"sxgeo:{asked['work']}", inputs, feedback=Ears(), context=context
        )
    except Exception as error:  # what QGIS would show its user
        return {"error": str(error), "shares": shares}
    kept = {k: v if isinstance(v, str) else str(v) for k, v in results.items()}
    return {"results": kept, "shares": shares}


def in_memory(uri: str, rows: list) -> object:
    from qgis.core import (
        QgsCoordinateReferenceSystem,
        QgsFeature,
        QgsGeometry,
        QgsProject,
        QgsVectorLayer,
    )

    layer = QgsVectorLayer(uri, "它 '的' \"层\"", "memory")
    if "crs=" not in uri:  # else QGIS takes the one of its settings
        layer.setCrs(QgsCoordinateReferenceSystem())
    for wkt, values in rows:
        feature = QgsFeature(layer.fields())
        feature.setAttributes(values)
        if wkt:
            feature.setGeometry(QgsGeometry.fromWkt(wkt))
        layer.dataProvider().addFeature(feature)
    layer.updateExtents()
    QgsProject.instance().addMapLayer(layer)
    return layer


def told_of(layer: object) -> dict:
    renderer = layer.renderer()
    kind = renderer.type() if renderer is not None else None
    values = [c.value() for c in renderer.categories()] if kind == "categorizedSymbol" else []
    fills = (
        []
        if kind != "categorizedSymbol"
        else [s.symbol().symbolLayerCount() for s in renderer.categories()]
    )
    return {
        "name": layer.name(), "valid": layer.isValid(), "count": layer.featureCount(), "renderer": kind, "values": values,
        "symbol_layers": fills, "crs": layer.crs().authid(), "source": layer.publicSource(),
        "fields": [f.name() for f in layer.fields()],
    }  # fmt: skip


def draw(project: object, path: str) -> None:
    """Draw the layers of the project, as they lie in its tree, into a PNG."""
    from qgis.core import QgsCoordinateTransform, QgsMapRendererParallelJob, QgsMapSettings
    from qgis.PyQt.QtCore import QSize

    layers = project.layerTreeRoot().checkedLayers()
    settings = QgsMapSettings()
    settings.setLayers(layers)
    settings.setDestinationCrs(project.crs())
    settings.setOutputSize(QSize(900, 1100))
    view = project.viewSettings().defaultViewExtent()
    turn = QgsCoordinateTransform(view.crs(), project.crs(), project)
    settings.setExtent(turn.transformBoundingBox(view))
    job = QgsMapRendererParallelJob(settings)
    job.start()
    job.waitForFinished()
    job.renderedImage().save(path)


if __name__ == "__main__":
    main(*sys.argv[1:])
