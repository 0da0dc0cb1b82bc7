// The frame's own behaviour: theme, menu, questions before deeds, notices, and what to say when the server is silent.
(function () {
  "use strict";
  var root = document.documentElement;

  function keep(name, value) {
    try { window.localStorage.setItem("prozvon." + name, value); } catch (refused) { /* private mode */ }
  }
  function kept(name) {
    try { return window.localStorage.getItem("prozvon." + name); } catch (refused) { return null; }
  }
  function each(selector, work, where) {
    Array.prototype.forEach.call((where || document).querySelectorAll(selector), work);
  }
  function on(type, selector, work) {
    document.addEventListener(type, function (event) {
      var target = event.target.closest && event.target.closest(selector);
      if (target) { work(target, event); }
    });
  }

  // --- theme and menu
  function showTheme() {
    var dark = root.getAttribute("data-bs-theme") === "dark";
    each("[data-theme-switch]", function (button) { button.setAttribute("aria-pressed", String(dark)); });
  }
  on("click", "[data-theme-switch]", function () {
    var next = root.getAttribute("data-bs-theme") === "dark" ? "light" : "dark";
    root.setAttribute("data-bs-theme", next);
    keep("theme", next);
    showTheme();
    document.dispatchEvent(new CustomEvent("prozvon:theme", { detail: next }));
  });
  on("click", "[data-menu-fold]", function (button) {
    var narrow = root.classList.toggle("menu-narrow");
    keep("menu", narrow ? "narrow" : "wide");
    button.setAttribute("aria-pressed", String(narrow));
  });
  on("click", ".menu-heading", function (heading) {
    var open = heading.getAttribute("aria-expanded") !== "true";
    heading.setAttribute("aria-expanded", String(open));
    keep("group." + heading.parentNode.dataset.group, open ? "open" : "shut");
  });
  function restoreMenu() {
    each(".menu-group[data-group]", function (group) {
      // The group of this page is never shut: people must see where they are.
      if (kept("group." + group.dataset.group) === "shut" && !("current" in group.dataset)) {
        group.querySelector(".menu-heading").setAttribute("aria-expanded", "false");
      }
    });
    each("[data-menu-fold]", function (button) {
      button.setAttribute("aria-pressed", String(root.classList.contains("menu-narrow")));
    });
    var current = document.querySelector(".menu-item[aria-current]");
    if (current && current.scrollIntoView) { current.scrollIntoView({ block: "nearest" }); }
  }

  // --- notices
  var LASTS = 6000;
  function fade(note) {
    // Troubles wait for a click; a notice under the pointer or the focus waits too.
    if (note.dataset.note === "danger" || note.dataset.timed) { return; }
    note.dataset.timed = "1";
    window.setTimeout(function again() {
      if (note.matches(":hover") || note.contains(document.activeElement)) { window.setTimeout(again, 2000); } else { note.remove(); }
    }, LASTS);
  }
  function toast(text, tone, undo) {
    var note = document.getElementById("toast-template").content.firstElementChild.cloneNode(true);
    tone = tone || "info";
    note.className = "note note-" + tone;
    note.dataset.note = tone;
    if (tone === "danger" || tone === "warning") { note.setAttribute("role", "alert"); }
    note.querySelector(".note-text").textContent = text;
    var use = note.querySelector("use");
    var names = { success: "circle-check", danger: "alert-circle", warning: "alert-triangle" };
    use.setAttribute("href", use.getAttribute("href").split("#")[0] + "#" + (names[tone] || "info-circle"));
    if (undo) {
      var button = document.createElement("button");
      button.type = "button";
      button.className = "btn btn-sm";
      button.textContent = undo.label;
      button.addEventListener("click", function () { undo.run(); note.remove(); });
      note.insertBefore(button, note.querySelector("[data-note-close]"));
    }
    document.getElementById("notices").appendChild(note);
    fade(note);
    return note;
  }
  on("click", "[data-note-close]", function (button) { button.closest(".note").remove(); });
  on("click", "[data-go-back]", function () { window.history.back(); });
  document.addEventListener("toast", function (event) { toast(event.detail.text, event.detail.tone); });

  // --- questions before deeds
  function ask(text, verb) {
    return new Promise(function (answer) {
      var dialog = document.getElementById("confirm");
      var yes = dialog.querySelector("[data-verb]");
      document.getElementById("confirm-text").textContent = text;
      yes.textContent = verb || yes.dataset.verb;
      dialog.returnValue = "no";
      dialog.addEventListener("close", function () { answer(dialog.returnValue === "yes"); }, { once: true });
      dialog.showModal();
    });
  }
  document.addEventListener("submit", function (event) {
    var form = event.target, button = event.submitter;
    var asking = button && button.dataset.confirm ? button : form;
    if (asking.dataset.confirm && !form.dataset.agreed && !form.hasAttribute("hx-post")) {
      event.preventDefault();
      event.stopPropagation();
      ask(asking.dataset.confirm, asking.dataset.confirmVerb).then(function (yes) {
        if (!yes) { return; }
        form.dataset.agreed = "1";
        form.requestSubmit(button || undefined);
        delete form.dataset.agreed;
      });
      return;
    }
    if (form.hasAttribute("data-once") && !form.hasAttribute("hx-post")) {
      // After the browser has read the form, or the button's own name and value would not be sent.
      window.setTimeout(function () { each("button[type=submit]", function (each_) { each_.disabled = true; }, form); });
    }
  }, true);
  // Back from the browser's memory, the buttons must work again.
  window.addEventListener("pageshow", function (event) {
    if (event.persisted) { each("form[data-once] button[type=submit]", function (button) { button.disabled = false; }); }
  });

  // --- htmx
  document.addEventListener("htmx:confirm", function (event) {
    var source = event.detail.elt, text = source.dataset.confirm;
    if (!text) { return; }
    event.preventDefault();
    ask(text, source.dataset.confirmVerb).then(function (yes) { if (yes) { event.detail.issueRequest(true); } });
  });
  document.addEventListener("htmx:beforeSwap", function (event) {
    // The session has ended: the whole page goes to the log-in, not a piece of it.
    var address = event.detail.xhr.responseURL || "";
    if (address.indexOf("/login/") !== -1) { event.detail.shouldSwap = false; window.location.reload(); }
  });
  var silent = false;
  function tell(event, text) {
    // A poll repeats itself; one notice about it is enough.
    var poll = (event.detail.requestConfig || {}).headers && event.detail.requestConfig.headers["X-Poll"];
    if (poll && silent) { return; }
    if (poll) { silent = true; }
    toast(text, "danger");
  }
  document.addEventListener("htmx:sendError", function (event) { tell(event, document.body.dataset.lost); });
  document.addEventListener("htmx:timeout", function (event) { tell(event, document.body.dataset.lost); });
  document.addEventListener("htmx:responseError", function (event) { tell(event, document.body.dataset.failed); });
  document.addEventListener("htmx:afterRequest", function (event) {
    if (event.detail.successful) { silent = false; }
  });
  document.addEventListener("htmx:afterSettle", function () { each("#notices .note", fade); });

  document.addEventListener("DOMContentLoaded", function () {
    showTheme();
    restoreMenu();
    each("#notices .note", fade);
  });
  window.shell = { toast: toast, ask: ask, keep: keep, kept: kept };
})();
