"""The words that people read, Chinese first. Codes stay English in JSON and code."""

from __future__ import annotations

CLASS_REASON_ZH = {
    "prohibited_met": "计入误差后仍压占或不满足规定距离",
    "permit_met": "位于管控范围，依法报批后方可建设",
    "study_met": "应先完成专题评估或查询",
    "notify_met": "应书面征求主管部门意见",
    "restricted_met": "禁止性规定附条件：符合法定例外，或仅约束建（构）筑物，须按规定办理、退让",
    "between": "与已收录资源的关系在误差范围内，不足以判定",
    "unlocated": "有已收录资源缺少可用位置，可能涉及本县（市、区）",
    "no_rule": "涉及已收录资源，但未掌握适用规则",
    "unverified_rule": "涉及已收录资源，适用条文未见原文，不作判定依据",
    "incomplete": "资料未声明完整，不能得出未发现冲突的结论",
    "subzone_missing": "资料声明完整，但附近资源的分区不全（如有保护范围而无建设控制地带），不能得出未发现冲突的结论",
    "engines_disagree": "两种计算引擎的结果不一致，或所要求的引擎不可用，不能得出未发现冲突的结论",
    "urban_inside": "位于城镇开发边界内，可否建设视分区和报批类型而定；适用条文未见原文，不作判定依据",
    "urban_part": "部分位于城镇开发边界外，边界外部分须论证；适用条文未见原文，不作判定依据",
    "urban_outside": "位于城镇开发边界外，须论证；适用条文未见原文，不作判定依据",
    "nothing_held": "无可用资料，不代表不存在冲突",
    "outside_coverage": "地块位于资料覆盖范围之外，不代表不存在冲突",
    "layer_failed": "资料读取失败，不代表不存在冲突",
    "not_requested": "本次未要求筛查此类",
    "bad_site": "地块不可用，未作筛查",
    "doubtful_site": "未发现冲突，但地块的读取含推测、修复或疑点（见问题），确认前不能作此结论",
    "not_bound": "涉及，已说明情形下无约束规则",
    "clear": "资料完备，且余量大于合成误差",
}
"""Chinese sentence of each reason code."""
FINDING_REASON_ZH = {
    "met": "计入误差后仍压占或不满足规定距离",
    "missed": "余量大于合成误差",
    "within_error": "距离与规定距离之差小于合成误差",
    "within_extent": "资源仅有点位，范围未知，地块位于其可能范围内",
    "touching": "边界相接，重叠不超过0.02米",
    "shared_edge": "与法定矢量共边，压占0.0000公顷",
    "unlocated": "资源未定位，可能位于本县（市、区）",
    "unknown_accuracy": "资源位置精度未知",
    "coarse_accuracy": "资源位置精度低于3000米",
    "extent_box": "资源仅有四至范围，不是边界",
    "candidate": "资源为待核线索，未见其法定身份",
    "unknown_subzone": "资源分区或类别未知",
    "superseded_subzone": "所给分区不属于当日施行规定的分区，分区待新成果核定",
    "unknown_basin": "资源所属流域未核定，条文只约束特定流域",
    "unverified_rule": "条文未见原文，不作判定依据",
    "no_rule": "未掌握适用规则",
    "not_bound": "涉及，已说明情形下无约束规则",
    "attribute_unknown": "项目属性未给出",
    "height_unknown": "建筑高度未给出",
    "engines_disagree": "两种计算引擎对此资源的量算结果不一致",
}
"""Chinese sentence of each reason code of a finding."""
PROJECT_TYPES = {
    "industrial": "工业",
    "polluting_discharge": "排放污染物的项目",
    "residential": "居住",
    "road_or_rail": "公路或铁路",
    "quarry_or_mine": "采石、采矿、取土",
    "groundwater_extraction": "取用地下水",
    "tourism": "旅游",
    "energy": "能源",
    "other": "其他",
}
"""Project types with their Chinese names."""
OUTCOME_ZH = {
    "conflict": "冲突（禁止或原则禁止）",
    "regulated": "涉及（须专项审批）",
    "undetermined": "待核实",
    "not_screened": "未筛查",
    "clear": "未发现冲突",
    "touched_unbound": "涉及，已说明情形下无约束规则",
    "none_found": "已收录资料中未查到涉及",
}
OUTCOME_EN = {
    "conflict": "conflict (prohibited)",
    "regulated": "affected (approval needed)",
    "undetermined": "to be verified",
    "not_screened": "not screened",
    "clear": "no conflict found",
    "touched_unbound": "touched, and no rule binds what was said",
    "none_found": "none found in what is held",
}
OUTCOME_LINE_ZH = {
    "conflict": "计入误差后仍压占或不满足规定距离",
    "regulated": "位于管控范围，依法报批后方可建设",
    "undetermined": "现有资料或精度不足以判定，须补充所列资料",
    "not_screened": "无可用资料，不代表不存在冲突",
    "clear": "资料完备，且余量大于合成误差",
    "touched_unbound": "说明的情形改变时须重新判定",
    "none_found": "仅就已收录资料而言，不代表不存在冲突",
}
UNLESS_ZH = ("冲突（原则禁止，另有法定例外）", "符合法定例外并经批准的除外，须提供批准文件")
RESTRICTED_ZH = (
    "涉及（部分不得布置建（构）筑物）",
    "地块可用，控制区内不得布置建（构）筑物，须退让",
)
STUDY_ZH = ("涉及（须专题评估或查询）", "应先完成专题评估或查询")
NOTIFY_ZH = ("涉及（须征求意见）", "应书面征求主管部门意见")
EFFECT_LABELS_ZH = {
    ("conflict", "prohibited_unless"): UNLESS_ZH,
    ("regulated", "prohibited"): RESTRICTED_ZH,
    ("regulated", "study"): STUDY_ZH,
    ("regulated", "notify"): NOTIFY_ZH,
}
"""Label and line of an outcome that an effect says more exactly."""
EFFECT_ZH = {
    "prohibited": "禁止",
    "prohibited_unless": "原则禁止（另有法定例外）",
    "permit": "须专项审批",
    "study": "须专题评估或查询",
    "notify": "须征求意见",
}
BINDS_ZH = {
    "land": "用地",
    "building": "建（构）筑物",
    "excavation": "采挖",
    "activity": "活动",
    "abstraction": "取水",
}
"""What a rule binds."""
BOUNDARY_ZH = {
    "legal_vector": "法定矢量",
    "described": "文字描述",
    "digitised": "数字化",
}
"""Where a boundary comes from."""
MEMBERSHIP_ZH = {
    "official_list": "官方名录",
    "inferred": "据公开资料推定",
    "candidate": "待核线索",
}
GEOMETRY_ZH = {
    "surveyed": "实测边界",
    "digitised": "数字化边界",
    "extent_box": "概略范围（外包矩形，非边界）",
    "point": "点位",
    "none": "无公开位置",
}
SUBZONE_ZH = {
    "core_protection_zone": "核心保护区",
    "general_control_zone": "一般控制区",
    "core_zone_old": "核心区（旧分区）",
    "buffer_zone_old": "缓冲区（旧分区）",
    "experimental_zone_old": "实验区（旧分区）",
    "core_scenic_area": "核心景区",
    "level_1": "一级保护区",
    "level_2": "二级保护区",
    "quasi": "准保护区",
    "prohibited_abstraction": "禁止开采区",
    "restricted_abstraction": "限制开采区",
    "protection_scope": "保护范围",
    "construction_control_belt": "建设控制地带",
    "core_protection_scope": "核心保护范围",
    "urban_concentrated": "集中建设区",
    "urban_flexible": "弹性发展区",
    "urban_special": "特别用途区",
}
URBAN_ZONES = ("urban_concentrated", "urban_flexible", "urban_special")
"""Zones of the town development boundary; a user's layer may name them though no rule does."""
SUBZONE_ALIASES_ZH = {
    "一级": "level_1",
    "二级": "level_2",
    "准保护": "quasi",
    "禁采区": "prohibited_abstraction",
    "限采区": "restricted_abstraction",
    "建控地带": "construction_control_belt",
    "核心区": "core_zone_old",
    "缓冲区": "buffer_zone_old",
    "实验区": "experimental_zone_old",
}
"""Other Chinese names of subzones; the three zones of nature reserves before 2026-03-15 keep their
own codes.
"""
KIND_ZH = {
    "nature_reserve": "自然保护区",
    "scenic_area": "风景名胜区",
    "forest_park": "森林公园",
    "geopark": "地质公园",
    "wetland_park": "湿地公园",
    "historic_village": "历史文化名村",
    "traditional_village": "传统村落",
    "national_wetland": "国家重要湿地",
    "provincial_wetland": "省级重要湿地",
    "general_wetland": "一般湿地",
    "reference_station": "国家基准气候站",
    "basic_station": "国家基本气象站",
    "ordinary_station": "国家一般气象站",
    "national_station": "国家级气象站（类别未知）",
    "background_station": "大气本底站",
    "regional_station": "区域气象观测站",
    "upper_air_station": "高空气象观测站",
    "weather_radar": "天气雷达站",
    "satellite_station": "气象卫星地面站",
    "management_scope": "河湖管理范围",
    "shoreline_control": "岸线管控范围",
    "dike": "堤防和护堤地",
    "strategic_mineral": "战略性矿产资源",
    "mining_right": "已设矿业权",
    "danger_zone": "地质灾害危险区",
    "prone_zone": "地质灾害易发区",
    "hazard_point": "地质灾害隐患点",
    "national_road": "国道",
    "provincial_road": "省道",
    "county_road": "县道",
    "township_road": "乡道",
    "expressway": "高速公路",
    "control_zone": "公路建筑控制区",
    "road_bridge": "公路桥梁",
    "road_tunnel": "公路隧道",
    "high_speed_rail_urban": "高速铁路（城市市区）",
    "high_speed_rail_suburban": "高速铁路（城市郊区居民居住区）",
    "high_speed_rail_village": "高速铁路（村镇居民居住区）",
    "high_speed_rail_elsewhere": "高速铁路（其他地区）",
    "ordinary_rail_urban": "其他铁路（城市市区）",
    "ordinary_rail_suburban": "其他铁路（城市郊区居民居住区）",
    "ordinary_rail_village": "其他铁路（村镇居民居住区）",
    "ordinary_rail_elsewhere": "其他铁路（其他地区）",
    "national_park": "国家公园",
    "nature_park": "自然公园",
    "suburban_forest_park": "城郊森林公园",
    "mine_park": "矿山公园",
    "desert_park": "沙漠公园",
    "rocky_desert_park": "石漠公园",
    "grassland_park": "草原公园",
    "marine_park": "海洋公园",
    "road_ferry": "公路渡口",
    "village_road": "村道",
    "village_control_zone": "村道建筑控制区",
    "line_1_10kv": "1—10千伏架空电力线路",
    "line_35_110kv": "35—110千伏架空电力线路",
    "line_154_330kv": "154—330千伏架空电力线路",
    "line_500kv": "500千伏架空电力线路",
    "underground_cable": "地下电缆",
    "oil_gas_pipeline": "石油天然气管道",
    "pipeline_tunnel": "管道专用隧道",
    "clearance_zone": "机场净空保护区域",
    "airport_fence": "机场围界",
    "noise_prohibited_zone": "噪声敏感建筑物禁止建设区域",
    "old_tree": "古树名木",
    "sensitive_unit": "居民住宅区、学校、医院、疗养院、养老院",
    "noise_sensitive_area": "噪声敏感建筑物集中区域",
}
"""Kinds of resource that rules tell apart, with their Chinese names."""
KIND_ALIASES_ZH = {
    "河道管理范围": "management_scope",
    "湖泊管理范围": "management_scope",
    "水库管理范围": "management_scope",
    "岸线": "shoreline_control",
    "矿业权": "mining_right",
    "采矿权": "mining_right",
    "探矿权": "mining_right",
    "地灾隐患点": "hazard_point",
}
"""Other Chinese names of kinds."""
PARKS = (
    "scenic_area",
    "forest_park",
    "geopark",
    "wetland_park",
    "desert_park",
    "rocky_desert_park",
    "grassland_park",
    "marine_park",
)
"""Kinds that a nature park (自然公园) may be."""
OWN_KINDS = {"protected_areas": ("nature_park", "suburban_forest_park", "mine_park", *PARKS)}
"""Kinds of a class that a user's layer may name though no rule does, by class."""
BROAD_KINDS = {"nature_park": PARKS}
"""Kinds that say less than rules do, and the kinds that each may be."""
LAND_GRADES = {
    "surely": ("确定可用", "Surely available"),
    "known": ("就现有资料可用", "Available as far as is known"),
    "doubtful": ("存疑或不足规模", "In doubt, or too small"),
    "not": ("确定不可用", "Surely not available"),
}
"""How land is told apart when candidates are looked for, in Chinese and in English."""
LAND_NOT_CLEAR = (
    "“就现有资料可用”不等于无冲突：缺资料的类别见各候选，须补充后重新筛查。",
    "Available as far as is known does not mean clear: classes without data stand with each"
    " candidate.",
)
GRADES_ZH = ("国家级", "省级", "市级", "县级", "国家", "省")
"""Words before the name of a kind that say its grade."""
CONDITION_ZH = {
    "groundwater_use": "取用地下水",
    "discharge": "排放污染物",
    "development_zone": "设立开发区",
    "railway": "为铁路",
    "hazardous_goods": "涉及危险品",
    "chemical_in_yellow_river_basin": "为黄河流域化工项目或尾矿库",
    "against_protection_aim": "与保护目标不一致",
    "groundwater_pollution": "可能造成地下水污染",
    "heavy_water_pollution": "对水体污染严重",
    "public_place": "为新建村镇、开发区、学校、货物集散地、大型商业网点等公共场所",
    "hinders_flood_passage": "妨碍行洪（建阻水构筑物，或倾倒、弃置渣土、垃圾）",
    "soil_pollution": "可能造成土壤污染",
    "waste_facility": "为固体废物、危险废物集中设施或生活垃圾填埋场",
    "against_access_list": "违反生态环境准入清单",
    "noise_emission": "排放噪声的工业企业",
    "noise_sensitive_building": "为与航空无关的噪声敏感建筑物（住宅、学校、医院等）",
    "breaches_clearance": "不符合机场净空要求",
    "substandard_discharge": "向湿地排放不达标废水或倾倒固体废物",
    "endangers_water_supply": "危害供水设施安全",
    "great_wall_plan_forbids": "位于长城保护总体规划禁止工程建设的保护范围",
}
"""Project attributes that are said with yes or no and that rules hang on."""
EXCEPTION_ZH = {
    "redline_limited_activity": "经认定属生态保护红线内允许的有限人为活动",
    "redline_major_project": "属国家重大项目且不可避让论证已通过",
    "farmland_major_project": "属重大建设项目，占用永久基本农田已经国务院批准并落实补划",
    "heritage_scope_approved": "在文物保护范围内的建设已按文物级别获批准",
    "reserve_listed_activity": "属自然保护地条例列举的允许活动并经批准",
    "mineral_overlay_approved": "压覆重要矿产资源已获批准",
    "road_strip_agreed": "已经公路管理机构同意",
    "wetland_exempt_project": "属可占用国家重要湿地的国家重大、防灾减灾、重要水利或者湿地保护项目",
    "scenic_plan_conformity": "符合风景名胜区规划",
    "historic_core_necessary_works": "属核心保护范围内必要的基础设施或者公共服务设施并已征求文物部门意见",
    "great_wall_passage": "无法绕过长城，经批准以地下通道或者桥梁通过",
    "earthquake_station_measures": "属国家重点工程，已按要求增建抗干扰设施或者新建地震监测设施",
}
"""Project attributes whose yes, with its document, lifts a ban that has a lawful exception."""
APPROVAL_ZH = {
    "batch": "批次",
    "separate": "单独选址",
    "village": "村庄",
    "temporary": "临时",
}
"""Kinds of approval, by what `approval_kind` may be."""
MATERIALS_ZH = {
    "approval_kind": "用地报批方案",
    "groundwater_use": "水资源论证报告或取水方案",
    "discharge": "环境影响评价文件或污水去向说明",
    "hazardous_goods": "可行性研究报告中的储存物品清单",
    "height_m": "建筑方案",
    "building_outlines": "总平面布置图",
    **dict.fromkeys(EXCEPTION_ZH, "批准文件"),
}
"""What to enclose with an answer; `WRITTEN_ZH` for the others."""
WRITTEN_ZH = "项目单位书面说明及佐证材料"
SHAPE_ZH = {"building_outlines": "所给图形为建筑轮廓（未说明按整个地块）"}
"""What the shapes of the sites are: said with yes, rules that bind buildings decide."""
BASIN_ZH = {"yellow_river": "黄河流域"}
SHARED_ZH = "共边，压占0.0000公顷"
"""Label of a plot that lies beside a legal vector with an edge in common."""
URBAN_ZH = {
    "urban_inside": "边界内，视分区和报批类型而定（待核实）",
    "urban_part": "部分边界外，须论证",
    "urban_outside": "边界外，须论证",
}
"""Labels of the town development boundary, by reason code: it is never overlapped."""
REPORT_DISCLAIMER = (
    "本成果为选址阶段辅助筛查，不替代用地预审与选址意见、“三线”套合核查、主管部门书面意见及法定审批。"
    "内置数据据公开资料整理，非《太忻一体化经济区重要资源保护清单（试行）》官方名录及矢量边界；"
    "资源范围以主管部门公布成果为准。"
)
MAP_NOTICE = "内部工作用图，未经地图审核，不得公开出版、登载、展示。"
USER_DATA_NOTICE = (
    "本文件含使用单位导入数据，按其密级和使用许可管理；涉密数据不得在非涉密设备上处理。"
)
ISOCHRONE_NOTICE = "基于简化路网估算，误差带见图，不作为交通论证依据。"
ARCHAEOLOGY_REMINDER = (
    "提示：可能存在地下文物的区域及大型基本建设，土地出让、划拨前或建设前须依法开展考古调查、勘探"
    "（《文物保护法》第四十三条）。"
)


def outcome_label(outcome: str, effect: str | None = None) -> str:
    """Return the Chinese label of an outcome; some effects have their own."""
    return EFFECT_LABELS_ZH.get(
        (outcome, effect or ""),
        (OUTCOME_ZH[outcome],),
    )[0]
