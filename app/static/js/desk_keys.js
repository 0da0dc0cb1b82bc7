/* Keys, results and moving on: one deed at a time. A key pressed while an answer is on its way waits for it. */
"use strict";
(function () {
  const page = document.getElementById("desk");
  const TWICE = 600;        // ms: the same result sooner than this was pressed twice, not meant twice
  const running = new Set();
  let ready = false, waiting = false, settling = false, queued = null, pendingResult = null, leaving = "", focused = null;
  let pressed = "", last = { digit: "", at: 0 };

  const find = (selector) => document.querySelector(selector);
  const moves = (target) => Boolean(target) && ["desk", "desk-card"].includes(target.id);
  const busy = () => !ready || waiting || running.size > 0 || settling;

  // --- one deed at a time
  function press(selector) {
    const target = find(selector);
    if (target && !target.matches(":disabled")) target.click();
    return Boolean(target);
  }
  function run(deed) {
    if (deed.digit && last.digit === deed.digit && performance.now() - last.at < TWICE) return;
    pressed = deed.digit || "";
    deed.go();
  }
  function next() {
    if (!queued || busy()) return;
    const deed = queued;
    queued = null;
    run(deed);
  }
  const soon = () => setTimeout(next, 0);
  window.desk.changed = soon;
  window.desk.moving = () => waiting || running.size > 0;

  document.addEventListener("htmx:beforeRequest", (event) => {
    if (!moves(event.detail.target)) return;
    running.add(event.detail.xhr);
    if (event.detail.requestConfig.verb === "get") return;
    if (event.detail.elt.id === "result") last = { digit: pressed, at: performance.now() };
    // Whatever is typed now would belong to a card that is about to leave.
    focused = document.activeElement;
    find("#desk-card").inert = true;
  });
  document.addEventListener("htmx:afterRequest", (event) => {
    if (!running.delete(event.detail.xhr)) return;
    const place = find("#desk-card");
    place.inert = false;
    leaving = "";
    if (!event.detail.successful || event.detail.xhr.status >= 400) {
      queued = null;  // it was meant for a card that has not come
      if (focused && focused.isConnected) focused.focus();
    }
    soon();
  });
  // Between swap and settle the new buttons stand there, but nothing answers them yet.
  document.addEventListener("htmx:afterSwap", (event) => { if (moves(event.detail.target)) settling = true; });
  document.addEventListener("htmx:afterSettle", (event) => {
    if (moves(event.detail.target)) {
      settling = false;
      pendingResult = null;
      window.desk.restore();
      const title = find(".desk-title");
      if (title && (document.activeElement === document.body || !document.activeElement)) title.focus({ preventScroll: true });
    }
    // Only after a choice of one's own: it also changes by itself, and must not take the focus then.
    if (event.detail.target.id === "presence" && event.detail.requestConfig.verb !== "get") { const own = find("#presence > summary"); if (own) own.focus(); }
    soon();
  });

  // Whatever leaves the card first waits until its form is saved; a note that was given is no draft any more.
  document.body.addEventListener("htmx:confirm", (event) => {
    const { elt, target, verb } = event.detail;
    if (elt.id === "sms" && !elt.open) { event.preventDefault(); return; }  // a panel that closes asks for nothing
    if (!moves(target)) return;
    const result = elt.id === "result";
    if (result && leaving === "result") { event.preventDefault(); return; }
    leaving = result ? "result" : "move";
    if (!window.desk.unsaved) return;
    event.preventDefault();
    waiting = true;
    window.desk.save().then(() => {
      waiting = false;
      const why = verb === "get" || window.desk.blocked === "taken" ? "" : trouble();
      if (why) { leaving = ""; queued = null; window.desk.complain(why); } else event.detail.issueRequest(true);
      soon();
    });
  });
  function trouble() {
    const wrong = find("#card-form .is-invalid");
    if (wrong) { wrong.focus(); return page.dataset.wrong; }
    if (window.desk.blocked) return page.dataset.decide;
    if (window.desk.expired) return page.dataset.expired;
    return window.desk.unsaved ? page.dataset.wait : "";
  }
  document.addEventListener("htmx:afterRequest", (event) => {
    const { elt, xhr, successful } = event.detail;
    if (!successful || xhr.status >= 400) return;
    const on = (elt.getAttribute("hx-post") || "").match(/\/card\/(\d+)\/(status|skip)$/);
    if (on) window.desk.drop(on[1]);
  });
  document.addEventListener("htmx:afterSettle", (event) => { if (event.detail.target.id === "desk-history") window.desk.keep(); });

  // --- results that need a time; a click on a time then is the whole answer
  function choose(button) {
    pendingResult = button;
    find("#again").open = true;
    const chip = find("#again [name=chip]");
    if (chip) chip.focus();
  }
  const chosen = () => Boolean(find("#again [name=chip]:checked") || find("#again [name=callback_at]").value);
  page.addEventListener("click", (event) => {
    const button = event.target.closest("button.desk-result");
    if (button && (event.detail > 1 || busy())) { event.preventDefault(); event.stopImmediatePropagation(); return; }
    if (button && button.dataset.needsCallback && !chosen()) {
      event.preventDefault();
      event.stopImmediatePropagation();
      choose(button);
    }
    const chip = event.target.closest(".desk-chip");
    if (chip && event.detail > 0 && event.target.tagName !== "INPUT" && pendingResult) setTimeout(() => pendingResult && pendingResult.click(), 0);
  }, true);
  page.addEventListener("input", (event) => {
    if (event.target.name !== "callback_at") return;
    const checked = find("#again [name=chip]:checked"), at = new Date(event.target.value);
    if (checked) checked.checked = false;
    const gap = Number(event.target.dataset.gap);
    at.setMinutes(at.getMinutes() - gap);
    const clock = at.toLocaleString("ru", { day: "2-digit", month: "2-digit", hour: "2-digit", minute: "2-digit" });
    find("#yours").textContent = gap && !isNaN(at) ? `${event.target.dataset.yours} ${clock}` : "";
  });

  // --- keys: by position, so that the Russian layout works; letters alone only outside of fields
  function step(by) {
    const lines = [...document.querySelectorAll(".desk-line")];
    const at = lines.findIndex((line) => line.classList.contains("active"));
    const line = lines[Math.min(Math.max(at + by, 0), lines.length - 1)];
    if (line) line.click();
  }
  function focusOn(selector) {
    const target = find(selector);
    if (target) { target.focus(); target.scrollIntoView({ block: "center" }); }
  }
  function openAgain() {
    const panel = find("#again");
    if (!panel) return;
    panel.open = !panel.open;
    focusOn(panel.open ? "#again [name=chip]" : "#again > summary");
  }
  // What the panel shows is asked for when it opens: the focus goes on to the choice of templates when it has come.
  function openSms() {
    const panel = find("#sms");
    if (!panel) return;
    panel.open = !panel.open;
    focusOn("#sms > summary");
  }
  document.addEventListener("htmx:afterSettle", (event) => {
    if (event.detail.target.id === "sms-panel" && document.activeElement === find("#sms > summary")) focusOn("#sms-template");
  });
  function openStates() {
    const menu = find("#presence");
    if (!menu) return;
    menu.open = !menu.open;
    focusOn(menu.open ? "#presence button[aria-current], #presence button" : "#presence > summary");
  }
  const WITH_ALT = {
    KeyN: () => press('[data-key="next"]'), KeyC: () => (window.phone && window.phone.bar.call()) || press('[data-key="call"]'), KeyP: openAgain, KeyS: openSms, KeyB: openStates,
    KeyA: () => focusOn("#f-asked_price"), KeyM: () => focusOn("#new-note"),
  };
  const ALONE = { KeyJ: () => step(1), KeyK: () => step(-1), Enter: () => press('[data-key="take"]') };

  function deedOf(event) {
    const field = event.target.closest("input, textarea, select, [contenteditable]");
    if (event.altKey && !event.ctrlKey && !event.metaKey) {
      const digit = /^(Digit|Numpad)([1-9])$/.exec(event.code);
      if (digit) return { waits: true, digit: digit[2], go: () => press(`[data-digit="${digit[2]}"]`) };
      return WITH_ALT[event.code] && { waits: true, go: WITH_ALT[event.code] };
    }
    if (event.ctrlKey && event.code === "KeyK") return { go: () => { focusOn("#desk-query"); find("#desk-query").select(); } };
    if (event.ctrlKey && event.code === "Enter") return { waits: true, go: WITH_ALT.KeyN };
    if (event.altKey || event.ctrlKey || event.metaKey) return null;
    if (event.target.name === "chip") return chipDeed(event);
    if (field || event.target.closest("dialog")) return null;
    if (event.key === "?" || (event.code === "Slash" && event.shiftKey)) return { go: () => find("#keys-help").showModal() };
    if (event.code === "Enter" && event.target.closest("a, button, summary, label")) return null;
    return ALONE[event.code] && { repeats: event.code !== "Enter", go: ALONE[event.code] };
  }
  function chipDeed(event) {
    const digit = /^(Digit|Numpad)([1-9])$/.exec(event.code);
    if (digit) return { go: () => press(`#again [data-nth="${digit[2]}"]`) };
    return event.code === "Enter" && { go: () => { if (pendingResult && chosen()) pendingResult.click(); } };
  }
  function escape(event) {
    const open = [...document.querySelectorAll("#again[open], #skip[open], #sms[open], #presence[open]")];
    open.forEach((panel) => { panel.open = false; panel.querySelector("summary").focus(); });
    find("#desk-found").replaceChildren();
    if (event.target.id === "desk-query") { event.target.value = ""; event.target.blur(); }
  }
  document.addEventListener("keydown", (event) => {
    if (event.code === "Escape") { escape(event); return; }
    if (page.dataset.keys !== "1" || event.isComposing) return;
    const deed = deedOf(event);
    if (!deed) return;
    event.preventDefault();
    if (event.repeat && !deed.repeats) return;
    if (!busy()) { run(deed); return; }
    // A second result while the first is on its way would fall on the next card.
    if (deed.waits && !queued && !(deed.digit && leaving === "result")) queued = deed;
  });
  document.addEventListener("DOMContentLoaded", () => { ready = true; soon(); });
})();
