"""The words of the plugin, Chinese and English; the language is that of QGIS."""

WORDS = {
    "provider": ("sxgeo 选址核查", "sxgeo siting"),
    "check": ("核查地块", "Check sites"),
    "check_help": (
        "用本机安装的 sxgeo 核查地块与保护资源是否冲突。结果为地块、涉及项、重叠部分三个图层，及一份网页报告。"
        "未筛查不等于无冲突。",
        "Checks sites against protected resources with the installed sxgeo. Gives layers of sites, findings and overlaps, and a "
        "report as a web page. Not screened does not mean no conflict.",
    ),
    "inspect": ("检查文件", "Inspect a file"),
    "inspect_help": (
        "说明文件的格式、编码、坐标系、要素数量及其中的推断，不改动文件。",
        "Tells what a file is: format, encoding, coordinate system, features, guesses. Changes nothing.",
    ),
    "isochrones": ("可达范围", "Isochrones"),
    "isochrones_help": (
        "从起点出发，在给定分钟数内可到达的范围。基于简化路网估算，不作为交通论证依据。",
        "What is reached from the origins within the given minutes. An estimate on a simplified network, no basis for a traffic study.",
    ),
    "routes": ("最快路线", "Fastest routes"),
    "routes_help": (
        "从起点到终点的最快路线。",
        "The fastest way from each origin to each destination.",
    ),
    "table": ("时间表", "Table of times"),
    "table_help": ("各起点到各终点的分钟数。", "Minutes from every origin to every destination."),
    "sites": ("地块图层", "Layer of sites"),
    "file": ("文件", "File"),
    "project_type": ("项目类型", "Project type"),
    "unsaid": ("未说明", "not said"),
    "workspace": ("工作区文件 sxgeo.toml（可不填）", "Workspace file sxgeo.toml (optional)"),
    "accuracy": ("地块精度（米，可不填）", "Accuracy of the sites in metres (optional)"),
    "as_of": ("时点 YYYY-MM-DD（可不填）", "As of, YYYY-MM-DD (optional)"),
    "attributes": (
        "项目属性，如 height_m=30,discharge=no（可不填）",
        "Project attributes, e.g. height_m=30,discharge=no (optional)",
    ),
    "open_page": ("打开网页报告", "Open the report in the browser"),
    "origins": ("起点图层", "Layer of origins"),
    "destinations": ("终点图层", "Layer of destinations"),
    "minutes": ("分钟", "Minutes"),
    "network": ("路网：内置编号或文件", "Network: bundled id or file"),
    "by": ("方式", "By"),
    "reverse": ("反向：谁能到达", "Reverse: who can reach the place"),
    "out_sites": ("地块（含判定）", "Sites with verdict"),
    "out_findings": ("涉及项", "Findings"),
    "out_overlaps": ("重叠部分", "Overlaps"),
    "out_page": ("网页报告", "Report"),
    "out_areas": ("可达范围", "Areas"),
    "out_routes": ("路线", "Routes"),
    "out_table": ("时间表", "Table"),
    "out_text": ("说明", "What the file is"),
    "program": ("sxgeo 程序", "The sxgeo program"),
    "no_program": (
        "找不到 sxgeo 程序。请先安装（pip install sxgeo），再在 设置 › 选项 › 处理 › 数据源 › sxgeo 中填写其路径。",
        "The program sxgeo was not found. Install it (pip install sxgeo), then give its path in Settings > Options > Processing > "
        "Providers > sxgeo.",
    ),
    "not_sxgeo": (
        "“{path}”不是可用的 sxgeo：{why}",
        "'{path}' is no sxgeo that can be used: {why}",
    ),
    "too_old": (
        "sxgeo {found} 版本过旧，本插件需要 {needed} 或更高版本：pip install -U sxgeo",
        "sxgeo {found} is too old; this plugin needs {needed} or later: pip install -U sxgeo",
    ),
    "no_crs": (
        "图层“{name}”没有坐标系，sxgeo 从不猜测：请先设置图层坐标系。",
        "The layer '{name}' has no coordinate system, which sxgeo never guesses: set it first.",
    ),
    "no_features": ("图层“{name}”没有要素。", "The layer '{name}' has no features."),
    "failed": (
        "sxgeo 未能回答（代码 {code}）：\n{text}",
        "sxgeo gave no answer (code {code}):\n{text}",
    ),
    "cancelled": ("已取消，未留下任何文件。", "Cancelled; nothing was left behind."),
    "verdict": ("判定：{verdict}", "Verdict: {verdict}"),
}

_CHINESE = [True]


def use_language(locale):
    """Take Chinese for a Chinese QGIS, English for any other."""
    _CHINESE[0] = str(locale or "zh").lower().startswith("zh")


def tr(key, **values):
    """Return a text of the plugin in the language of QGIS."""
    text = WORDS[key][0 if _CHINESE[0] else 1]
    return text.format(**values) if values else text
