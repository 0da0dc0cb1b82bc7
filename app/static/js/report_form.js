/* The filters of a report: several values of each, found by typing. */
"use strict";
document.querySelectorAll("select[data-many]").forEach((select) => {
  const label = select.labels && select.labels[0];
  if (label) select.setAttribute("aria-label", label.textContent.trim());
  new window.TomSelect(select, {
    plugins: ["remove_button"], maxOptions: 200, placeholder: select.dataset.many, hidePlaceholder: true,
    render: { no_results: () => { const told = document.createElement("div"); told.className = "no-results"; told.textContent = select.dataset.nothing; return told; } },
  });
});
