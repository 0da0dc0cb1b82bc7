/* The card of the seller who rings opens by itself; what was being written stays with its own card. */
"use strict";
document.addEventListener("phone:card", ({ detail }) => {
  const page = document.getElementById("desk"), [id, state] = detail.split(":");
  const open = window.desk.card();
  // When he is answered the card has become ours: it is drawn again, with its form and results.
  if (open && open.dataset.card === id && (state !== "talking" || "mine" in open.dataset)) return;
  window.desk.keep();
  window.desk.save();
  window.htmx.ajax("GET", `${page.dataset.card}${id}`, { target: "#desk-card", swap: "innerHTML" });
});
