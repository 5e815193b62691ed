// A page of one day without classes on tiles: the smallest bundle, which draws most maps.
import {backdropLegend, drawBackdrop} from '../draw/backdrop.js';
import {open} from './page.js';

window.sxgeoPage = (map, id) => open(map, id, {backdrop: {drawBackdrop, backdropLegend}});
