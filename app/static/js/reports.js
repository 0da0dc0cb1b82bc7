/* The chart of a report: the same numbers as the table, in the colours of the page's theme. */
"use strict";
(function () {
  const box = document.getElementById("chart");
  const data = JSON.parse(document.getElementById("chart-data").textContent);
  let chart = null;

  function colour(name) { return getComputedStyle(document.documentElement).getPropertyValue(name).trim(); }

  function options() {
    const ink = colour("--tblr-body-color"), line = colour("--tblr-border-color");
    const unit = data.series[0].unit;
    const axis = (value) => unit === "share" ? `${value} %` : unit === "clock" ? clock(value) : String(value);
    return {
      animation: !window.matchMedia("(prefers-reduced-motion: reduce)").matches,
      color: [colour("--tblr-primary"), "#e0a100", "#2fb344", "#d63939", "#ae3ec9", "#667382", "#4299e1", "#f76707", "#0ca678", "#d6336c"],
      textStyle: { color: ink, fontFamily: "inherit" },
      grid: { left: 8, right: 16, top: 36, bottom: 8, containLabel: true },
      legend: { top: 0, textStyle: { color: ink } },
      tooltip: { trigger: "axis", formatter: tip },
      xAxis: { type: "category", data: data.categories, axisLabel: { color: ink, hideOverlap: true }, axisLine: { lineStyle: { color: line } } },
      yAxis: { type: "value", axisLabel: { color: ink, formatter: axis }, splitLine: { lineStyle: { color: line } } },
      series: data.series.map((one) => ({ name: one.name, type: data.kind, data: one.values, smooth: false, barMaxWidth: 36 })),
    };
  }

  function clock(seconds) {
    const whole = Math.round(seconds), minutes = Math.floor(whole / 60);
    return `${minutes}:${String(whole % 60).padStart(2, "0")}`;
  }

  // Names come from outside: the tip is made of text nodes, never of markup.
  function tip(points) {
    const place = document.createElement("div");
    place.append(points[0].name);
    points.forEach((point) => {
      const row = document.createElement("div");
      row.append(`${point.seriesName}: ${data.series[point.seriesIndex].texts[point.dataIndex]}`);
      place.append(row);
    });
    return place;
  }

  function draw() {
    if (chart) chart.dispose();
    chart = window.echarts.init(box);
    chart.setOption(options());
  }
  draw();
  new ResizeObserver(() => chart.resize()).observe(box);
  new MutationObserver(draw).observe(document.documentElement, { attributes: true, attributeFilter: ["data-bs-theme"] });
})();
