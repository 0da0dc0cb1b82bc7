/* The chart of a modelled shift: an operator's hour by modes, in the colours of the page's theme. */
"use strict";
(function () {
  const box = document.getElementById("chart");
  const data = JSON.parse(document.getElementById("chart-data").textContent);
  let chart = null;

  function colour(name) { return getComputedStyle(document.documentElement).getPropertyValue(name).trim(); }

  // Names are data: the tip is made of text nodes, never of markup.
  function tip(points) {
    const place = document.createElement("div");
    place.append(points[0].name);
    points.forEach((point) => {
      const row = document.createElement("div");
      row.append(`${point.seriesName}: ${point.value.toLocaleString(document.documentElement.lang)}`);
      place.append(row);
    });
    return place;
  }

  function draw() {
    if (chart) chart.dispose();
    const ink = colour("--tblr-body-color"), line = colour("--tblr-border-color");
    chart = window.echarts.init(box);
    chart.setOption({
      animation: !window.matchMedia("(prefers-reduced-motion: reduce)").matches,
      color: [colour("--tblr-primary"), "#8aa0b6", "#e0a100"],
      textStyle: { color: ink, fontFamily: "inherit" },
      grid: { left: 8, right: 24, top: 36, bottom: 8, containLabel: true },
      legend: { top: 0, textStyle: { color: ink, fontSize: 12 } },
      tooltip: { trigger: "axis", axisPointer: { type: "shadow" }, formatter: tip },
      xAxis: { type: "value", max: 60, interval: 15, axisLabel: { color: ink, fontSize: 12 }, splitLine: { lineStyle: { color: line } } },
      yAxis: { type: "category", inverse: true, data: data.names, axisLabel: { color: ink, fontSize: 12 }, axisLine: { lineStyle: { color: line } } },
      series: data.series.map((one) => ({ name: one.name, type: "bar", stack: "hour", data: one.values, barMaxWidth: 28 })),
    });
  }
  draw();
  new ResizeObserver(() => chart.resize()).observe(box);
  new MutationObserver(draw).observe(document.documentElement, { attributes: true, attributeFilter: ["data-bs-theme"] });
})();
