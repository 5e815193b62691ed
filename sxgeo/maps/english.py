"""English for the words of an answer in the page.

Laws keep their Chinese names: nothing here translates one.
"""

from __future__ import annotations

OUTCOME_LINE_EN = {
    "conflict": "overlaps, or stands nearer than required, even with the error counted in",
    "regulated": "inside a controlled area: to be built only after approval under the law",
    "undetermined": (
        "the data held or their accuracy do not suffice to decide; the material named must be"
        " obtained"
    ),
    "not_screened": "no data; that does not mean that there is no conflict",
    "clear": "the data are complete and the margin is larger than the combined error",
    "touched_unbound": "to be judged again when what was said changes",
    "none_found": "of what is held only; that does not mean that there is no conflict",
}
UNLESS_EN = (
    "conflict (prohibited in principle, with a lawful exception)",
    "excepted where the lawful exception is met and approved; its document is required",
)
RESTRICTED_EN = (
    "affected (parts must stay free of buildings)",
    "to be built on outside the control strip only",
)
STUDY_EN = ("affected (assessment or query needed)", "a special assessment or query comes first")
NOTIFY_EN = (
    "affected (consult the authority)",
    "the competent authority is to be consulted in writing",
)
EFFECT_LABELS_EN = {
    ("conflict", "prohibited_unless"): UNLESS_EN,
    ("regulated", "prohibited"): RESTRICTED_EN,
    ("regulated", "study"): STUDY_EN,
    ("regulated", "notify"): NOTIFY_EN,
}
"""Label and line of an outcome that an effect says more exactly."""
CLASS_REASON_EN = {
    "prohibited_met": OUTCOME_LINE_EN["conflict"],
    "permit_met": OUTCOME_LINE_EN["regulated"],
    "study_met": STUDY_EN[1],
    "notify_met": NOTIFY_EN[1],
    "restricted_met": (
        "a ban with a condition: its lawful exception is met, or it binds buildings only; to be"
        " dealt with as it says"
    ),
    "between": "its relation to a resource that is held lies within the error: not decidable",
    "unlocated": "a resource that is held has no usable position and may lie in this county",
    "no_rule": "touches a resource that is held, but no rule for it is known",
    "unverified_rule": (
        "touches a resource that is held; the words of the rule were not seen, so it decides"
        " nothing"
    ),
    "incomplete": "the data are not declared complete, so that no conflict cannot be concluded",
    "nothing_held": OUTCOME_LINE_EN["not_screened"],
    "outside_coverage": (
        "the site lies outside the area that the data cover; that does not mean that there is no"
        " conflict"
    ),
    "layer_failed": "the data could not be read; that does not mean that there is no conflict",
    "not_requested": "this class was not asked for",
    "bad_site": "the site cannot be used and was not screened",
    "doubtful_site": (
        "no conflict found, but the reading of the site holds guesses, repairs or doubts (see its"
        " problems); that cannot be concluded before it is confirmed"
    ),
    "subzone_missing": (
        "the data are declared complete, but resources near here lack a subzone (such as a scope"
        " without its belt), so that no conflict cannot be concluded"
    ),
    "engines_disagree": (
        "the two engines disagree, or one that was asked for cannot run, so that no conflict cannot"
        " be concluded"
    ),
    "urban_inside": (
        "inside the town development boundary; what may be built hangs on the zone and the kind of"
        " approval; the words of the rules were not seen, so they decide nothing"
    ),
    "urban_part": (
        "partly outside the town development boundary, where it must be justified; "
        "the words of the rules were not seen, so they decide nothing"
    ),
    "urban_outside": (
        "outside the town development boundary, where it must be justified; "
        "the words of the rules were not seen, so they decide nothing"
    ),
    "not_bound": "touched, and no rule binds in the case that was said",
    "clear": OUTCOME_LINE_EN["clear"],
}
FINDING_REASON_EN = {
    "met": OUTCOME_LINE_EN["conflict"],
    "missed": "the margin is larger than the combined error",
    "within_error": "the distance differs from the required one by less than the combined error",
    "within_extent": (
        "only a point is known of the resource, its extent is not; the site lies where it may"
        " extend"
    ),
    "touching": "the edges touch; they overlap by 0.02 m at most",
    "shared_edge": "shares its edge with a legal vector; overlap 0.0000 ha",
    "unlocated": "the resource has no position and may lie in this county",
    "unknown_accuracy": "the accuracy of its position is unknown",
    "coarse_accuracy": "its position is known worse than 3,000 m",
    "extent_box": "only a bounding box is known of the resource, no boundary",
    "candidate": "the resource is a lead to be verified; its legal standing was not seen",
    "unknown_subzone": "the subzone or kind of the resource is unknown",
    "superseded_subzone": (
        "the subzone given is none of the rules in force on that day; its new zoning is pending"
    ),
    "unknown_basin": (
        "the river basin of the resource is not verified; the rule binds certain basins only"
    ),
    "unverified_rule": "the words of the rule were not seen, so it decides nothing",
    "no_rule": "no rule for it is known",
    "not_bound": "touched, and no rule binds in the case that was said",
    "attribute_unknown": "an attribute of the project was not given",
    "height_unknown": "the height of the building was not given",
    "engines_disagree": "the two engines measure this resource differently",
}
MEMBERSHIP_EN = {
    "official_list": "on the official list",
    "inferred": "inferred from public material",
    "candidate": "lead, to be verified",
}
SUBZONE_EN = {
    "core_protection_zone": "core protection zone",
    "general_control_zone": "general control zone",
    "core_zone_old": "core zone (old zoning)",
    "buffer_zone_old": "buffer zone (old zoning)",
    "experimental_zone_old": "experimental zone (old zoning)",
    "core_scenic_area": "core scenic area",
    "level_1": "level 1 protection zone",
    "level_2": "level 2 protection zone",
    "quasi": "quasi-protection zone",
    "prohibited_abstraction": "zone of prohibited abstraction",
    "restricted_abstraction": "zone of restricted abstraction",
    "protection_scope": "protection scope",
    "construction_control_belt": "construction control belt",
    "core_protection_scope": "core protection scope",
    "urban_concentrated": "zone of concentrated building",
    "urban_flexible": "zone of flexible growth",
    "urban_special": "zone of special use",
}
PROJECT_TYPE_EN = {
    "industrial": "Industrial",
    "polluting_discharge": "Project that discharges pollutants",
    "residential": "Residential",
    "road_or_rail": "Road or railway",
    "quarry_or_mine": "Quarry, mine or borrow pit",
    "groundwater_extraction": "Abstraction of groundwater",
    "tourism": "Tourism",
    "energy": "Energy",
    "other": "Other",
}
CONDITION_EN = {
    "groundwater_use": "abstracts groundwater",
    "discharge": "discharges pollutants",
    "development_zone": "establishes a development zone",
    "railway": "is a railway",
    "hazardous_goods": "involves hazardous goods",
    "chemical_in_yellow_river_basin": (
        "is a chemical project or a tailings pond in the Yellow River basin"
    ),
    "against_protection_aim": "is at odds with the aim of protection",
    "groundwater_pollution": "may pollute groundwater",
    "heavy_water_pollution": "pollutes water heavily",
    "public_place": (
        "is a new village, development zone, school, freight yard, large shopping area or other"
        " public place"
    ),
    "hinders_flood_passage": "hinders the passage of floods, or dumps earth or waste",
    "soil_pollution": "may pollute soil",
    "waste_facility": "is a central waste facility or a landfill",
    "against_access_list": "goes against the access list of the environment unit",
    "noise_emission": "is a noisy industry",
    "noise_sensitive_building": "is a noise-sensitive building unrelated to aviation",
    "breaches_clearance": "breaks the clearance of the airport",
    "substandard_discharge": (
        "discharges sub-standard waste water or dumps solid waste in a wetland"
    ),
    "endangers_water_supply": "endangers waterworks",
    "great_wall_plan_forbids": "lies where the master plan of the Great Wall forbids building",
}
EXCEPTION_EN = {
    "redline_limited_activity": (
        "is a limited human activity that was found lawful within the ecological redline"
    ),
    "redline_major_project": "is a national major project whose unavoidability was approved",
    "farmland_major_project": (
        "is a major project whose use of permanent farmland was approved by the State Council and"
        " made up for"
    ),
    "heritage_scope_approved": "is approved within the protection scope at the level of the site",
    "reserve_listed_activity": (
        "is an activity that the regulations on protected areas list, and approved"
    ),
    "mineral_overlay_approved": "is approved to overlie important minerals",
    "road_strip_agreed": "is agreed to by the road authority",
    "wetland_exempt_project": (
        "is a national major, disaster prevention, important water or wetland protection project"
        " that may occupy a wetland of national importance"
    ),
    "scenic_plan_conformity": "conforms to the plan of the scenic area",
    "historic_core_necessary_works": (
        "is necessary infrastructure or a public service in the core protection scope, on which the"
        " cultural heritage authority was consulted"
    ),
    "great_wall_passage": (
        "cannot go round the Great Wall and passes by an approved tunnel or bridge"
    ),
    "earthquake_station_measures": (
        "is a national key project and added shielding or built a new earthquake monitoring"
        " facility as required"
    ),
}
APPROVAL_EN = {
    "batch": "by batch",
    "separate": "separate siting",
    "village": "village",
    "temporary": "temporary",
}
URBAN_EN = {
    "urban_inside": "inside the boundary; hangs on zone and kind of approval (to be verified)",
    "urban_part": "partly outside the boundary, to be justified",
    "urban_outside": "outside the boundary, to be justified",
}
SHARED_EN = "shared edge, overlap 0.0000 ha"
SHAPE_EN = {"building_outlines": "is given as the outlines of its buildings"}
_FORESTRY, _WATER, _ECOLOGY = (
    "forestry and grassland authority",
    "water authority",
    "ecology and environment authority",
)
_CULTURE, _HOUSING, _NATURAL = (
    "cultural heritage authority",
    "housing and urban-rural development authority",
    "natural resources authority",
)
_LINES = "results of delimiting the three zones and three lines"
SOURCES_EN = {
    "protected_areas": (
        "list of protected natural areas, their boundaries after integration and their zoning",
        _FORESTRY,
    ),
    "forest_grade1": ("parcels of grade I protected forest land of the forest land map", _FORESTRY),
    "water_sources": (
        "list of sources, approvals and boundaries of level 1, level 2 and quasi-protection zones",
        _ECOLOGY,
    ),
    "karst_springs": (
        "extent of the spring basins and boundaries of their key protection zones",
        _WATER,
    ),
    "groundwater_overdraft": (
        "delimited overdraft zones and zones of prohibited and restricted abstraction",
        _WATER,
    ),
    "air_stations": ("list and coordinates of the stations", _ECOLOGY),
    "water_sections": ("list and coordinates of the sections", _ECOLOGY),
    "weather_stations": (
        "sites and kinds of stations and the special plan that protects their surroundings",
        "meteorological authority",
    ),
    "world_heritage": (
        "boundaries of the property and its buffer zone",
        f"{_CULTURE}, {_FORESTRY}",
    ),
    "heritage_sites": (
        "published protection scopes and construction control belts with boundaries",
        _CULTURE,
    ),
    "historic_cities": ("extents of the conservation plan of the city", f"{_HOUSING}, {_CULTURE}"),
    "historic_districts": (
        "core protection scope and construction control belt of the district",
        f"{_HOUSING}, {_CULTURE}",
    ),
    "historic_towns": ("extents of the conservation plan of the town", f"{_HOUSING}, {_CULTURE}"),
    "historic_villages": (
        "extents of the conservation plan of the village",
        f"{_HOUSING}, {_CULTURE}",
    ),
    "industrial_heritage": (
        "core items and protection scope of the industrial heritage",
        "industry and information technology authority",
    ),
    "ecological_redline": (_LINES, _NATURAL),
    "permanent_farmland": (_LINES, _NATURAL),
    "urban_boundary": (_LINES, _NATURAL),
    "wetlands": ("list and boundaries of wetlands", _FORESTRY),
    "scenic_areas": ("extents of the master plan of the scenic area", _FORESTRY),
    "public_welfare_forest": ("parcels of public-welfare forest", _FORESTRY),
    "river_management": ("delimited management extents of rivers and lakes", _WATER),
    "mineral_overlay": ("extents of mining rights and mineral deposits", _NATURAL),
    "goaf": ("results of the survey of mined-out areas", f"{_NATURAL}, energy authority"),
    "geohazard": ("hazard points and prone zones of geological hazards", _NATURAL),
    "road_strip": ("outer edge of road land and building-control strip", "transport authority"),
    "railway_strip": ("plan of the railway safety strip", "railway regulator and railway operator"),
    "power_lines": ("routes and voltages of power lines", "power authority, grid operator"),
    "pipelines": ("routes of oil and gas pipelines", "energy authority, pipeline operator"),
    "airports": ("published clearance zone, fence and noise zones", "civil aviation authority"),
    "old_trees": ("list, places and protection extents of old trees", f"{_FORESTRY}, {_HOUSING}"),
    "earthquake_stations": ("protection extents of earthquake observation", "earthquake authority"),
    "village_roads": (
        "routes of village roads and declared control zones",
        "county government, transport authority",
    ),
    "forest_land": ("parcels of the forest land map", _FORESTRY),
    "water_supply_works": ("safety extents of waterworks", "water supply authority"),
    "sensitive_places": (
        "homes, schools, hospitals and noise-sensitive areas",
        f"{_ECOLOGY}, {_NATURAL}",
    ),
    "great_wall": ("protection extents, control belts and master plan of the Great Wall", _CULTURE),
    "environment_units": ("results of environmental zoning and their access lists", _ECOLOGY),
}
"""What material would settle a class, and who keeps it."""
REPORT_DISCLAIMER_EN = (
    "An aid to screening at the stage of siting. It does not replace the pre-examination of land"
    " use and the opinion on siting, the official check against the three lines, written opinions"
    " of competent authorities or approvals required by law. The bundled data are compiled from"
    " public material; they are not the official list and boundaries of the zone. The extents that"
    " competent authorities publish prevail."
)


def english() -> dict[str, object]:
    """Return the tables that the page's script needs."""
    return {
        "lines": OUTCOME_LINE_EN,
        "labels": {
            f"{outcome}:{effect}": list(words)
            for (outcome, effect), words in EFFECT_LABELS_EN.items()
        },
        "class_reasons": CLASS_REASON_EN,
        "finding_reasons": FINDING_REASON_EN,
        "urban": URBAN_EN,
        "shared": SHARED_EN,
        "approvals": APPROVAL_EN,
        "memberships": MEMBERSHIP_EN,
        "subzones": SUBZONE_EN,
        "project_types": PROJECT_TYPE_EN,
        "conditions": CONDITION_EN | EXCEPTION_EN | SHAPE_EN,
        "disclaimer": REPORT_DISCLAIMER_EN,
    }
