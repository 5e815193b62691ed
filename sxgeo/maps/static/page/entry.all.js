// A page that draws everything: classes on tiles, two days, a backdrop.
import {openColumns} from '../check/columns.js';
import {backdropLegend, drawBackdrop} from '../draw/backdrop.js';
import {Divider, scenarioLegend} from '../draw/scenario.js';
import {Tiles} from '../draw/tiles.js';
import {open} from './page.js';

const parts = {
  backdrop: {drawBackdrop, backdropLegend},
  days: {Divider, scenarioLegend},
  Tiles,
  openColumns,
};
window.sxgeoPage = (map, id) => open(map, id, parts);
