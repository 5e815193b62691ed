// A page of two days side by side.
import {Divider, scenarioLegend} from '../draw/scenario.js';
import {open} from './page.js';

window.sxgeoPage = (map, id) => open(map, id, {days: {Divider, scenarioLegend}});
