<!DOCTYPE qgis PUBLIC 'http://mrcc.com/qgis.dtd' 'SYSTEM'>
<qgis version="3.22" styleCategories="Symbology">
<renderer-v2 type="singleSymbol" enableorderby="0" forceraster="0" symbollevels="0"><symbols><symbol type="line" name="0" alpha="1" clip_to_extent="1"><layer class="SimpleLine" enabled="1" locked="0" pass="0"><Option type="Map"><Option type="QString" name="line_color" value="180,15,28,255"/><Option type="QString" name="line_width" value="0.9"/></Option></layer></symbol></symbols></renderer-v2>
</qgis>
