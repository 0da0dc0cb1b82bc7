// The one thing that pages of people need: a button that copies a link.
(function () {
  "use strict";
  document.addEventListener("click", function (event) {
    var button = event.target.closest("[data-copy]");
    if (!button) { return; }
    var field = document.querySelector(button.dataset.copy);
    field.select();
    function done() { if (window.shell) { window.shell.toast(button.dataset.copied, "success"); } }
    // The clipboard of the browser works on https only; the old way works everywhere.
    if (window.navigator.clipboard && window.isSecureContext) {
      window.navigator.clipboard.writeText(field.value).then(done, function () { document.execCommand("copy"); done(); });
    } else { document.execCommand("copy"); done(); }
  });
})();
