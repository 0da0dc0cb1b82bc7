/* The desk's clockwork: timers, the pulse of counters and of the open card, marks in the list, the operator's switches. */
"use strict";
(function () {
  const page = document.getElementById("desk");
  const POLL = 5000;

  // --- timers run from the server's count: this computer's clock may be wrong
  function tick() {
    document.querySelectorAll("[data-elapsed]").forEach((place) => {
      if (!place.dataset.base) place.dataset.base = Date.now() - 1000 * place.dataset.elapsed;
      const seconds = Math.max(0, Math.floor((Date.now() - place.dataset.base) / 1000)), hours = Math.floor(seconds / 3600);
      const rest = [Math.floor(seconds / 60) % 60, seconds % 60].map((n) => String(n).padStart(2, "0")).join(":");
      place.textContent = hours ? hours + ":" + rest : rest;
    });
  }
  setInterval(tick, 1000);

  // --- the list
  page.addEventListener("click", (event) => {
    const line = event.target.closest(".desk-line");
    if (!line) return;
    document.querySelectorAll(".desk-line.active").forEach((other) => { other.classList.remove("active"); other.removeAttribute("aria-current"); });
    line.classList.add("active");
    line.setAttribute("aria-current", "true");
  });
  function refreshList() {
    const lines = document.querySelector(".desk-lines"), open = window.desk.card();
    const query = new URLSearchParams({ tab: lines.dataset.tab });
    if (open) query.set("card", open.dataset.card);
    window.htmx.ajax("GET", `${page.dataset.list}?${query}`, { target: "#desk-list", swap: "innerHTML" });
  }

  // --- the pulse
  let known = null;
  function count(name, write) { document.querySelectorAll(`[data-count="${name}"]`).forEach(write); }
  function show(told) {
    if (known && told.new > known.new) refreshList();
    known = told;
    count("new", (place) => { place.textContent = told.new; });
    count("work", (place) => { place.textContent = told.work; });
    count("overdue", (place) => {
      place.textContent = told.overdue ? told.overdue + "!" : told.callbacks;
      place.classList.toggle("tag-danger", told.overdue > 0);
    });
  }
  async function poll() {
    const open = window.desk.card();
    const asked = open && "mine" in open.dataset ? open.dataset.card : "";
    const query = new URLSearchParams({ ...(asked && { card: asked }), ...(window.phone && { phone: "1" }) });
    try {
      const answer = await fetch(`${page.dataset.counts}?${query}`, { headers: { "X-Poll": "1", Accept: "application/json" }, signal: AbortSignal.timeout ? AbortSignal.timeout(10000) : undefined });
      window.desk.lost(false);
      if (answer.redirected || answer.status === 401) {
        window.desk.logIn();
      } else if (answer.ok) {
        await window.desk.look();
        const told = await answer.json();
        show(told);
        if (window.phone) window.phone.told(told.phone);
        if (asked && told.card && !told.card.mine && window.desk.card() && window.desk.card().dataset.card === asked && !window.desk.moving()) window.desk.taken();
      }
    } catch (silence) {
      window.desk.lost(true);
    }
  }
  async function beat() {
    if (!document.hidden) await poll();
    setTimeout(beat, window.desk.offline ? POLL / 2 : POLL);
  }
  setTimeout(beat, POLL / 2);
  window.addEventListener("online", poll);

  // --- the log-in has ended: the card and what is written on it stay where they are
  document.body.addEventListener("htmx:beforeSwap", (event) => {
    if (!(event.detail.xhr.responseURL || "").includes("/login/")) return;
    event.detail.shouldSwap = false;
    event.stopPropagation();
    window.desk.logIn();
  });
  document.body.addEventListener("htmx:sendError", () => window.desk.lost(true));
  document.body.addEventListener("htmx:responseError", (event) => { if (event.detail.xhr.status === 400) window.desk.ask(); });
  document.body.addEventListener("htmx:afterRequest", (event) => {
    if (event.detail.successful && !window.desk.expired) window.desk.complain("");
  });

  // A menu closes when one clicks beside it.
  document.addEventListener("click", (event) => {
    const menu = document.getElementById("presence");
    if (menu && !event.target.closest("#presence")) menu.open = false;
    if (!event.target.closest(".desk-find")) document.getElementById("desk-found").replaceChildren();
  });

  // --- what the operator has switched
  document.querySelectorAll("[data-own]").forEach((box) => box.addEventListener("change", () => {
    if (box.dataset.own === "keys_on") page.dataset.keys = box.checked ? "1" : "0";
    const token = JSON.parse(document.body.getAttribute("hx-headers"))["X-CSRFToken"];
    fetch(box.dataset.url, { method: "POST", headers: { "X-CSRFToken": token }, body: new URLSearchParams({ [box.dataset.own]: box.checked ? "1" : "0" }) });
  }));
  document.getElementById("keys-open").addEventListener("click", () => document.getElementById("keys-help").showModal());
  function unfold() {
    document.querySelectorAll("[data-keep-open]").forEach((panel) => { panel.open = window.shell.kept("open." + panel.dataset.keepOpen) !== "no"; });
  }
  page.addEventListener("toggle", (event) => {
    if (event.target.dataset.keepOpen) window.shell.keep("open." + event.target.dataset.keepOpen, event.target.open ? "yes" : "no");
  }, true);
  document.addEventListener("htmx:afterSettle", () => { tick(); unfold(); });
  document.addEventListener("DOMContentLoaded", () => { tick(); unfold(); });
})();
