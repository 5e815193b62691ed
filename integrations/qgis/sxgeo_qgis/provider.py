"""The provider: the works of sxgeo in the Processing toolbox, and the path of the program among its settings."""

from pathlib import Path

from processing.core.ProcessingConfig import ProcessingConfig, Setting
from qgis.core import QgsProcessingProvider, QgsSettings
from qgis.PyQt.QtGui import QIcon

from .algorithms import ALGORITHMS
from .words import tr, use_language

PROGRAM = "SXGEO_PROGRAM"


class SxgeoProvider(QgsProcessingProvider):
    """All works of the plugin."""

    def load(self):
        """Add the setting of the path, then the works."""
        use_language(QgsSettings().value("locale/userLocale", "zh"))
        ProcessingConfig.settingIcons[self.name()] = self.icon()
        ProcessingConfig.addSetting(
            Setting(self.name(), PROGRAM, tr("program"), "", valuetype=Setting.FILE)
        )
        ProcessingConfig.readSettings()
        self.refreshAlgorithms()
        return True

    def unload(self):
        """Take the setting away."""
        ProcessingConfig.removeSetting(PROGRAM)

    def loadAlgorithms(self):
        """Add each work."""
        for work in ALGORITHMS:
            self.addAlgorithm(work())

    def id(self):
        """Id by which models and scripts call it."""
        return "sxgeo"

    def name(self):
        """Name in the toolbox."""
        return tr("provider")

    def icon(self):
        """Its picture."""
        return QIcon(str(Path(__file__).with_name("icon.svg")))
