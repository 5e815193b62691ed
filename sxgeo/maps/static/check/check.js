// Sites x layers x rules -> the object of `sxgeo check --format json`. Pure: the pack goes in, the answer comes out.
import {askedOf} from './asking.js';
import {besidesOf, certificate, enginesOf, lackingGround} from './clearance.js';
import {findingOrder, gravestPerFeature, rounded} from './findings.js';
import {centralMeridian, ellipsoidArea, meridianOf, planeName, wayTo} from './geodesy.js';
import {
  areaOf,
  boxDistance,
  boxOf,
  centroidLon,
  distance,
  finish,
  positions,
  shapeOf,
} from './geometry.js';
import {
  binding,
  codesOf,
  findingOutcome,
  inForce,
  judge,
  knownFrom,
  optionsFor,
  unboundBy,
  undecided,
} from './judge.js';
import {keptFree, legalOverlay, sharedEdge} from './legal.js';
import {clip, covers, measure} from './overlay.js';
import {SCALE, order, own, round} from './plain.js';
import {questionsOf} from './questions.js';
import {Shelf} from './shelf.js';
import {readSites} from '../read/reading.js';

// Geometry of the pack: every chain is [x0, y0, dx, dy, ...] in units of 1e-7 degree.
function unpack(packed) {
  if (!packed) {
    return null;
  }
  const chain = list => {
    const points = [];
    for (let i = 0, x = 0, y = 0; i < list.length; i += 2) {
      x += list[i];
      y += list[i + 1];
      points.push([x / SCALE, y / SCALE]);
    }
    return points;
  };
  const [type, parts] = packed;
  const coordinates =
    type === 'Point'
      ? chain(parts)[0]
      : type === 'LineString' || type === 'MultiPoint'
        ? chain(parts)
        : type === 'MultiPolygon'
          ? parts.map(part => part.map(chain))
          : parts.map(chain);
  return {type, coordinates};
}

export class Checker {
  // `columns` opens layers that stand apart, which only a page with classes on tiles carries. `second` is the engine that
  // measures all once more: {name, failed, vote, release}; where one was asked for and is not there, nothing is clear.
  constructor(pack, read = told => told, columns = null) {
    this.pack = pack;
    this.columns = columns;
    this.second = pack.engine === 'both' ? {name: 'geos', failed: 'not started'} : null;
    this.law = pack.law;
    this.planes = new Map();
    this.read = read;
    for (const layer of pack.layers) {
      for (const record of layer.records) {
        record.geometry = record.geometry || unpack(record.packed);
      }
    }
    const same = (x, y) => [x, y];
    for (const county of pack.counties) {
      county.geometry = county.geometry || unpack(county.packed);
      county.flat = shapeOf(county.geometry, same);
    }
    this.unions = pack.unions.map(unpack);
    this.china = pack.china ? shapeOf(unpack(pack.china), same) : null;
  }

  // Layers, counties and unions on one plane, made once.
  plane(meridian) {
    if (!this.planes.has(meridian)) {
      const move = wayTo(meridian);
      const flat = geometry => geometry && shapeOf(geometry, move);
      this.planes.set(meridian, {
        meridian,
        drawn: new Map(),
        shelves: this.pack.layers.map(layer => new Shelf(layer, move)),
        counties: new Map(this.pack.counties.map(county => [county.code, flat(county.geometry)])),
        unions: this.unions.map(flat),
      });
    }
    return this.planes.get(meridian);
  }

  // Large layers stand apart in the page and are read when the first site is checked.
  open() {
    if (this.pack.refusal) {
      throw new Error(this.pack.refusal);
    }
    for (const layer of this.pack.layers) {
      if (layer.apart) {
        this.columns(layer, this.read(layer.apart));
        delete layer.apart;
      }
    }
  }

  check(geojson, options = {}) {
    this.open();
    const {law} = this;
    const asked = askedOf(options ?? {}, this.pack);
    const {accuracies, corners} = this.pack;
    const {sites, left} = readSites(geojson, asked, this.china, accuracies, corners);
    const answers = sites.map(site => this.answered(site, asked));
    if (this.second && this.second.failed === null) {
      this.second.release();
    }
    const gravest = (order, key, none) =>
      order.find(one => answers.some(answer => answer[key] === one)) || none;
    return {
      schema: this.pack.schema,
      verdict: gravest(law.outcomes, 'verdict', 'not_screened'),
      known_verdict: gravest(law.known_outcomes, 'known_verdict', 'none_found'),
      as_of: asked.as_of,
      limited_to: asked.classes,
      engines: enginesOf(this.second),
      sites: answers,
      receipt: this.receipt(sites, asked, left),
    };
  }

  // One shape that cannot be worked with costs its own answer, not those of the others.
  answered(site, asked) {
    try {
      return this.answer(site, asked);
    } catch (error) {
      return this.answer(
        {
          ...site,
          geometry: null,
          problems: [
            ...site.problems,
            `its shape cannot be worked with (${String(error.message).slice(0, 80)}); use sxgeo check`,
          ],
        },
        asked,
      );
    }
  }

  answer(site, asked) {
    const entries = site.geometry
      ? this.screen(site, asked)
      : this.pack.layers.map(layer =>
          this.entry(layer, asked, 'not_screened', 'none_found', null, 'bad_site'),
        );
    const requested = entries.filter(entry => entry.requested);
    const first = (order, key, none) =>
      order.find(one => requested.some(e => e[key] === one)) || none;
    const extra = new Set(this.pack.layers.filter(layer => layer.extra).map(layer => layer.id));
    const places = site.geometry ? this.places(site) : [];
    return {
      site_id: site.site_id,
      verdict: first(this.law.outcomes, 'outcome', 'not_screened'),
      known_verdict: first(this.law.known_outcomes, 'known_outcome', 'none_found'),
      problems: site.problems,
      doubtful: site.doubtful,
      area_m2: site.geometry ? round(site.area, 4) : null,
      area_ellipsoid_m2: site.geometry ? round(site.area_ellipsoid, 4) : null,
      crs: site.geometry ? site.plane : null,
      accuracy_m: round(site.accuracy_m, 4),
      accuracy_source: site.accuracy_source,
      screening: entries.filter(entry => !extra.has(entry.resource_class)),
      extra: entries.filter(entry => extra.has(entry.resource_class)),
      zones: [...new Set(places.flatMap(code => own(this.pack.zones, code) || []))],
      plan_elements: this.pack.elements
        .filter(element => element.codes.some(code => places.includes(code)))
        .map(({codes, ...rest}) => rest),
      overrides: [],
      questions: site.geometry ? this.questions(site, entries, asked) : [],
    };
  }

  // What is unsaid and would change the answer: a class is judged again for a project of which it is said.
  questions(site, entries, asked) {
    return questionsOf(
      entries.filter(entry => entry.requested),
      asked,
      this.pack,
      (id, project) => {
        const row = this.pack.layers.findIndex(layer => layer.id === id);
        const layer = this.pack.layers[row];
        return this.outcomeOf(layer, {
          ...site.at,
          asked: {...asked, project},
          shelf: site.at.ground.shelves[row],
        }).known_outcome;
      },
    );
  }

  places(site) {
    const shape = shapeOf(site.geometry, (x, y) => [x, y]);
    return this.pack.counties
      .filter(county => distance(county.flat, shape, 0) === 0)
      .map(county => county.code);
  }

  screen(site, asked) {
    const meridian = decisionMeridian(site);
    const drawnOn = site.crs ? meridianOf(site.crs) : null;
    const declared = drawnOn ?? meridian;
    const ground = this.plane(meridian);
    const shape = shapeOf(site.geometry, wayTo(meridian, drawnOn));
    site.shape = shape;
    site.area = areaOf(
      declared === meridian ? shape.polys : shapeOf(site.geometry, wayTo(declared, drawnOn)).polys,
    );
    site.plane = planeName(declared);
    site.area_ellipsoid = shape.polys.reduce((sum, rings) => sum + ellipsoidArea(rings), 0);
    const known = (ground.unions[this.pack.all_counties] || {polys: []}).polys;
    const votes = this.vote();
    const within = covers(known, shape);
    votes?.covers('超出县界', 'beyond the counties', within, known, shape);
    const near = new Map();
    const box = boxOf(positions(site.geometry.coordinates));
    const measured = new Map();
    const overlaps = new Map();
    site.at = {site, shape, box, ground, outside: !within, near, votes, measured, overlaps};
    return this.pack.layers.map((layer, row) => {
      if (layer.failed !== null) {
        return this.entry(layer, asked, 'not_screened', 'none_found', null, 'layer_failed');
      }
      if (!this.requested(layer, asked)) {
        return this.entry(
          layer,
          asked,
          'not_screened',
          'none_found',
          null,
          layer.origin !== 'none' ? 'not_requested' : 'nothing_held',
        );
      }
      return this.classEntry(layer, {...site.at, asked, shelf: ground.shelves[row]});
    });
  }

  // A vote on one class at one site, or on the ground of a site; null where the page's own engine decides alone.
  vote(ground) {
    return this.second && this.second.failed === null ? this.second.vote(ground) : null;
  }

  requested(layer, asked) {
    return asked.classes
      ? asked.classes.includes(layer.id)
      : !layer.extra || layer.origin !== 'none';
  }

  edge(codes) {
    const known = this.pack.counties
      .filter(county => codes.includes(county.code))
      .map(county => county.position_accuracy_m ?? Infinity);
    return known.length ? Math.max(...known) : Infinity;
  }

  // A class at a site with its findings in order, what they take together, and by zone.
  classEntry(layer, given) {
    const entry = this.outcomeOf(layer, given);
    entry.findings.sort(findingOrder(this.law));
    entry.unions = unite(entry.findings, given.shape);
    entry.by_zone = this.byZone(entry, given.site);
    if (entry.clear_because) {
      Object.assign(entry.clear_because, besidesOf(entry));
    }
    return entry;
  }

  // The outcome of a class and what it was found from: all that a question about the project needs.
  outcomeOf(layer, given) {
    const {law, pack} = this;
    const at = {...given, vote: this.vote(given.votes)};
    const project = at.asked.project;
    const error = at.site.accuracy_m + at.site.datum_error_m;
    const bounds = new Map();
    pack.rules.forEach((rule, number) => {
      if (rule.resource_class === layer.id && inForce(rule, at.asked.as_of)) {
        bounds.set(number, binding(rule, project, law));
      }
    });
    const required = Math.max(
      0,
      ...[...bounds]
        .filter(([, [bound]]) => bound !== 'no')
        .map(([number]) => pack.rules[number].required_m),
    );
    const reach = required * (1 + law.plane_scale) + error;
    const findings = this.find(layer, bounds, required, reach, at);
    const seen = knownFrom(findings, law);
    const told = this.told(layer, seen, bounds, reach, at);
    const disputed = at.vote ? at.vote.disputed() : null;
    const undecided = disputed && told[0] !== 'conflict';
    const entry = this.entry(
      layer,
      at.asked,
      ...(undecided ? ['undetermined', told[1], seen[1], 'engines_disagree', null] : told),
    );
    if (disputed) {
      entry.reason += `：${disputed[0]}`;
      Object.defineProperty(entry, 'disputed_en', {value: disputed[1], enumerable: false});
    }
    entry.findings = findings;
    return entry;
  }

  // How far the records of a class lie from a site, Infinity beyond a limit; asked again for another project of the same
  // site, it is not measured again. Two engines vote anew on each.
  measuredFrom(layer, limit, at) {
    const known = at.measured.get(layer);
    if (known && limit <= known.limit && !at.vote) {
      return known;
    }
    const {shape, shelf, box} = at;
    // The record whose box lies nearest is measured first: it rules out all that lie farther, whatever the order of the file.
    let nearest = shelf.likely(box);
    let least = nearest < 0 ? Infinity : distance(shape, shelf.at(nearest));
    const far = new Float64Array(shelf.count).fill(Infinity);
    const rows = [];
    for (let row = 0; row < shelf.count; row += 1) {
      const most = Math.max(limit, least);
      if (!shelf.has(row) || shelf.beyond(row, box, most)) {
        continue;
      }
      far[row] = distance(shape, shelf.at(row), most);
      if (at.vote && boxDistance(shape.box, shelf.at(row).box) <= limit) {
        at.vote.distance('距离', 'distance', shape, shelf.at(row), limit, layer.records[row]);
      }
      if (far[row] < least || (far[row] === least && row < nearest)) {
        least = far[row];
        nearest = row;
      }
      if (far[row] <= limit || (at.vote && at.vote.of(layer.records[row]))) {
        rows.push(row);
      }
    }
    const found = {limit, far, nearest, rows};
    at.measured.set(layer, found);
    return found;
  }

  // What of a class hangs on no site: how far its records may reach beyond what is drawn, and which of them tell no more than a
  // county.
  static standing(layer, shelf) {
    if (!layer.standing) {
      const reaches = layer.records.map(r => r.spread_m + r.accuracy_m + r.datum_error_m);
      layer.standing = {
        slack: reaches.reduce((most, one) => Math.max(most, one), 0),
        loose: layer.records.flatMap((r, row) =>
          r.coarse !== null || !shelf.has(row) ? [row] : [],
        ),
      };
    }
    return layer.standing;
  }

  find(layer, bounds, required, reach, at) {
    const {shelf} = at;
    const {slack, loose} = Checker.standing(layer, shelf);
    const limit =
      required * (1 + this.law.plane_scale) +
      slack +
      1 +
      at.site.accuracy_m +
      at.site.datum_error_m;
    const {far, nearest, rows} = this.measuredFrom(layer, limit, at);
    const asked = new Set([...loose, ...rows, ...(nearest >= 0 ? [nearest] : [])]);
    const found = [];
    for (const row of [...asked].sort((a, b) => a - b)) {
      const record = layer.records[row];
      const gap =
        record.coarse !== null || !shelf.has(row)
          ? this.countyGap(layer, record, shelf, row, reach, at)
          : null;
      const wide = gap !== null && gap <= 0;
      const disputed = at.vote !== null && at.vote.of(record);
      if (!wide && row !== nearest && !(far[row] <= limit) && !disputed) {
        continue;
      }
      const judged = this.judged(layer, bounds, record, shelf.at(row), wide, at);
      if (gap !== null) {
        for (const f of judged) {
          if (f.relation === 'missed' && f.flip_distance_m !== null) {
            f.flip_distance_m = Math.min(f.flip_distance_m, gap);
          }
        }
      }
      const kept = judged.filter(f => f.relation !== 'missed');
      if (kept.length) {
        found.push(...kept);
      } else if (row === nearest) {
        found.push(
          judged.sort(
            (a, b) =>
              (a.margin_m ?? Infinity) - (b.margin_m ?? Infinity) ||
              order(a.rule_id || '', b.rule_id || ''),
          )[0],
        );
      }
    }
    return found.map(f => rounded(f));
  }

  // What a bare plot must keep free where a rule binds buildings only.
  bare(rule, verdict, resource, at) {
    const free =
      verdict.relation === 'met' &&
      rule.binds === 'building' &&
      own(at.asked.project.said, 'building_outlines') !== 'yes';
    return {
      no_build_m2: free ? keptFree(at.shape, resource, verdict.required) : null,
      set_back_m: free ? verdict.required : null,
    };
  }

  // How far the site lies beyond a rule's reach of the counties of a record; not above 0 when it may lie in them.
  countyGap(layer, record, shelf, row, reach, at) {
    const named = codesOf(record);
    const codes = named.length ? named : layer.coverage;
    if (!codes.length) {
      return 0;
    }
    if (at.vote) {
      at.vote.onGround = true;
    }
    const drawn =
      record.coarse === 'unknown_accuracy' && shelf.has(row)
        ? this.drawnIn(record, shelf.at(row), at.ground)
        : [];
    let gap = Infinity;
    for (const code of new Set([...codes, ...drawn])) {
      const county = at.ground.counties.get(code);
      if (!county && at.outside) {
        return 0;
      }
      if (!county) {
        continue;
      }
      if (!at.near.has(code)) {
        at.near.set(code, apart(at.votes, `距县${code}`, `distance to ${code}`, county, at.shape));
      }
      gap = Math.min(gap, at.near.get(code) - reach - this.edge([code]));
    }
    return gap;
  }

  // Codes of the counties that a record is drawn in; worked out once per plane.
  drawnIn(record, resource, ground) {
    if (!ground.drawn.has(record)) {
      const met = this.pack.counties.filter(
        county => distance(ground.counties.get(county.code), resource, 0) === 0,
      );
      ground.drawn.set(
        record,
        met.map(county => county.code),
      );
    }
    return ground.drawn.get(record);
  }

  // What a site and a record have in common, worked out once, whatever is asked of the project.
  overlapOf(record, resource, at) {
    let known = at.overlaps.get(record);
    if (!known) {
      const overlap = measure(at.shape, resource);
      const ellipsoid = overlap.area
        ? overlap.common.polys.reduce((sum, rings) => sum + ellipsoidArea(rings), 0)
        : 0;
      known = [overlap, sharedEdge(record, at.shape, resource, overlap, this.law), ellipsoid];
      at.overlaps.set(record, known);
    }
    return known;
  }

  judged(layer, bounds, record, resource, wide, at) {
    const {law, pack} = this;
    const [overlap, edge, ellipsoid] = resource
      ? this.overlapOf(record, resource, at)
      : [null, null, 0];
    const fits = layer.fits[record.fits];
    const shared = edge !== null && edge >= law.shared_length_m;
    if (at.vote && overlap) {
      at.vote.measured(record, at.shape, resource, overlap);
      if (edge !== null) {
        at.vote.edge(record, at.shape, resource, edge, law);
      }
    }
    const disputed = at.vote !== null && at.vote.of(record);
    return optionsFor(fits, pack.rules, bounds, record.impossible, law).map(option => {
      const [rule, bound] = option;
      const alone = judge(option, record, overlap, at.site, at.asked.project, wide, shared, law);
      const verdict = disputed ? undecided(alone) : alone;
      const known = Boolean(rule.rule_id);
      const finding = {
        feature_id: record.feature_id,
        name_zh: record.name_zh,
        outcome: findingOutcome(verdict.relation, rule, at.asked.project, law),
        overlap_m2: overlap ? overlap.area : 0,
        overlap_ellipsoid_m2: ellipsoid,
        overlap_length_m: overlap ? overlap.length : 0,
        overlap_share: overlap ? overlap.share : 0,
        distance_m: overlap ? overlap.distance : null,
        required_m: verdict.required,
        margin_m: verdict.margin,
        uncertainty_m: verdict.error,
        flip_distance_m: verdict.flip,
        rule_id: known ? rule.rule_id : null,
        effect: known ? rule.effect : null,
        law: known ? rule.law : null,
        article: known ? rule.article || null : null,
        in_force_from: rule.in_force_from,
        in_force_to: rule.in_force_to,
        membership: record.membership,
        geometry_kind: record.geometry_kind,
        source: record.source,
        relation: verdict.relation,
        reason_code: verdict.code,
        reason: pack.tables.finding_reasons[verdict.code],
        resource_kind: record.resource_kind,
        subzone: record.subzone,
        condition:
          bound === 'yes'
            ? null
            : [
                ...new Set([...rule.project_types, ...(rule.condition ? [rule.condition] : [])]),
              ].join(';') || null,
        max_height_m: verdict.height,
        requirement: known ? rule.requirement : null,
        extent_m: record.extent_m,
        unbound_by: verdict.relation === 'unbound' ? unboundBy(fits, bounds) : [],
        binds: known ? rule.binds : null,
        boundary: overlap ? record.boundary : null,
        legal_overlay: overlap ? legalOverlay(record, overlap, shared, law) : null,
        ...this.bare(rule, verdict, resource, at),
      };
      Object.defineProperty(finding, 'common', {
        value: overlap && overlap.common,
        enumerable: false,
      });
      return finding;
    });
  }

  // Joins what is known with what is complete: outcome, known outcome, effect, reason code, certificate.
  told(layer, [seen, effect, reason], bounds, reach, at) {
    const [known, code] = this.ofUrban(layer, seen, reason, at);
    if (known === 'conflict' || known === 'undetermined') {
      return [known, known, effect, code, null];
    }
    if (!layer.held && known !== 'regulated') {
      return ['not_screened', known, effect, 'nothing_held', null];
    }
    const covered =
      layer.covered !== null &&
      apart(
        at.vote,
        '距资料覆盖范围',
        'distance to the area covered',
        at.ground.unions[layer.covered],
        at.shape,
      ) === 0;
    if (!covered) {
      return [
        known === 'regulated' ? 'undetermined' : 'not_screened',
        known,
        effect,
        'outside_coverage',
        null,
      ];
    }
    const complete = this.complete(layer, reach, at);
    const subzones = this.subzonesHeld(layer, bounds, reach, at);
    if (!complete || !subzones) {
      return ['undetermined', known, effect, complete ? 'subzone_missing' : 'incomplete', null];
    }
    if (known === 'regulated') {
      return [known, known, effect, code, null];
    }
    const sure = !at.site.doubtful;
    const grounds = {
      held: Boolean(layer.held),
      covered,
      layer_read_whole: layer.failed === null,
      complete,
      document: layer.complete_document,
      subzones_held: subzones,
      read_without_doubt: sure,
      input_accounted_for: sure,
      all_missed_or_unbound: known === 'none_found' || known === 'touched_unbound',
      engines: enginesOf(this.second),
      engines_agree: this.second === null || this.second.failed === null,
    };
    const lost = lackingGround(grounds);
    if (lost) {
      return ['undetermined', known, null, lost, null];
    }
    const needed = [...bounds]
      .filter(([, [bound]]) => bound !== 'no')
      .map(([number]) => this.pack.rules[number].subzone)
      .filter(zone => zone !== null);
    return ['clear', known, null, code, certificate(layer, grounds, [...new Set(needed)].sort())];
  }

  // The town boundary says where the site lies; only rules that were seen decide, and only for a site wholly inside.
  ofUrban(layer, known, code, at) {
    const {urban} = this.law;
    if (layer.id !== urban.class || !layer.records.length) {
      return [known, code];
    }
    const shapes = layer.records.map((_, row) => at.shelf.at(row)).filter(Boolean);
    const polys = shapes.flatMap(shape => shape.polys);
    const inside =
      polys.length > 0 &&
      covers(polys.length > 1 ? clip('union', ...polys.map(poly => [poly])) : polys, at.shape);
    at.vote?.covers('超出城镇开发边界', 'beyond the town boundary', inside, polys, at.shape);
    const touched = shapes.some(shape => distance(shape, at.shape, 0) === 0);
    if (known === 'conflict' || (inside && known === 'regulated')) {
      return [known, code];
    }
    return ['undetermined', inside ? urban.inside : touched ? urban.part : urban.outside];
  }

  // Shares a site out over the zones of the town development boundary, m2.
  byZone(entry, site) {
    const {urban_zh: labels, urban_zones: zones} = this.pack.words;
    if (own(labels, entry.reason_code) === undefined || !site.area) {
      return null;
    }
    const inside = new Map(zones.map(zone => [zone, 0]));
    const whole = site.area;
    for (const f of gravestPerFeature(entry)) {
      if (f.area) {
        const zone = inside.has(f.subzone) ? f.subzone : 'unknown';
        inside.set(zone, (inside.get(zone) || 0) + f.area);
      }
    }
    inside.set(
      'outside',
      Math.max(0, whole - [...inside.values()].reduce((sum, area) => sum + area, 0)),
    );
    return [...inside].map(([zone, area]) => ({
      zone,
      area_m2: round(area, 4),
      share: round(Math.min(1, area / whole), 6),
    }));
  }

  // Whether no record in reach lacks a subzone that a rule which may bind needs.
  subzonesHeld(layer, bounds, reach, at) {
    if (layer.complete === null) {
      return true;
    }
    return layer.records.every((record, row) => {
      const wanted = layer.lacks[record.lacks].some(
        number => bounds.has(number) && bounds.get(number)[0] !== 'no',
      );
      if (!wanted || !at.shelf.has(row)) {
        return true;
      }
      const far = reach + record.hidden_m + record.accuracy_m + record.datum_error_m;
      if (at.shelf.beyond(row, at.box, far)) {
        return true;
      }
      return apart(at.vote, '距离', 'distance', at.shape, at.shelf.at(row), far, record) > far;
    });
  }

  complete(layer, reach, at) {
    if (layer.complete === null) {
      return false;
    }
    const whole = at.ground.unions[layer.complete];
    const inside = covers(whole.polys, at.shape);
    at.vote?.covers('超出声明完整范围', 'beyond what is whole', inside, whole.polys, at.shape);
    if (!inside) {
      return false;
    }
    const edges = shape =>
      shape.polys.length ? finish({polys: [], lines: shape.polys.flat(), points: []}) : shape;
    const far = apart(
      at.vote,
      '距声明完整范围边界',
      'distance to the edge of what is whole',
      edges(whole),
      edges(at.shape),
    );
    return far > reach + this.edge(layer.complete_in);
  }

  entry(layer, asked, outcome, known, effect, code, clearBecause = null) {
    if ((outcome === 'clear') !== (clearBecause !== null)) {
      throw new Error(`${layer.id} is called ${outcome}, which its grounds do not bear out`);
    }
    const reason = this.pack.tables.class_reasons[code];
    return {
      resource_class: layer.id,
      outcome,
      known_outcome: known,
      effect,
      reason_code: code,
      reason: code === 'layer_failed' ? `${reason}：${layer.failed}` : reason,
      requested: this.requested(layer, asked),
      official_count: layer.official_count,
      held: layer.held,
      candidates: layer.candidates,
      located: layer.located,
      clear_because: clearBecause,
      by_zone: null,
      findings: [],
      unions: [],
    };
  }

  receipt(sites, asked, left) {
    const {project} = asked;
    const pack = this.pack;
    const {groundwater_use: water, discharge, ...attributes} = project.said;
    const flag = said => (said ? said === 'yes' : null);
    return {
      schema: 'sxgeo.receipt/2',
      engines: enginesOf(this.second),
      versions: pack.versions,
      data: {data_date: pack.data_date, sha256: pack.data_sha256},
      rules_sha256: pack.rules_sha256,
      parameters: {
        as_of: asked.as_of,
        project_type: project.type,
        height_m: project.height_m,
        groundwater_use: flag(water),
        discharge: flag(discharge),
        attributes: Object.fromEntries(Object.entries(attributes).sort(([a], [b]) => order(a, b))),
        documents: Object.fromEntries(
          Object.entries(project.documents).sort(([a], [b]) => order(a, b)),
        ),
        classes: asked.classes,
        overrides: [],
      },
      remarks: [
        ...(pack.remarks || []),
        ...(this.second && this.second.failed !== null
          ? [`second engine ${this.second.name} cannot run: ${this.second.failed}`]
          : []),
      ],
      inputs: left.length
        ? [{file: asked.file, left_out: left.slice(0, 50), left_out_count: left.length}]
        : [],
      user_layers: [],
      sites: sites.map(site => ({
        site_id: site.site_id,
        name: site.name,
        file: site.file,
        crs: site.crs,
        datum_error_m: site.datum_error_m,
        problems: site.problems,
        doubtful: site.doubtful,
        accuracy_m: site.accuracy_m,
        accuracy_source: site.accuracy_source,
        geometry: site.geometry,
      })),
    };
  }
}

// Distance of two shapes, by both engines where there are two.
function apart(vote, zh, en, one, other, limit, record) {
  return vote ? vote.distance(zh, en, one, other, limit, record) : distance(one, other, limit);
}

// Overlaps by rule, each place counted once.
function unite(findings, shape) {
  const groups = new Map();
  for (const finding of findings) {
    if (!finding.area) {
      continue;
    }
    const key = JSON.stringify([finding.rule_id || '', finding.effect || '']);
    groups.set(key, [...(groups.get(key) || []), finding]);
  }
  return [...groups]
    .sort((a, b) => order(a[0], b[0]))
    .map(([, group]) => {
      const own = areaOf(shape.polys);
      const area =
        group.length === 1
          ? group[0].area
          : areaOf(clip('union', ...group.map(f => f.common.polys)));
      const less = Math.min(area, own);
      return {
        rule_id: group[0].rule_id,
        effect: group[0].effect,
        features: group.length,
        overlap_m2: round(less, 4),
        overlap_share: round(less / own, 6),
      };
    });
}

// Distances are judged and shown on the plane of the site's own centroid, whatever its file declares.
function decisionMeridian(site) {
  return centralMeridian(centroidLon(site.geometry));
}
