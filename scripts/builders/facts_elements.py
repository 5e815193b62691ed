"""Fact table of plan elements -> data/sources/plan_elements.csv: what the plans place on the map.

Types, names, places and what the plan says stand in an explicit table here, in the project's own
words; every row of the fact table must have an entry. Positions are those of the fact tables, never
new ones.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from .facts_common import Unmapped, rounded_position
from .facts_maps import DATUMS
from .formats import csv_text, read_csv, words

COLUMNS = words(
    "element_id,type,type_zh,name_zh,name_en,zone_ids,members,places_zh,status,status_zh,plan,chapter,says_zh,says_en,"
    "lon,lat,position_accuracy_m,datum,datum_error_m,extent_m,source,confidence,note"
)
_FACT_COLUMNS = words("element_id,type,name_zh,members_or_place,status,plan,seed,note")

Row = dict[str, str]

TYPES = {
    "sub_circle": "次区域合作圈",
    "axis": "发展轴",
    "eco_region": "生态区",
    "eco_corridor": "生态廊道",
    "tech_corridor": "科技走廊",
    "economic_belt": "经济带",
    "high_speed_rail": "高速铁路",
    "railway": "铁路",
    "road": "公路",
    "bridge": "公路桥",
    "airport": "机场",
    "general_airport": "通用机场",
    "transmission": "输电通道",
    "water_transfer": "引水",
    "water_hub": "水利枢纽",
    "gas_pipeline": "天然气管道",
    "gas_storage": "储气设施",
    "circular_park": "循环园区",
    "eco_project": "生态与供水工程",
    "corridor": "走廊",
    "town_group": "城镇组群",
    "passage": "通道",
    "key_projects": "重点工程",
    "transfer_layout": "承接产业转移布局",
    "material_cluster": "新材料集群",
    "energy_triangle": "能源金三角",
    "reform_zone": "综改示范区",
    "city_cluster": "城市群与都市圈",
    "target": "目标",
    "pilot_park": "试点园区",
    "new_town": "产业新城",
    "starting_area": "启动区",
    "development_zone": "开发区",
}
STATUSES = {
    "existing": "既有",
    "under_construction": "在建",
    "planned": "规划",
    "preparation": "前期",
    "proposed": "谋划",
    "study": "研究",
    "mixed": "混合（多种状态）",
    "target": "目标",
}
_STATUS_OF = {
    "规划": "planned",
    "既有": "existing",
    "在建": "under_construction",
    "建设": "under_construction",
    "前期": "preparation",
    "谋划": "proposed",
    "研究": "study",
    "混合": "mixed",
    "目标": "target",
    "目标 2025": "target",
}
PLANS = {
    "000": "省级规划解读（2021-08-26）",
    "001": "山西日报文章（2022-03-21）",
    "002": "“十四五”区域融合规划（2021）",
    "003": "黄河金三角山西片区工作计划（2021-12-19）",
    "004": "太忻清单（试行）和六个方案新闻发布会（2022-05-18）",
}


@dataclass(frozen=True, slots=True)
class Element:
    """What the project says of one row of the fact table: see `COLUMNS`; `name_zh` empty keeps that
    of the facts.
    """

    type: str
    name_en: str
    says_zh: str
    says_en: str
    zones: str = ""
    members: str = ""
    name_zh: str = ""
    chapter: str = ""
    note: str = ""


_NOTES = {
    "跨区域产业合作试点园区 (芮城 潼关 灵宝) 在 003 第8条": "跨区域产业合作试点园区见工作计划第8条"
}
_YRT, _JJJ = "yellow_river_triangle", "jing_jin_ji"
_ABBREVIATED = "county names read from the abbreviation of the text"
ELEMENTS: dict[str, Element] = {
    "PE-01": Element(
        "sub_circle",
        "Hancheng-Hejin-Wanrong sub-circle",
        "韩城、河津、万荣三地作为黄河金三角的次区域先行合作。",
        "Hancheng, Hejin and Wanrong cooperate first as a sub-region of the golden triangle.",
        f"{_YRT};hancheng_hejin_wanrong",
        chapter="十四五区域融合规划 第六章第二节; 黄河金三角山西片区工作计划 第7条",
    ),
    "PE-02": Element(
        "sub_circle",
        "Lingbao-Tongguan-Ruicheng sub-circle",
        "灵宝、潼关、芮城三地作为次区域先行合作。",
        "Lingbao, Tongguan and Ruicheng cooperate first as a sub-region.",
        f"{_YRT};lingbao_tongguan_ruicheng",
        chapter="十四五区域融合规划 第六章第二节; 黄河金三角山西片区工作计划 第7、8条",
    ),
    "PE-03": Element(
        "sub_circle",
        "Houma-Xinjiang-Quwo sub-circle",
        "侯马、新绛、曲沃三地作为次区域先行合作。",
        "Houma, Xinjiang and Quwo cooperate first as a sub-region.",
        f"{_YRT};houma_xinjiang_quwo",
        chapter="十四五区域融合规划 第六章第二节; 黄河金三角山西片区工作计划 第7条",
    ),
    "PE-04": Element(
        "axis",
        "Longhai Railway axis",
        "黄河金三角“两横两纵”轴线之一，依托陇海铁路。",
        "One of the two horizontal and two vertical axes, along the Longhai railway.",
        _YRT,
        chapter="第六章第二节 两横两纵",
        note="the text does not say which axes are horizontal; this one is read so",
    ),
    "PE-05": Element(
        "axis",
        "Southern coal railway axis (Houma-Yueshan, Houma-Xi'an)",
        "“两横两纵”轴线之一，依托侯月、侯西铁路。",
        "One of the axes, along the Houma-Yueshan and Houma-Xi'an railways.",
        _YRT,
        chapter="第六章第二节 两横两纵",
        note="the text does not say which axes are horizontal; this one is read so",
    ),
    "PE-06": Element(
        "axis",
        "Datong-Yuncheng expressway axis",
        "“两横两纵”轴线之一，依托大运高速。",
        "One of the axes, along the Datong-Yuncheng expressway.",
        _YRT,
        chapter="第六章第二节 两横两纵",
        note="the text does not say which axes are vertical; this one is read so",
    ),
    "PE-07": Element(
        "axis",
        "Haoji (Inner Mongolia-Jiangxi) railway axis",
        "“两横两纵”轴线之一，依托浩吉（蒙西）铁路。",
        "One of the axes, along the Haoji railway.",
        _YRT,
        chapter="第六章第二节 两横两纵",
        note="the text does not say which axes are vertical; this one is read so",
    ),
    "PE-08": Element(
        "eco_region",
        "Five ecological regions",
        "全省分五大区域开展生态治理与恢复，边界未公布，不能判断某地是否在内。",
        "Five regions for ecological restoration; their boundaries are not published.",
    ),
    "PE-09": Element(
        "eco_corridor",
        "Beijing-Zhangjiakou-Datong ecological corridor",
        "规划京张大生态廊道；线位未公布。",
        "A planned ecological corridor; its line is not published.",
        _JJJ,
        "110000;130700;140200",
    ),
    "PE-10": Element(
        "eco_corridor",
        "Beijing-Fuping-Xinzhou ecological corridor",
        "规划京阜忻生态廊道；线位未公布。",
        "A planned ecological corridor; its line is not published.",
        _JJJ,
        "110000;140900",
    ),
    "PE-11": Element(
        "eco_corridor",
        "Beijing-Shijiazhuang-Taiyuan ecological corridor",
        "规划京石太生态廊道；线位未公布。",
        "A planned ecological corridor; its line is not published.",
        _JJJ,
        "110000;140100",
    ),
    "PE-12": Element(
        "tech_corridor",
        "Beijing-Tianjin-Shijiazhuang-Xiong'an-Taiyuan science corridor",
        "沿北京、天津、石家庄、雄安、太原布局科技创新走廊。",
        "A science and technology corridor through these cities.",
        _JJJ,
        "110000;120000;140100",
    ),
    "PE-13": Element(
        "economic_belt",
        "Data storage belt around the capital",
        "融入环首都的数据存储经济带。",
        "Join the data storage belt around the capital.",
        _JJJ,
    ),
    "PE-14": Element(
        "high_speed_rail",
        "Beijing-Xiong'an-Xinzhou high-speed railway",
        "北京经雄安新区至忻州的高速铁路，分两段；详见交通线路。",
        "High-speed railway from Beijing by Xiong'an to Xinzhou; see the transport links.",
        f"{_JJJ};taixin",
        "110000;140900",
    ),
    "PE-15": Element(
        "airport",
        "Regional airports: four to extend, two to build",
        "改扩建大同、长治、临汾、运城支线机场，新建朔州、晋城机场。",
        "Extend the airports of Datong, Changzhi, Linfen and Yuncheng; build those of Shuozhou and"
        " Jincheng.",
        "north_circle;southeast_circle;south_circle",
        "140200;140400;140500;140600;140800;141000",
    ),
    "PE-16": Element(
        "transmission",
        "Power transmission from Shanxi",
        "已建成若干特高压通道，另规划向京津唐、河北南网、浙江等送电；落点县未列。",
        "Some lines are built, more are planned to Beijing-Tianjin, Hebei and Zhejiang; no county"
        " is named.",
        _JJJ,
    ),
    "PE-17": Element(
        "road",
        "Jincheng-Xinxiang expressway link",
        "打通晋城至新乡的高速公路出省口。",
        "Open the expressway from Jincheng to Xinxiang across the provincial border.",
        "central_plains",
        "140500;410700",
    ),
    "PE-18": Element(
        "railway",
        "Capacity works on the Taijiao, Yangshe and Hanchang railways",
        "太焦、阳涉、邯长铁路扩能和增建复线。",
        "More capacity and double track on three railways.",
        "central_plains",
    ),
    "PE-19": Element(
        "target",
        "Half-hour circle of Ulanqab, Datong and Zhangjiakou",
        "三市之间形成半小时经济圈。",
        "Half an hour between the three cities.",
        "wudazhang",
        "130700;140200;150900",
    ),
    "PE-20": Element(
        "water_transfer",
        "Branch of the Wanjiazhai northern main to Zhangjiakou",
        "研究万家寨引黄北干线向张家口延伸的支线。",
        "A branch of the Yellow River diversion to Zhangjiakou is studied.",
        "wudazhang",
        "130700",
    ),
    "PE-21": Element(
        "water_hub",
        "Guxian water control project",
        "推进古贤水利枢纽前期工作。",
        "Preparatory work for the Guxian project.",
        _YRT,
        chapter="“十四五”区域融合规划 第六章第四节; 黄河金三角山西片区工作计划 第11条",
    ),
    "PE-22": Element(
        "bridge",
        "Linyi Yellow River bridge",
        "建设临猗黄河大桥及引线。",
        "Build the Linyi bridge over the Yellow River and its approaches.",
        _YRT,
    ),
    "PE-23": Element(
        "bridge",
        "Links of the Sanmenxia road-rail Yellow River bridge",
        "建设运三高速三门峡公铁黄河大桥连接线。",
        "Build the links of the road-rail bridge on the Yuncheng-Sanmenxia expressway.",
        _YRT,
        name_zh="运三高速三门峡公铁黄河大桥连接线",
    ),
    "PE-24": Element(
        "general_airport",
        "General airports of Ruicheng and Xiangning",
        "芮城通用机场在建，乡宁通用机场开展前期工作。",
        "Ruicheng is being built, Xiangning is prepared.",
        _YRT,
        name_zh="芮城、乡宁通用机场",
    ),
    "PE-25": Element(
        "railway",
        "Yuncheng-Sanmenxia and Hancheng-Hejin-Houma-Jincheng railways",
        "推进运三、韩河侯晋铁路前期工作。",
        "Preparatory work for two railways.",
        _YRT,
    ),
    "PE-26": Element(
        "gas_pipeline",
        "Gas pipelines of the triangle",
        "规划吉县—延长、盐湖—平陆—三门峡、运城—三门峡天然气管道。",
        "Three gas pipelines are planned.",
        _YRT,
        "140802;140829;141028;140800;411200",
        note="延长县 lies outside the triangle and is not in members",
    ),
    "PE-27": Element(
        "gas_storage",
        "Gas storage for peaks and emergencies",
        "建设运城LNG应急储气、益通储罐扩建和浮山新城储气调峰中心。",
        "Gas storage at Yuncheng and other places.",
        _YRT,
        "140800",
        note="the county of 益通 and of 浮山新城 was not seen",
    ),
    "PE-28": Element(
        "circular_park",
        "Circular economy parks",
        "建设永济、河津等循环经济园区和固废利用基地。",
        "Circular economy parks at Yongji and Hejin, and bases that use solid waste.",
        _YRT,
    ),
    "PE-29": Element(
        "eco_project",
        "Hui river restoration and the central diversion to Linfen",
        "侯马市浍河生态修复，临汾市中部引黄供水。",
        "Restore the Hui river in Houma; supply Linfen with Yellow River water.",
        _YRT,
        "141081;141000",
    ),
    "PE-30": Element(
        "corridor",
        "Lüliang mountain ecological corridor",
        "离石、中阳、方山、交口、岚县建设生态文明示范走廊。",
        "An ecological model corridor through five counties of Lüliang.",
        "central_cluster",
    ),
    "PE-31": Element(
        "economic_belt",
        "Yellow River and Fen River county belts",
        "沿黄四县、沿汾平川四县两条经济带，县名未列出。",
        "Two belts of four counties each; the text does not name them.",
    ),
    "PE-32": Element(
        "town_group",
        "Town groups of Lishi-Liulin-Zhongyang-Fangshan and Jiaocheng-Fenyang-Wenshui-Xiaoyi",
        "培育离柳中方、交汾文孝两个城镇组群。",
        "Two groups of towns grow together.",
        "central_cluster",
        "141102;141125;141128;141129;141121;141122;141181;141182",
        note=_ABBREVIATED,
    ),
    "PE-33": Element(
        "passage",
        "Third Shijiazhuang-Taiyuan passage; Taiyuan-Xiong'an expressway by Yangquan",
        "谋划石太第三通道和过境阳泉的太原—雄安高速。",
        "A third passage and an expressway by Yangquan are proposed.",
        "central_cluster",
        "140100;140300",
    ),
    "PE-34": Element(
        "key_projects",
        "Key projects of the Xinzhou segment",
        "忻州区列出268项、近2000亿元，含雄忻、集大原高铁、太忻大道、坪上水库和若干产业园。",
        "268 projects, railways, a road, a reservoir and industrial parks among them.",
        "taixin;taixin_xinzhou",
    ),
    "PE-35": Element(
        "transfer_layout",
        "2+5+N transfer layout",
        "承接京津冀产业转移按“2+5+N”布局：2个省级重点、5个市级开发区、若干县级平台；2个已点名，"
        "5个只点名2个。",
        "Two provincial places, five municipal zones and county platforms; both of the two and two"
        " of the five are named.",
        "taixin",
    ),
    "PE-36": Element(
        "material_cluster",
        "Ten key areas of new materials",
        "新材料产业集群含十大重点区域，名称未公布。",
        "Ten key areas; their names are not published.",
        "taixin",
    ),
    "PE-37": Element(
        "target",
        "Transport targets for 2025",
        "2025年高速公路网密度每百平方公里4.9公里，新增高铁200公里，ETC使用率提高5个百分点。",
        "By 2025: 4.9 km of expressway per 100 km2, 200 km of new high-speed rail, ETC use up by 5"
        " points.",
        "taixin",
        name_zh="综合交通网2025年目标",
    ),
    "PE-38": Element(
        "target",
        "Environment targets for 2025",
        "2025年细颗粒物比2020年下降20%，优良天数增加10个百分点，国控断面全部达优良。",
        "By 2025: PM2.5 down 20 % from 2020, good days up by 10 points, all national water sections"
        " good.",
        "taixin",
        name_zh="生态环境2025年目标",
    ),
    "PE-39": Element(
        "target",
        "Taiyuan to the main cities in three hours",
        "2025年太原三小时通达国内主要城市。",
        "By 2025 Taiyuan reaches the main cities in three hours.",
        "",
        "140100",
    ),
    "PE-40": Element(
        "energy_triangle",
        "Shanxi-Shaanxi-Inner Mongolia energy golden triangle",
        "规划提出晋陕蒙能源金三角，未列市县；与忻榆鄂相关而不等同。",
        "Named without a list of places; related to Xinzhou-Yulin-Ordos, not the same.",
        "jin_shaan_meng;xin_yu_e",
        chapter="省级规划解读; “十四五”区域融合规划 第六章第四节 (忻榆鄂)",
    ),
    "PE-41": Element(
        "reform_zone",
        "Shanxi transformation and reform demonstration zone",
        "“两区”之一，由太原、晋中两市县区内的园区组成，边界未获取。",
        "One of the two zones, made of parks inside counties; its boundary was not obtained.",
        "zonggai",
    ),
    "PE-42": Element(
        "city_cluster",
        "Zhengzhou area, Central Plains, Guanzhong, the Yellow River bend",
        "对接郑州都市圈和中原城市群、关中平原城市群、黄河“几”字弯都市圈。",
        "Link up with the neighbouring city clusters.",
        "zhengzhou_metro;central_plains;guanzhong",
        chapter="省级规划解读; “十四五”区域融合规划",
    ),
}

_TRANSFER = ("004", "承接京津冀产业转移集聚区实施方案")
_STARTING = (
    "忻州启动区规划公示（2022-07-13）",
    "xz.sxgov.cn 2022-07-13",
)


@dataclass(frozen=True, slots=True)
class _Place:
    """A starting area or park: `point` names the record of the fact tables whose position it
    borrows.
    """

    element: Element
    name_zh: str
    status: str
    plan: str
    source: str
    point: str = ""
    accuracy_m: str = ""
    extent_m: str = ""


_SEAT_ACCURACY_M = "12000"
"""The widest step of the fact tables' rule for a seat point that stands for something else in its
county.
"""
_LAYOUT = f"{PLANS['004']}; 太原日报 2022-05-19"
PLACES: dict[str, _Place] = {
    "PE-43": _Place(
        Element(
            "new_town",
            "Dayu industrial new town",
            "“2+5+N”的两个省级重点之一，在阳曲县大盂镇；“一中轴、两方城、四组团”。",
            "One of the two provincial places, in Dayu town, Yangqu.",
            "taixin;taixin_taiyuan",
            "140122",
            chapter=_TRANSFER[1],
            note="position: centre of the township's box, not the new town itself",
        ),
        "大盂产业新城",
        "under_construction",
        PLANS["004"],
        f"{_LAYOUT}; mefea.com 2022-07-03",
        point="TW-DY",
    ),
    "PE-44": _Place(
        Element(
            "new_town",
            "Xindong new town (Xiurong new town)",
            "“2+5+N”的两个省级重点之一；2022年称忻东新城，2023年称秀容新城。",
            "One of the two provincial places; called Xindong in 2022, Xiurong in 2023.",
            "taixin;taixin_xinzhou",
            chapter=_TRANSFER[1],
            note="no position or county was found in words",
        ),
        "忻东新城（秀容新城）",
        "planned",
        PLANS["004"],
        f"{_LAYOUT}; wenzhenmedia.cn 2023",
    ),
    "PE-45": _Place(
        Element(
            "development_zone",
            "Taiyuan Zhongbei High-tech Zone",
            "“2+5+N”的五个市级开发区之一。",
            "One of the five municipal development zones.",
            "taixin;taixin_taiyuan",
            chapter=_TRANSFER[1],
            note="no position or county was found in words",
        ),
        "太原中北高新区",
        "existing",
        PLANS["004"],
        f"{_LAYOUT}; n6668.com 2022-07-26",
    ),
    "PE-46": _Place(
        Element(
            "development_zone",
            "Xinzhou Economic Development Zone",
            "“2+5+N”的五个市级开发区之一。",
            "One of the five municipal development zones.",
            "taixin;taixin_xinzhou",
            chapter=_TRANSFER[1],
            note="no position or county was found in words",
        ),
        "忻州经济开发区",
        "existing",
        PLANS["004"],
        _LAYOUT,
    ),
    "PE-47": _Place(
        Element(
            "starting_area",
            "Xinzhou starting area (100 km2)",
            "面积100平方公里，北外环、东外环、忻州绕城高速和同蒲铁路之间；“一心两核三轴五片”。",
            "100 km2 between the northern and eastern ring roads, the bypass expressway and the"
            " Tongpu railway.",
            "taixin;taixin_xinzhou",
            "140902",
            chapter="规划公示",
            note="position: seat of 忻府区, not the area itself; extent_m is the circle of 100 km2",
        ),
        "太忻一体化经济区忻州启动区",
        "planned",
        _STARTING[0],
        _STARTING[1],
        point="seat:140902",
        accuracy_m=_SEAT_ACCURACY_M,
        extent_m="5642",
    ),
    "PE-48": _Place(
        Element(
            "starting_area",
            "Core of the Xinzhou starting area (12.8 km2)",
            "启动区核心区12.8平方公里，东外环、滨河路、同蒲铁路和忻河支线之间；“一叶三廊一脉五谷”。",
            "12.8 km2 between the eastern ring road, the riverside road and two railways.",
            "taixin;taixin_xinzhou",
            "140902",
            chapter="规划公示",
            note=(
                "position: seat of 忻府区, not the area itself; extent_m is the circle of 12.8 km2"
            ),
        ),
        "忻州启动区核心区",
        "planned",
        _STARTING[0],
        _STARTING[1],
        point="seat:140902",
        accuracy_m=_SEAT_ACCURACY_M,
        extent_m="2019",
    ),
    "PE-49": _Place(
        Element(
            "development_zone",
            "Yangqu transformation industrial park",
            "太原片区的平台之一；是否属于“2+5+N”的五个未见说明。",
            "A platform of the Taiyuan segment; whether it is one of the five is not said.",
            "taixin;taixin_taiyuan",
            "140122",
            chapter="太原片区平台",
            note="no position was found",
        ),
        "阳曲转型发展产业园区",
        "existing",
        "太忻一体化经济区太原区报道（2022-07-26）",
        "n6668.com 2022-07-26",
    ),
    "PE-50": _Place(
        Element(
            "pilot_park",
            "Cross-regional industrial pilot park of Ruicheng, Tongguan and Lingbao",
            "在芮城、潼关、灵宝建设跨区域产业合作试点园区；园区位置未公布。",
            "A pilot park for cooperation across the three provinces; its site is not published.",
            f"{_YRT};lingbao_tongguan_ruicheng",
            "140830;411282;610522",
            chapter="第8条",
        ),
        "芮城—潼关—灵宝跨区域产业合作试点园区",
        "planned",
        PLANS["003"],
        PLANS["003"],
    ),
}


def _from_fact(row: Row, element: Element, unmapped: Unmapped) -> Row:
    where = f"plan_elements: {row['element_id']}"
    seeds = [seed for seed in row["seed"].split(";") if seed]
    plan = "; ".join(unmapped.look_up(PLANS, seed, where, "") for seed in seeds)
    status = unmapped.look_up(_STATUS_OF, row["status"], where, "planned")
    places = row["members_or_place"]
    coded = all(part.isdigit() for part in places.split(";")) and places != ""
    return _row(
        row["element_id"],
        element,
        name_zh=element.name_zh or row["name_zh"],
        status=status,
        plan=plan,
        chapter=element.chapter or row["plan"].removeprefix(row["seed"].strip(";")).strip(" "),
        members=element.members or (places if coded else ""),
        places_zh="" if coded else places,
        source=plan,
        confidence="high" if "read" not in element.note else "medium",
        note="; ".join(
            part for part in (_NOTES.get(row["note"], row["note"]), element.note) if part
        ),
    )


def _row(element_id: str, element: Element, **values: str) -> Row:
    return {
        "element_id": element_id,
        "type": element.type,
        "type_zh": TYPES[element.type],
        "name_en": element.name_en,
        "zone_ids": element.zones,
        "status_zh": STATUSES[values["status"]],
        "says_zh": element.says_zh,
        "says_en": element.says_en,
        **values,
        "members": ";".join(sorted(filter(None, values["members"].split(";")))),
    }


def _seats(folder: Path) -> dict[str, tuple[str, str, str, str, str]]:
    """Positions of the fact tables that an element may borrow: lon, lat, accuracy, datum, source."""
    seats = {
        f"seat:{row['code']}": (row["lon"], row["lat"], "", "unstated", "PyPI cpca 0.5.5 adcodes")
        for row in read_csv(folder / "zone_members.csv")
    }
    nodes = {
        row["id"]: (
            row["lon"],
            row["lat"],
            row["position_accuracy_m"],
            row["datum_of_source"],
            row["source"],
        )
        for row in read_csv(folder / "transport_nodes.csv")
    }
    return seats | nodes


def _from_place(
    element_id: str, place: _Place, seats: dict[str, tuple[str, str, str, str, str]]
) -> Row:
    row = _row(
        element_id,
        place.element,
        name_zh=place.name_zh,
        status=place.status,
        plan=place.plan,
        chapter=place.element.chapter,
        members=place.element.members,
        places_zh="",
        source=place.source,
        confidence="medium",
        note=place.element.note,
    )
    if not place.point:
        return row
    lon, lat, accuracy_m, datum, source = seats[place.point]
    lon, lat, accuracy_m = rounded_position(lon, lat, place.accuracy_m or accuracy_m)
    stated, error_m = DATUMS[datum]
    return row | {
        "lon": lon,
        "lat": lat,
        "position_accuracy_m": accuracy_m,
        "datum": stated,
        "datum_error_m": error_m,
        "extent_m": place.extent_m,
        "source": f"{place.source}; position: {source}",
    }


def build(folder: Path, unmapped: Unmapped) -> dict[str, str]:
    """Build the table of plan elements from the fact tables in `folder`.

    Returns
    -------
    dict
        File name -> CSV text, rows sorted by id.
    """
    empty = Element("target", "", "", "")
    rows = []
    for row in unmapped.columns(folder / "plan_elements.csv", _FACT_COLUMNS):
        element = unmapped.look_up(ELEMENTS, row["element_id"], "plan_elements", empty)
        rows.append(_from_fact(row, element, unmapped))
    seats = _seats(folder)
    rows += [_from_place(element_id, place, seats) for element_id, place in PLACES.items()]
    for table, name in (
        (ELEMENTS, "plan elements"),
        (_STATUS_OF, "status words"),
        (PLANS, "plans"),
    ):
        unmapped.unused(table, name)
    return {"plan_elements.csv": csv_text(COLUMNS, sorted(rows, key=lambda row: row["element_id"]))}
