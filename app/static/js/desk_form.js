/* The desk's form: autosave with a version, a draft on this computer until it is saved, two windows, an ended log-in. */
"use strict";
(function () {
  const page = document.getElementById("desk");
  const PAUSE = 1000, RETRY = 3000, DAY = 24 * 3600 * 1000;
  const EXTRA = ["result-note", "new-note"];  // not saved by themselves, so they are only kept
  let touched = new Set();  // what the operator changed: the ad's own values are no corrections
  let saving = null, timer = null, blocked = "", theirs = null, since = null, expired = false;

  const form = () => document.getElementById("card-form");
  const card = () => document.querySelector(".desk-card");
  const byId = (id) => document.getElementById(id);
  const version = () => Number(form() ? form().elements.version.value : card() ? card().dataset.version : 0);
  const headers = () => ({ "X-CSRFToken": JSON.parse(document.body.getAttribute("hx-headers"))["X-CSRFToken"], Accept: "application/json" });
  function shown(box, text) { box.textContent = text; box.classList.toggle("shown", Boolean(text)); }
  const complain = (text) => shown(byId("desk-alert"), text);
  function mark(text) { const place = byId("saved"); if (place) place.textContent = text; }

  // --- the draft of a card, until the server has it
  const key = (id) => `prozvon.draft.${page.dataset.me}.${id}`;
  function store(name, value) {
    try { if (value) localStorage.setItem(name, JSON.stringify(value)); else localStorage.removeItem(name); } catch (refused) { /* private mode */ }
  }
  function stored(name) {
    try { return JSON.parse(localStorage.getItem(name)); } catch (refused) { return null; }
  }
  function labelOf(id) {
    const field = byId(id), label = field && field.labels && field.labels[0];
    return label ? label.textContent.trim() : (field && field.getAttribute("aria-label")) || "";
  }
  function keep() {
    if (!card()) return;
    const name = key(card().dataset.card), fields = {}, labels = {}, extra = {};
    // A card that was taken away has no form any more: what was written for it stays as it was kept.
    if (!form() && stored(name)) return;
    if (form()) touched.forEach((field) => { fields[field] = form().elements[field].value; labels[field] = labelOf("f-" + field); });
    EXTRA.forEach((id) => { const field = byId(id); if (field && field.value) { extra[id] = field.value; labels[id] = labelOf(id); } });
    const some = Object.keys(fields).length || Object.keys(extra).length;
    store(name, some ? { version: version(), at: Date.now(), fields, labels, extra } : null);
  }
  function restore() {
    touched = new Set(); blocked = ""; theirs = null; clearTimeout(timer);
    const draft = card() && stored(key(card().dataset.card));
    if (!draft) return;
    EXTRA.forEach((id) => { const field = byId(id); if (field && !field.value && draft.extra[id]) field.value = draft.extra[id]; });
    if (!form()) return;
    Object.entries(draft.fields).forEach(([name, value]) => {
      const field = form().elements[name];
      if (field && field.value !== value) { field.value = value; touched.add(name); }
    });
    if (!touched.size) { keep(); return; }
    form().elements.version.value = draft.version;  // the server tells whether somebody has changed it since
    mark(page.dataset.restored);
    save();
  }
  function forgetOld() {
    try {
      Object.keys(localStorage).filter((name) => name.startsWith("prozvon.draft."))
        .filter((name) => !(Date.now() - (stored(name) || { at: 0 }).at < DAY)).forEach((name) => localStorage.removeItem(name));
    } catch (refused) { /* private mode */ }
  }

  // --- saving
  page.addEventListener("input", (event) => {
    const own = form();
    if (own && own.contains(event.target)) { touched.add(event.target.name); mark(page.dataset.saving); later(PAUSE); } else if (!EXTRA.includes(event.target.id)) return;
    keep();
  });
  function later(pause) { clearTimeout(timer); timer = setTimeout(save, pause); }

  function save() {
    clearTimeout(timer);
    if (saving) return saving.then(() => (touched.size && !blocked && !since && !expired ? save() : undefined));
    const own = form();
    if (!own || !touched.size || blocked) return Promise.resolve();
    const sent = new Map([...touched].map((name) => [name, own.elements[name].value]));
    const body = new FormData();
    body.set("version", own.elements.version.value);
    sent.forEach((value, name) => body.set(name, value));
    saving = post(own.action, body)
      .then((told) => settle(own, sent, told))
      .catch(() => { lost(true); mark(page.dataset.kept); later(RETRY); })
      .finally(() => { saving = null; window.desk.changed(); });
    return saving;
  }

  // Resolves to {status, told}; rejects only when the server cannot be reached.
  async function post(address, body, again) {
    const answer = await fetch(address, { method: "POST", body, headers: headers(), keepalive: true });
    lost(false);
    if (answer.redirected || answer.status === 401) return { status: 401 };
    if (answer.status === 400 && !again) return (await renew()) ? post(address, body, true) : { status: 401 };
    const told = await answer.json().catch(() => ({}));
    return { status: answer.status, told };
  }

  function settle(own, sent, { status, told }) {
    if (own !== form()) return;
    if (status === 401) { logIn(); later(RETRY); return; }
    logIn(false);
    if (status === 409 && told.reason === "card_changed_meanwhile") { conflict(told); return; }
    if (status === 409) { taken(); return; }
    if (status >= 400) { complain(told.message || page.dataset.failed); mark(page.dataset.kept); if (status >= 500) later(RETRY); return; }
    setVersion(told.version);
    sent.forEach((value, name) => { if (own.elements[name].value === value && !told.errors[name]) touched.delete(name); });
    own.querySelectorAll("[name]").forEach((field) => {
      const text = told.errors[field.name] || "";
      field.classList.toggle("is-invalid", Boolean(text));
      field.toggleAttribute("aria-invalid", Boolean(text));
      const place = byId("e-" + field.name);
      if (place) place.textContent = text;
    });
    keep();
    complain("");
    mark("✓ " + page.dataset.saved + " " + told.saved_at);
    if ([...touched].some((name) => !told.errors[name])) later(PAUSE);
  }
  function setVersion(n) {
    document.querySelectorAll("#card-form [name=version], #result [name=version]").forEach((field) => { field.value = n; });
    if (card()) card().dataset.version = n;
  }

  // --- two windows, a card that was taken away
  function conflict(told) {
    const box = byId("conflict"), list = box.querySelector("ul");
    blocked = "conflict"; theirs = told;
    list.replaceChildren(...Object.entries(told.stored).filter(([name]) => touched.has(name)).map(([name, value]) => {
      const line = document.createElement("li"), field = form().elements[name];
      const option = field.options && [...field.options].find((one) => one.value === value);
      line.textContent = `${byId("f-" + name).labels[0].textContent}: ${option ? option.textContent : value === null ? page.dataset.empty : value}`;
      return line;
    }));
    box.hidden = false;
    mark(page.dataset.kept);
    box.scrollIntoView({ block: "center" });
  }
  page.addEventListener("click", (event) => {
    if (!theirs || !event.target.closest("#conflict button")) return;
    const own = form();
    own.elements.version.value = theirs.version;
    if (event.target.closest("[data-theirs]")) {
      touched.forEach((name) => { if (name in theirs.stored) own.elements[name].value = theirs.stored[name] === null ? "" : theirs.stored[name]; });
      touched.clear();
      setVersion(theirs.version);
      keep();
      mark("");
    }
    blocked = ""; theirs = null;
    byId("conflict").hidden = true;
    save();
  });
  function taken() {
    if (blocked === "taken" || !card() || !("mine" in card().dataset)) return;
    blocked = "taken";
    const box = byId("taken"), results = document.querySelector(".desk-results");
    if (box) { box.hidden = false; box.scrollIntoView({ block: "center" }); }
    if (results) results.disabled = true;
    mark("");
  }

  // --- no connection, an ended log-in
  function lost(is) {
    const box = byId("desk-lost");
    if (is && !since) {
      since = new Date();
      const clock = since.toLocaleTimeString("ru", { hour: "2-digit", minute: "2-digit" });
      shown(box, `${page.dataset.lost} ${clock}. ${page.dataset.lostRest}`);
    } else if (!is && since) {
      since = null;
      shown(box, "");
      window.shell.toast(page.dataset.back, "success");
      if (touched.size) later(0);
    }
  }
  function logIn(ended = true) {
    if (ended === expired) return;
    expired = ended;
    complain(ended ? page.dataset.expired : "");
    if (!ended) { window.shell.toast(page.dataset.loggedIn, "success"); return; }
    const link = document.createElement("a");
    link.className = "btn btn-primary"; link.target = "_blank"; link.rel = "opener";
    link.href = page.dataset.login; link.textContent = page.dataset.loginVerb;
    byId("desk-alert").append(link);
    mark(page.dataset.kept);
  }
  // A new log-in brings a new form token; the page goes on with it. False while there is no log-in.
  async function renew() {
    const answer = await fetch(page.dataset.token, { headers: { Accept: "application/json", "X-Poll": "1" } });
    if (answer.redirected || !answer.ok) return false;
    const { token } = await answer.json();
    document.body.setAttribute("hx-headers", JSON.stringify({ "X-CSRFToken": token }));
    document.querySelectorAll("[name=csrf_token]").forEach((field) => { field.value = token; });
    return true;
  }
  // A refused form token: take a fresh one, or ask to log in.
  async function ask() {
    if (!await renew().catch(() => true)) logIn();
  }
  async function look() {
    if (expired && await renew().catch(() => false)) { logIn(false); if (touched.size) save(); }
  }
  window.addEventListener("focus", look);
  window.addEventListener("offline", () => lost(true));
  window.addEventListener("online", () => { if (touched.size) later(0); });
  window.addEventListener("pagehide", () => { keep(); if (!since) save(); });

  window.desk = { form, card, save, keep, restore, complain, lost, taken, logIn, look, ask, version,
    drop: (id) => store(key(id), null), changed: () => {},
    get unsaved() { return touched.size > 0 || saving !== null; }, get saving() { return saving !== null; },
    get blocked() { return blocked; }, get offline() { return since !== null; }, get expired() { return expired; } };
  document.addEventListener("DOMContentLoaded", () => { forgetOld(); restore(); });
})();
