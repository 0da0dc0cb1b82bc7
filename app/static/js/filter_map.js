/* The map of the builder: large towns to click, a circle with a handle for each chosen one. It needs no tiles. */
"use strict";
(function () {
  const KM_PER_DEGREE = 111.32;

  /* told: {tiles, towns (address), pick(town), pull(line, km), radiusOf(line), linesOf()} */
  window.filterMap = function (box, told) {
    const L = window.L;
    const map = L.map(box, { attributionControl: false, zoomSnap: 0.5, scrollWheelZoom: false, minZoom: 2.5 }).setView([57, 50], 4);
    if (told.tiles) L.tileLayer(told.tiles, { maxZoom: 14 }).addTo(map);
    const points = L.layerGroup().addTo(map);
    const drawn = L.featureGroup().addTo(map);
    let towns = [];
    box.addEventListener("focusin", () => map.scrollWheelZoom.enable());
    box.addEventListener("mouseleave", () => map.scrollWheelZoom.disable());

    const color = () => getComputedStyle(document.documentElement).getPropertyValue("--accent-text").trim() || "#0b6477";

    // Small towns appear, and get names, as the map comes nearer: all at once they would cover each other.
    function showTowns() {
      points.clearLayers();
      const zoom = map.getZoom();
      const least = zoom < 4 ? 900000 : zoom < 5.5 ? 400000 : zoom < 6.5 ? 200000 : 0;
      const named = zoom < 4 ? 1200000 : zoom < 5 ? 900000 : zoom < 6 ? 400000 : zoom < 7 ? 200000 : 0;
      const bounds = map.getBounds().pad(0.2);
      const chosen = new Set(told.linesOf().map((line) => line.querySelector("span").textContent));
      towns.forEach((town) => {
        if (town.population < least || !bounds.contains([town.lat, town.lon])) return;
        const point = L.circleMarker([town.lat, town.lon], { radius: town.population > 900000 ? 5 : 3.5, weight: 1, color: "#7b8894", fillColor: "#9fadb9", fillOpacity: 0.9, bubblingMouseEvents: false });
        point.bindTooltip(town.name, { permanent: town.population >= named && !chosen.has(town.name), direction: "right", className: "map-town", offset: [4, 0] });
        point.on("click", () => told.pick(town));
        point.addTo(points);
      });
    }
    map.on("moveend", showTowns);

    function edge(at, km) {
      return [at[0], at[1] + km / (KM_PER_DEGREE * Math.max(0.1, Math.cos(at[0] * Math.PI / 180)))];
    }

    function draw(fit) {
      drawn.clearLayers();
      told.linesOf().forEach((line) => {
        const at = [Number(line.dataset.lat), Number(line.dataset.lon)];
        const km = told.radiusOf(line);
        const circle = L.circle(at, { radius: Math.max(km, 2) * 1000, color: color(), weight: 2, fillOpacity: 0.12, interactive: false }).addTo(drawn);
        L.circleMarker(at, { radius: 4, color: color(), fillOpacity: 1 }).bindTooltip(line.querySelector("span").textContent, { permanent: true, direction: "top", className: "map-chosen" }).addTo(drawn);
        const handle = L.marker(edge(at, Math.max(km, 2)), { draggable: true, keyboard: false, icon: L.divIcon({ className: "map-handle", iconSize: [24, 24] }), title: told.handle });
        handle.on("drag", () => {
          const wide = Math.min(1000, Math.max(0, map.distance(at, handle.getLatLng()) / 1000));
          const whole = wide > 20 ? Math.round(wide / 5) * 5 : Math.round(wide);
          circle.setRadius(Math.max(whole, 2) * 1000);
          told.pull(line, whole);
        });
        handle.on("dragend", () => draw(false));
        handle.addTo(drawn);
      });
      if (fit && drawn.getLayers().length) map.fitBounds(drawn.getBounds(), { padding: [24, 24], maxZoom: 8 });
      showTowns();
    }

    fetch(told.towns).then((answer) => answer.json()).then((rows) => { towns = rows; showTowns(); }, () => { /* circles do without */ });
    document.addEventListener("prozvon:theme", () => draw(false));
    draw(true);
    return { draw, resize: () => map.invalidateSize() };
  };
})();
