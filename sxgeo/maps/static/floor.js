// The first script of the page, in the language of any browser: says in words where the page cannot run.
(function () {
  var first = '';
  window.addEventListener('error', function (event) {
    first = first || String(event.message || '');
  });
  window.addEventListener('load', function () {
    if (window.sxgeo && window.sxgeo.ready) {
      return;
    }
    var box = document.createElement('div');
    box.id = 'sx-floor';
    box.setAttribute('role', 'alert');
    box.style.cssText =
      'position:fixed;z-index:99999;left:0;right:0;top:0;padding:14px 18px;background:#fff3cd;color:#5b3a00;font:16px/1.6 sans-serif;border-bottom:3px solid #b40f1c';
    box.appendChild(
      document.createTextNode(
        '本页不能在此浏览器中完整运行：图上内容与冲突核查不可用，页面上没有任何结论。请改用 Chromium 80 以上内核的浏览器（Chrome、Edge，或 360、奇安信、红莲花等的“极速模式”）、Firefox 113 以上或 Safari 16.4 以上。' +
          'This page does not run in this browser: it needs Chromium 80, Firefox 113 or Safari 16.4, or newer.' +
          (first ? ' (' + first.slice(0, 160) + ')' : ''),
      ),
    );
    document.body.appendChild(box);
  });
})();
