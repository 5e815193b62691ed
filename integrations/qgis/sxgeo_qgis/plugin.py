"""Registers the provider; there is no window of its own, all works stand in the Processing toolbox."""

from qgis.core import QgsApplication

from .provider import SxgeoProvider


class SxgeoPlugin:
    """The plugin as QGIS loads and unloads it."""

    def __init__(self, interface):
        self.interface = interface
        self.provider = None

    def initProcessing(self):
        """Add the provider; qgis_process calls this alone."""
        self.provider = SxgeoProvider()
        QgsApplication.processingRegistry().addProvider(self.provider)

    def initGui(self):
        """Set up in the desktop."""
        self.initProcessing()

    def unload(self):
        """Take the provider away again."""
        if self.provider is not None:
            QgsApplication.processingRegistry().removeProvider(self.provider)
            self.provider = None
