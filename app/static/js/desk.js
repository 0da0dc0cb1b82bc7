/* The desk: autosave with version, keys by event.code, timers, the poll of counters. The server renders the rest. */
"use strict";
(function () {
  const desk = document.getElementById("desk");
  const alertBox = document.getElementById("desk-alert");
  const token = JSON.parse(document.body.getAttribute("hx-headers"))["X-CSRFToken"];
  let saving = null;      // the running save, so that a result waits for it
  let timer = null;
  let dirty = false;
  const touched = new Set();  // only what the operator changed is sent: the ad's own values are no corrections

  const form = () => document.getElementById("card-form");
  const complain = (text) => { alertBox.textContent = text; alertBox.classList.toggle("shown", Boolean(text)); };

  // --- autosave
  desk.addEventListener("input", (event) => {
    if (!form() || !form().contains(event.target)) return;
    dirty = true;
    touched.add(event.target.name);
    clearTimeout(timer);
    timer = setTimeout(save, 1200);
  });

  function save() {
    clearTimeout(timer);
    if (saving) return saving.then(() => (dirty ? save() : undefined));
    const own = form();
    if (!own || !dirty) return Promise.resolve();
    dirty = false;
    const body = new FormData();
    body.set("version", own.elements.version.value);
    touched.forEach((name) => body.set(name, own.elements[name].value));
    saving = fetch(own.action, { method: "POST", body, headers: { "X-CSRFToken": token, Accept: "application/json" } })
      .then(async (answer) => {
        if (answer.redirected || answer.status === 401) { throw new Error(own.dataset.expired || ""); }
        const told = await answer.json();
        if (answer.status === 409) { dirty = true; complain(told.message); conflict(own); return; }
        if (!answer.ok) { throw new Error(told.message || ""); }
        setVersion(told.version);
        showErrors(own, told.errors || {});
        document.getElementById("saved").textContent = "✓ " + told.saved_at;
        complain("");
      })
      .catch((trouble) => {
        dirty = true;
        complain(trouble.message || desk.dataset.lost);
        timer = setTimeout(save, 5000);
      })
      .finally(() => { saving = null; });
    return saving;
  }

  function setVersion(version) {
    document.querySelectorAll("#card-form [name=version], #result [name=version]").forEach((field) => { field.value = version; });
  }

  function showErrors(own, errors) {
    own.querySelectorAll("[name]").forEach((field) => {
      const text = errors[field.name] || "";
      field.classList.toggle("is-invalid", Boolean(text));
      field.toggleAttribute("aria-invalid", Boolean(text));
      const place = document.getElementById("e-" + field.name);
      if (place) place.textContent = text;
    });
  }

  function conflict(own) {
    if (own.querySelector(".desk-conflict")) return;
    const link = document.createElement("a");
    link.className = "btn btn-warning desk-conflict";
    link.href = location.href;
    link.textContent = desk.dataset.newer;
    own.prepend(link);
  }

  // A result first waits until the form is saved: nothing typed is lost, and the version is the newest.
  document.body.addEventListener("htmx:confirm", (event) => {
    if (!dirty && !saving) return;
    event.preventDefault();
    save().then(() => { if (!dirty) event.detail.issueRequest(true); });
  });

  document.body.addEventListener("htmx:afterSwap", (event) => {
    complain("");
    tick();
    if (["desk", "desk-card"].includes(event.detail.target.id)) { dirty = false; touched.clear(); }
  });

  // --- results that need a time
  desk.addEventListener("click", (event) => {
    const button = event.target.closest("button[data-needs-callback]");
    if (button) {
      const result = document.getElementById("result");
      const chosen = result.querySelector("[name=chip]:checked") || result.querySelector("[name=callback_at]").value;
      if (!chosen) {
        event.preventDefault();
        event.stopImmediatePropagation();
        document.getElementById("again").open = true;
        result.querySelector("[name=chip]").focus();
      }
    }
    const skip = event.target.closest("[data-skip]");
    if (skip) {
      const reason = window.prompt(skip.dataset.ask);
      if (reason) window.htmx.ajax("POST", skip.dataset.skip, { target: "#desk", values: { reason } });
    }
  }, true);

  // --- keys: by position, so that the Russian layout works; letters alone only outside of fields
  function press(selector) {
    const target = document.querySelector(selector);
    if (target) target.click();
    return Boolean(target);
  }

  document.addEventListener("keydown", (event) => {
    if (desk.dataset.keys !== "1" && event.code !== "Escape") return;
    const writing = event.target.closest("input, textarea, select, [contenteditable]");
    let done = false;
    if (event.altKey && !event.ctrlKey) {
      if (event.code === "KeyN") done = press('[data-key="next"]');
      else if (event.code === "KeyC") done = press('[data-key="call"]');
      else if (event.code === "KeyP") done = press('[data-key="again"]');
      else if (event.code.startsWith("Digit")) done = press(`[data-digit="${event.code.slice(5)}"]`);
    } else if (event.ctrlKey && event.code === "KeyK") {
      document.getElementById("desk-query").focus(); done = true;
    } else if (event.ctrlKey && event.code === "Enter") {
      done = press('[data-key="next"]');
    } else if (!writing && !event.ctrlKey && !event.metaKey) {
      if (event.code === "KeyJ" || event.code === "KeyK") done = step(event.code === "KeyJ" ? 1 : -1);
      else if (event.code === "Enter" && event.target === document.body) done = press('[data-key="take"]');
      else if (event.code === "Slash" && event.shiftKey || event.key === "?") { document.getElementById("keys-help").showModal(); done = true; }
    }
    if (done) event.preventDefault();
  });

  function step(by) {
    const lines = [...document.querySelectorAll(".desk-line")];
    const at = lines.findIndex((line) => line.classList.contains("active"));
    const next = lines[Math.min(Math.max(at + by, 0), lines.length - 1)];
    if (next) next.click();
    return Boolean(next);
  }

  desk.addEventListener("click", (event) => {
    const line = event.target.closest(".desk-line");
    if (!line) return;
    document.querySelectorAll(".desk-line.active").forEach((other) => { other.classList.remove("active"); other.removeAttribute("aria-current"); });
    line.classList.add("active");
    line.setAttribute("aria-current", "true");
  });

  const keysOn = document.getElementById("keys-on");
  if (keysOn) keysOn.addEventListener("change", () => {
    desk.dataset.keys = keysOn.checked ? "1" : "0";
    fetch(keysOn.dataset.url, { method: "POST", headers: { "X-CSRFToken": token }, body: new URLSearchParams({ keys_on: desk.dataset.keys }) });
  });

  // --- timers and counters
  function tick() {
    document.querySelectorAll("[data-since]").forEach((place) => {
      const seconds = Math.max(0, Math.floor(Date.now() / 1000) - Number(place.dataset.since));
      const hours = Math.floor(seconds / 3600);
      const rest = [Math.floor(seconds / 60) % 60, seconds % 60].map((n) => String(n).padStart(2, "0")).join(":");
      place.textContent = hours ? hours + ":" + rest : rest;
    });
  }
  setInterval(tick, 1000);
  tick();

  let known = "";
  async function poll() {
    if (!document.hidden) {
      try {
        const answer = await fetch(desk.dataset.counts, { headers: { "X-Poll": "1", Accept: "application/json" } });
        if (answer.ok && !answer.redirected) {
          const counts = await answer.json();
          const now = JSON.stringify(counts);
          if (known && now !== known && counts.new > JSON.parse(known).new) refreshList();
          known = now;
          document.querySelectorAll('[data-count="new"]').forEach((place) => { place.textContent = counts.new; });
          document.querySelectorAll('[data-count="work"]').forEach((place) => { place.textContent = counts.work; });
          document.querySelectorAll('[data-count="overdue"]').forEach((place) => {
            place.textContent = counts.overdue ? counts.overdue + "!" : counts.callbacks;
            place.classList.toggle("tag-danger", counts.overdue > 0);
          });
        }
      } catch (_) { /* the next poll tells; saving complains by itself */ }
    }
    setTimeout(poll, 5000);
  }
  function refreshList() {
    const lines = document.querySelector(".desk-lines");
    const active = document.querySelector(".desk-card");
    if (lines) window.htmx.ajax("GET", `/desk/list?tab=${lines.dataset.tab}` + (active ? `&card=${active.dataset.card}` : ""), { target: "#desk-list", swap: "innerHTML" });
  }
  setTimeout(poll, 2000);

  window.addEventListener("beforeunload", (event) => { if (dirty) { save(); event.preventDefault(); } });
})();
