/* Handing over: one box ticks all cards, one box a whole group. */
"use strict";
(function () {
  const form = document.getElementById("hand-over");
  const all = document.getElementById("all-cards");
  const cards = () => [...form.querySelectorAll('[name="card"]')];
  function team(box) { return [...box.closest("tbody").querySelectorAll('[name="to"]')]; }
  function show(box, members) {
    const n = members.filter((one) => one.checked).length;
    box.checked = n > 0 && n === members.length;
    box.indeterminate = n > 0 && n < members.length;
  }
  function showAll() {
    show(all, cards());
    form.querySelectorAll("[data-team]").forEach((box) => show(box, team(box)));
  }
  form.addEventListener("change", (event) => {
    if (event.target === all) cards().forEach((box) => { box.checked = all.checked; });
    if (event.target.hasAttribute("data-team")) team(event.target).forEach((box) => { box.checked = event.target.checked; });
    showAll();
  });
  showAll();
})();
