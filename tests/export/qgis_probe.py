"""Open a GeoPackage in QGIS and say as JSON what a user would find; run by the Python that knows QGIS.

Call: ``qgis_probe.py FILE.gpkg [PRINT.png]``
"""

import json
import os
import sqlite3
import sys

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
from qgis.core import (  # noqa: E402
    QgsApplication,
    QgsLayoutExporter,
    QgsProject,
    QgsRenderContext,
    QgsVectorLayer,
)


def without_symbol(layer):
    renderer, context, missed = layer.renderer().clone(), QgsRenderContext(), 0
    renderer.startRender(context, layer.fields())
    for feature in layer.getFeatures():
        context.expressionContext().setFeature(feature)
        missed += renderer.symbolForFeature(feature, context) is None
    renderer.stopRender(context)
    return missed


def legend_of(layer):
    """Count the features of each legend entry, as the renderer sorts them."""
    renderer, context = layer.renderer().clone(), QgsRenderContext()
    counts = {item.label(): 0 for item in renderer.legendSymbolItems()}
    labels = {item.ruleKey(): item.label() for item in renderer.legendSymbolItems()}
    renderer.startRender(context, layer.fields())
    for feature in layer.getFeatures():
        context.expressionContext().setFeature(feature)
        for key in renderer.legendKeysForFeature(feature, context):
            counts[labels[key]] += 1
    renderer.stopRender(context)
    return counts


def facts_of(layer):
    facts = {
        "valid": layer.isValid(),
        "crs": layer.crs().authid(),
        "count": layer.featureCount(),
        "aliases": {f.name(): f.alias() for f in layer.fields() if f.alias()},
        "value_maps": [
            f.name() for i, f in enumerate(layer.fields()) if layer.editorWidgetSetup(i).type() == "ValueMap"
        ],
        "display": layer.displayExpression(),
        "map_tip": layer.mapTipTemplate(),
        "title": layer.metadata().title(),
        "rights": layer.metadata().rights(),
    }
    if layer.isSpatial():
        facts |= {
            "renderer": layer.renderer().type(),
            "without_symbol": without_symbol(layer),
            "legend": legend_of(layer),
            "labels": layer.labelsEnabled(),
        }
    return facts


def main(path, png=None):
    messages = []
    application = QgsApplication([], False)
    application.initQgis()
    QgsApplication.messageLog().messageReceived.connect(lambda text, tag, _: messages.append(f"{tag}: {text}"))
    with sqlite3.connect(f"file:{path}?mode=ro", uri=True) as database:
        names = [r[0] for r in database.execute("SELECT f_table_name FROM layer_styles WHERE useAsDefault")]
    found = {"layers": {}, "messages": messages}
    for name in names:
        layer = QgsVectorLayer(f"{path}|layername={name}", name, "ogr")
        _, applied = layer.loadDefaultStyle()
        found["layers"][name] = {"style_applied": applied, **facts_of(layer)}
    project = QgsProject.instance()
    opened = project.read(f"geopackage:{path}?projectName=klimastep")
    root = project.layerTreeRoot()
    found["project"] = {
        "opened": opened,
        "error": project.error(),
        "title": project.title(),
        "crs": project.crs().authid(),
        "groups": [group.name() for group in root.children()],
        "on": [node.name() for node in root.findLayers() if node.isVisible()],
        "themes": project.mapThemeCollection().mapThemes(),
        "layouts": [layout.name() for layout in project.layoutManager().printLayouts()],
        "sources": sorted({layer.source() for layer in project.mapLayers().values()}),
        "layers": {layer.id(): facts_of(layer) for layer in project.mapLayers().values() if layer.isValid()},
        "broken": [layer.name() for layer in project.mapLayers().values() if not layer.isValid()],
    }
    if png:
        settings = QgsLayoutExporter.ImageExportSettings()
        settings.dpi = 60
        first = project.layoutManager().printLayouts()[0]
        found["printed"] = QgsLayoutExporter(first).exportToImage(png, settings) == QgsLayoutExporter.Success
    sys.stdout.write(json.dumps(found, ensure_ascii=False))
    sys.stdout.flush()
    os._exit(0)  # QGIS crashes now and then while it tears itself down


main(*sys.argv[1:])
