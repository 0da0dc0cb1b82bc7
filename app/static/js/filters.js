/* The filter builder: cascade of cars, cities with circles on a map that needs no tiles, the live count. */
"use strict";
(function () {
  const form = document.getElementById("filter");
  const told = form.dataset;
  const byId = (id) => document.getElementById(id);
  const token = form.elements.csrf_token.value;

  // --- the live count
  let timer = null;
  let asked = 0;
  function changed() {
    clearTimeout(timer);
    timer = setTimeout(count, 300);
  }
  async function ask(url) {
    return fetch(url, { method: "POST", body: new FormData(form), headers: { "X-CSRFToken": token } });
  }
  async function count() {
    const mine = ++asked;
    try {
      const answer = await ask(told.count);
      if (mine === asked && answer.ok) byId("count").innerHTML = await answer.text();
    } catch (lost) { /* the next change asks again */ }
  }
  form.addEventListener("input", (event) => { if (event.target.name) changed(); });
  form.addEventListener("change", (event) => { if (event.target.name) changed(); });
  form.querySelectorAll("[data-panel]").forEach((button) => button.addEventListener("click", async () => {
    button.disabled = true;
    const answer = await ask(told[button.dataset.panel]);
    if (answer.ok) byId("panel").innerHTML = await answer.text();
    button.disabled = false;
  }));

  // --- cars: make, then model, then generation
  const make = byId("pick-make"), model = byId("pick-model"), generation = byId("pick-generation");
  async function fill(select, url) {
    select.length = 1;
    select.disabled = true;
    if (!url) return;
    const rows = await (await fetch(url)).json();
    rows.forEach((row) => select.add(new Option(row.text, row.id)));
    select.disabled = !rows.length;
  }
  make.addEventListener("change", () => {
    byId("add-car").disabled = !make.value;
    fill(generation, "");
    fill(model, make.value && `${told.models}?make=${make.value}`);
  });
  model.addEventListener("change", () => fill(generation, model.value && `${told.generations}?model=${model.value}`));
  const chosen = (select) => (select.value ? select.selectedOptions[0].text : "");
  byId("add-car").addEventListener("click", () => {
    const value = [make.value, model.value, generation.value].join(":");
    if ([...form.querySelectorAll('[name="car"]')].some((field) => field.value === value)) return;
    const line = document.createElement("li");
    line.className = "tag";
    const text = [make, model, generation].map(chosen).filter(Boolean).join(" ");
    line.append(hidden("car", value), text + " ", remover(text));
    byId("cars").append(line);
    byId("no-cars").hidden = true;
    changed();
  });
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
    if (!event.target.classList.contains("btn-close")) return;
    event.target.closest("li").remove();
    byId("no-cars").hidden = Boolean(form.querySelector('[name="car"]'));
    draw();
    changed();
  });

  // --- cities: typed, with a radius each; the same on the map
  const city = byId("pick-city"), found = byId("city-list");
  let look = null;
  city.addEventListener("input", () => {
    clearTimeout(look);
    look = setTimeout(async () => {
      const rows = city.value.trim().length < 2 ? [] : await (await fetch(`${told.cities}?q=${encodeURIComponent(city.value.trim())}`)).json();
      found.replaceChildren(...rows.map((row) => {
        const item = document.createElement("li");
        item.textContent = row.text;
        item.setAttribute("role", "option");
        item.tabIndex = -1;
        item.addEventListener("click", () => addCity(row));
        item.addEventListener("keydown", (event) => { if (event.key === "Enter") { event.preventDefault(); addCity(row); } });
        return item;
      }));
      found.hidden = !rows.length;
      city.setAttribute("aria-expanded", String(rows.length > 0));
    }, 200);
  });
  city.addEventListener("keydown", (event) => {
    if (event.key === "Enter") { event.preventDefault(); if (found.firstChild) found.firstChild.click(); }
    if (event.key === "ArrowDown" && found.firstChild) { event.preventDefault(); found.firstChild.focus(); }
    if (event.key === "Escape") found.hidden = true;
  });
  found.addEventListener("keydown", (event) => {
    const next = { ArrowDown: "nextSibling", ArrowUp: "previousSibling" }[event.key];
    if (next && event.target[next]) { event.preventDefault(); event.target[next].focus(); }
  });
  function addCity(row) {
    found.hidden = true;
    city.value = "";
    city.setAttribute("aria-expanded", "false");
    if ([...form.querySelectorAll('[name="city_id"]')].some((field) => field.value === String(row.id))) return;
    const line = document.createElement("li");
    Object.assign(line.dataset, { lat: row.lat, lon: row.lon });
    const name = document.createElement("span");
    Object.assign(name, { textContent: row.name, title: row.region });
    const radius = document.createElement("input");
    Object.assign(radius, { name: "radius_km", className: "form-control form-control-sm", inputMode: "numeric", value: byId("pick-radius").value || "0" });
    radius.setAttribute("aria-label", `${told.km}: ${row.name}`);
    const unit = document.createElement("span");
    unit.textContent = told.km;
    line.append(hidden("city_id", row.id), name, radius, unit, remover(row.name));
    byId("cities").append(line);
    draw();
    changed();
    city.focus();
  }
  byId("cities").addEventListener("input", () => draw());

  // --- the map: circles on a plain ground; tiles only where the company has a server for them
  const map = window.L.map("map", { attributionControl: false, zoomSnap: 0.5, scrollWheelZoom: false }).setView([56, 45], 4);
  if (told.tiles) window.L.tileLayer(told.tiles, { maxZoom: 14 }).addTo(map);
  const drawn = window.L.featureGroup().addTo(map);
  function draw() {
    drawn.clearLayers();
    document.querySelectorAll("#cities li").forEach((line) => {
      const at = [Number(line.dataset.lat), Number(line.dataset.lon)];
      const km = Math.min(Number(line.querySelector('[name="radius_km"]').value) || 0, 1000);
      const label = line.querySelector("span").textContent;
      window.L.circle(at, { radius: Math.max(km, 3) * 1000, color: "#0b6477", weight: 2, fillOpacity: 0.15 }).addTo(drawn);
      window.L.circleMarker(at, { radius: 4, color: "#0b6477", fillOpacity: 1 }).bindTooltip(label, { permanent: true, direction: "top" }).addTo(drawn);
    });
    if (drawn.getLayers().length) map.fitBounds(drawn.getBounds(), { padding: [24, 24], maxZoom: 9 });
  }
  draw();
  count();
})();
