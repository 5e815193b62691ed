// The second engine of a page that asks for one: started apart, and told of where it cannot run.
import {make} from '../draw/dom.js';
import {say, translate} from '../draw/language.js';

const NOTICE = 'sx-engines';

// What stands above the form: that two engines vote, or why only one does and nothing is called clear.
function notice(failed) {
  const words = failed
    ? [
        `本页要求两种计算引擎复核，第二引擎 GEOS 不能在此浏览器中运行（${failed}），因此本页不作“未发现冲突”的结论。请用 Chromium 97、Firefox 102 或 Safari 16 以上的浏览器，或用 sxgeo check --verify。`,
        `This page asks two engines; GEOS cannot run here (${failed}), so that nothing is called clear. Use Chromium 97, Firefox 102, Safari 16 or newer, or sxgeo check --verify.`,
      ]
    : [
        '两种计算引擎（本页、GEOS）分别量算；相差超过1毫米或0.0001平方米的，该类为待核实。',
        'Two engines measure (this page, GEOS); where they differ by more than 1 mm or 1e-4 m², the class is undetermined.',
      ];
  return make('p', {class: failed ? 'sx-note' : 'sx-small', id: NOTICE}, say(...words));
}

// Starts the engine that the pack asks for; resolves when it runs or cannot.
export async function startSecond(checker, panel, take) {
  try {
    checker.second = await window.sxgeoSecond(take('sx-geos'));
  } catch (error) {
    const why = String((error && error.message) || error).slice(0, 160);
    checker.second = {name: 'geos', failed: why};
  }
  const told = notice(checker.second.failed);
  translate(told);
  panel.box.querySelector('.sx-check-head').after(told);
}
