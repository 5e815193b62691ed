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
    "dossier": ("出成果包", "Make a dossier"),
    "dossier_help": (
        "由地块生成成果包（ZIP）：报告、附表、图件、空间数据、网页地图与核查凭据。需要带 dossier 命令的 sxgeo。",
        "Makes the dossier of sites as a ZIP: report, tables, figures, data, map and receipt. Needs an sxgeo with the command dossier.",
    ),
    "scan": ("识别图层文件夹", "Scan a folder of layers"),
    "scan_help": (
        "识别本单位文件夹中的图层，逐一说明依据，并可写出工作区文件 sxgeo.toml（不覆盖已有文件）。",
        "Recognises the layers in an office's folder, says why, and writes a workspace file sxgeo.toml if asked (never over one).",
    ),
    "candidates": ("候选地块", "Candidate land"),
    "candidates_help": (
        "哪些地可达、无已知冲突、够大。每个候选均按核查规则再核查一次；“就现有资料可用”不等于无冲突。",
        "Which land is reachable, clear and large enough. Each piece is checked again; 'as far as is known' does not mean no conflict.",
    ),
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
    "out_overlap_lines": ("重叠部分（线）", "Overlaps (lines)"),
    "out_overlap_points": ("重叠部分（点）", "Overlaps (points)"),
    "out_dossier": ("成果包", "Dossier"),
    "out_workspace": ("工作区文件（新建，可不填）", "Workspace file (a new one, optional)"),
    "out_scan": ("识别结果", "What was recognised"),
    "out_candidates": ("候选地块", "Candidates"),
    "out_maps": ("可用性分区", "Grades of the land"),
    "template": ("成果模板（可不填）", "Template (optional)"),
    "folder": ("文件夹", "Folder"),
    "zone": ("经济区编号或名称", "Zone, id or name"),
    "area": ("或：范围面图层（优先于经济区）", "Or: layer of the area (goes before the zone)"),
    "within_of": ("可达起点图层（可不填）", "Reachable from: layer (optional)"),
    "within": ("分钟以内", "Within minutes"),
    "clear_of": (
        "须避让的类别，逗号分隔，如 heritage_sites（可不填）",
        "Classes to keep clear of, with commas, e.g. heritage_sites (optional)",
    ),
    "inside": ("须位于其内的面图层（可不填）", "Inside the shapes of: layer (optional)"),
    "away": (
        "最小距离，如 heritage_sites:500（可不填）",
        "Least distances, e.g. heritage_sites:500 (optional)",
    ),
    "min_area": ("最小面积（公顷，可不填）", "Least area in ha (optional)"),
    "min_width": ("最小宽度（米，可不填）", "Least width in metres (optional)"),
    "relation": ("sxgeo 地块与涉及项", "sxgeo sites and findings"),
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
    "no_command": (
        "所安装的 sxgeo（{path}）没有 {command} 命令：请升级 pip install -U sxgeo",
        "The installed sxgeo ({path}) has no command {command}: pip install -U sxgeo",
    ),
    "no_area": (
        "没有范围：请填写经济区，或选择范围面图层。",
        "There is no area: name a zone or choose a layer.",
    ),
    "old_datum": (
        "图层“{name}”的坐标系为 {system}：其大地基准与 CGCS2000 相差可达百米，不能直接换算。请先用七参数转换到 CGCS2000。",
        "The layer '{name}' is in {system}, whose datum may lie a hundred metres off CGCS2000; it is not turned without parameters. "
        "Transform it to CGCS2000 first.",
    ),
    "too_many_places": (
        "图层“{name}”有 {count} 个地点，此处最多 {most} 个：请先选择要素，或改用“时间表”。",
        "The layer '{name}' has {count} places, at most {most} are taken here: select some, or use the table of times.",
    ),
    "empty_places": (
        "图层“{name}”中没有几何的要素：{ids}。请补全或取消选择。",
        "Features of the layer '{name}' without a geometry: {ids}. Mend them or leave them out of the selection.",
    ),
    "left_out": (
        "{layer} 中有 {count} 个其他几何类型的对象，不在此图层内，见其他输出或网页报告。",
        "{count} objects of {layer} are of another kind of geometry and not in this layer; see the other outputs or the report.",
    ),
    "no_answer": ("结果中没有图层“{layer}”。", "The answer holds no layer '{layer}'."),
    "same_file": (
        "“{path}”是输入文件，不能作为输出：请另取文件名。",
        "'{path}' is an input and cannot be the output: choose another name.",
    ),
    "exists": (
        "“{path}”已存在，可能已填写，不覆盖：请另取文件名。",
        "'{path}' exists and may be filled in; it is not written over: choose another name.",
    ),
    "not_written": ("无法写入“{path}”：{why}", "'{path}' cannot be written: {why}"),
    "wants_zip": (
        "“{path}”不是 ZIP 文件名：成果包写为 .zip。",
        "'{path}' is no name of a ZIP: the dossier is a .zip.",
    ),
    "conflict": ("冲突", "conflict"),
    "undetermined": ("待核实", "undetermined"),
    "regulated": ("涉及", "regulated"),
    "not_screened": ("未筛查", "not screened"),
    "clear": ("未发现冲突", "clear"),
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
