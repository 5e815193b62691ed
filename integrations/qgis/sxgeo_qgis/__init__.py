"""The QGIS plugin of sxgeo; QGIS asks for the class by this function."""


def classFactory(interface):
    """Return the plugin."""
    from .plugin import SxgeoPlugin

    return SxgeoPlugin(interface)
