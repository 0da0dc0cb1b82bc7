/* The filter builder: the live count, the cascade of cars, the chosen towns. The server judges and renders. */
"use strict";
(function () {
  const form = document.getElementById("filter");
  const told = form.dataset;
  const byId = (id) => document.getElementById(id);
  const token = form.elements.csrf_token.value;

  // --- the live count: 250 ms after the last change, a newer question ends the older one
  let timer = null;
  let running = null;
  let dirty = false;
  function changed() {
    dirty = true;
    clearTimeout(timer);
    timer = setTimeout(count, 250);
  }
  function ask(url, signal) {
    return fetch(url, { method: "POST", body: new FormData(form), headers: { "X-CSRFToken": token }, signal });
  }
  async function show(url, place, signal) {
    const answer = await ask(url, signal);
    if (!answer.ok || answer.redirected) throw new Error(String(answer.status));
    place.innerHTML = await answer.text();
  }
  async function count() {
    if (running) running.abort();
    const mine = running = new AbortController();
    try {
      await show(told.count, byId("count"), mine.signal);
      await show(told.overlap, byId("overlap"), mine.signal);
    } catch (trouble) {
      if (trouble.name !== "AbortError") byId("count").textContent = told.lost;
    }
  }
  form.addEventListener("input", (event) => { if (event.target.name) changed(); });
  form.addEventListener("change", (event) => { if (event.target.name) changed(); });
  form.querySelectorAll("[data-panel]").forEach((button) => button.addEventListener("click", async () => {
    button.disabled = true;
    try { await show(told[button.dataset.panel], byId("panel")); } catch (trouble) { byId("panel").textContent = told.lost; }
    button.disabled = false;
  }));
  form.addEventListener("submit", () => { dirty = false; });
  window.addEventListener("beforeunload", (event) => { if (dirty) { event.preventDefault(); event.returnValue = told.leave; } });

  // --- cars: a make, then any of its models, then generations of the one model
  const named = (select) => { const label = form.querySelector(`label[for="${select.id}"]`); if (label) select.setAttribute("aria-label", label.textContent); };
  function picker(id, more) {
    const select = byId(id);
    named(select);
    return new window.TomSelect(select, Object.assign({ maxOptions: 600, hidePlaceholder: true, plugins: select.multiple ? ["remove_button"] : ["dropdown_input"], valueField: "id", labelField: "text", searchField: ["text"], sortField: [{ field: "$order" }, { field: "$score" }] }, more));
  }
  const make = picker("pick-make", { valueField: "value" });
  const model = picker("pick-model");
  const generation = picker("pick-generation");
  picker("region_ids", { valueField: "value", onChange: changed });
  async function fill(select, url) {
    select.clear(true);
    select.clearOptions();
    select.disable();
    if (!url) return;
    try {
      const rows = await (await fetch(url)).json();
      select.addOptions(rows);
      if (rows.length) select.enable();
    } catch (lost) { /* the make alone can still be added */ }
  }
  make.on("change", (value) => {
    byId("add-car").disabled = !value;
    fill(generation, "");
    fill(model, value && `${told.models}?make=${value}`);
  });
  model.on("change", () => {
    const one = model.items.length === 1 ? model.items[0] : "";
    fill(generation, one && `${told.generations}?model=${one}`);
  });
  const textOf = (select, value) => select.options[value].text;
  byId("add-car").addEventListener("click", () => {
    const makeName = textOf(make, make.getValue());
    const models = model.items.length ? model.items : [""];
    models.forEach((one) => {
      const generations = one && generation.items.length ? generation.items : [""];
      generations.forEach((deep) => {
        const words = [makeName, one && textOf(model, one), deep && textOf(generation, deep)].filter(Boolean).join(" ");
        addLine([make.getValue(), one, deep].join(":"), words);
      });
    });
    model.clear();
    changed();
  });
  function addLine(value, text) {
    if ([...form.querySelectorAll('[name="car"]')].some((field) => field.value === value)) return;
    const line = document.createElement("li");
    line.className = "tag";
    line.append(hidden("car", value), text, remover(text));
    byId("cars").append(line);
    byId("no-cars").hidden = true;
  }
  function hidden(name, value) {
    const field = document.createElement("input");
    Object.assign(field, { type: "hidden", name, value });
    return field;
  }
  function remover(text) {
    const button = document.createElement("button");
    Object.assign(button, { type: "button", className: "btn-close" });
    button.setAttribute("aria-label", `${told.remove} ${text}`);
    return button;
  }
  form.addEventListener("click", (event) => {
    const button = event.target.closest("#cars .btn-close, #cities .btn-close");
    if (!button) return;
    button.closest("li").remove();
    byId("no-cars").hidden = Boolean(form.querySelector('[name="car"]'));
    if (map) map.draw(false);
    changed();
  });

  // --- towns: typed or clicked on the map, with a radius each
  const city = byId("pick-city"), found = byId("city-list");
  const options = () => [...found.children];
  let look = null;
  city.addEventListener("input", () => {
    clearTimeout(look);
    look = setTimeout(async () => {
      const wanted = city.value.trim();
      const rows = wanted.length < 2 ? [] : await (await fetch(`${told.cities}?q=${encodeURIComponent(wanted)}`)).json();
      found.replaceChildren(...rows.map(option));
      open(rows.length > 0);
    }, 200);
  });
  function option(row, at) {
    const item = document.createElement("li");
    Object.assign(item, { textContent: row.text, id: `city-${at}`, tabIndex: -1 });
    item.setAttribute("role", "option");
    item.addEventListener("click", () => addCity(row));
    return item;
  }
  function open(yes) {
    found.hidden = !yes;
    city.setAttribute("aria-expanded", String(yes));
    if (!yes) city.removeAttribute("aria-activedescendant");
  }
  city.addEventListener("keydown", (event) => {
    const all = options();
    const at = all.findIndex((item) => item.classList.contains("active"));
    if (event.key === "Enter") { event.preventDefault(); if (!found.hidden && all.length) all[Math.max(at, 0)].click(); }
    if (event.key === "Escape" || event.key === "Tab") open(false);
    if (event.key !== "ArrowDown" && event.key !== "ArrowUp" || !all.length) return;
    event.preventDefault();
    const next = (at + (event.key === "ArrowDown" ? 1 : -1) + all.length) % all.length;
    all.forEach((item, n) => item.classList.toggle("active", n === next));
    all[next].scrollIntoView({ block: "nearest" });
    city.setAttribute("aria-activedescendant", all[next].id);
  });
  // Not on blur: towns that arrive a moment after the field has lost the focus would close under the hand.
  document.addEventListener("pointerdown", (event) => { if (!city.parentElement.contains(event.target)) open(false); });
  function addCity(row) {
    open(false);
    city.value = "";
    if ([...form.querySelectorAll('[name="city_id"]')].some((field) => field.value === String(row.id))) return;
    const line = document.createElement("li");
    Object.assign(line.dataset, { lat: row.lat, lon: row.lon });
    const name = document.createElement("span");
    Object.assign(name, { textContent: row.name, title: `${row.name}, ${row.region}` });
    const radius = document.createElement("input");
    Object.assign(radius, { name: "radius_km", className: "form-control form-control-sm", inputMode: "numeric", value: byId("pick-radius").value || "0" });
    radius.setAttribute("aria-label", `${told.radius}: ${row.name}`);
    const unit = document.createElement("span");
    unit.textContent = told.km;
    line.append(hidden("city_id", row.id), name, radius, unit, remover(row.name));
    byId("cities").append(line);
    byId("all_russia").checked = false;
    dim();
    if (map) map.draw(true);
    changed();
  }
  // What «all Russia» outweighs is still there, and looks so.
  function dim() { byId("places").classList.toggle("is-idle", byId("all_russia").checked); }
  byId("all_russia").addEventListener("change", dim);
  dim();

  const map = window.L ? window.filterMap(byId("map"), {
    tiles: told.tiles, towns: told.towns, handle: told.radius, pick: addCity,
    linesOf: () => [...document.querySelectorAll("#cities li")],
    radiusOf: (line) => Math.min(Number(line.querySelector('[name="radius_km"]').value) || 0, 1000),
    pull: (line, km) => { line.querySelector('[name="radius_km"]').value = km; changed(); },
  }) : null;
  byId("cities").addEventListener("input", () => { if (map) map.draw(false); });

  const wrong = form.querySelector("[aria-invalid=true]");
  if (wrong) wrong.focus();
  count();
})();
