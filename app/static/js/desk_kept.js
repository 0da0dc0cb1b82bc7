/* Texts of cards that are no longer with the operator: nothing can be sent any more, so they are shown to be copied. */
"use strict";
(function () {
  const page = document.getElementById("desk"), box = document.getElementById("desk-kept");
  const prefix = `prozvon.draft.${page.dataset.me}.`;

  function drafts() {
    const found = [];
    try {
      for (const name of Object.keys(localStorage).filter((one) => one.startsWith(prefix))) {
        const draft = JSON.parse(localStorage.getItem(name));
        const said = Object.entries({ ...draft.fields, ...draft.extra }).filter(([, value]) => value.trim());
        if (said.length) found.push({ name, id: name.slice(prefix.length), draft, said });
      }
    } catch (refused) { /* private mode */ }
    return found.sort((one, other) => other.draft.at - one.draft.at);
  }
  // Of those that are still with the operator the text comes back by itself when the card is opened.
  async function isGone(id) {
    const own = window.desk.form() && window.desk.card();
    if (own && own.dataset.card === id) return false;
    const answer = await fetch(`${page.dataset.counts}?card=${encodeURIComponent(id)}`, { headers: { Accept: "application/json", "X-Poll": "1" } }).catch(() => null);
    if (!answer || answer.redirected || !answer.ok) return false;
    const told = await answer.json();
    return !told.card.mine;
  }
  function line({ name, id, draft, said }) {
    const row = document.getElementById("desk-kept-one").content.firstElementChild.cloneNode(true);
    const text = said.map(([field, value]) => `${(draft.labels || {})[field] || field}: ${value}`).join("\n");
    row.querySelector("b").append(" " + id);
    row.querySelector("time").textContent = new Date(draft.at).toLocaleTimeString("ru", { hour: "2-digit", minute: "2-digit" });
    const place = row.querySelector("textarea");
    place.value = text;
    place.rows = Math.min(said.length + 1, 8);
    row.querySelector("[data-copy-kept]").addEventListener("click", (event) => copy(place, event.currentTarget.dataset.copied));
    row.querySelector("[data-forget]").addEventListener("click", () => {
      try { localStorage.removeItem(name); } catch (refused) { /* private mode */ }
      row.remove();
      box.hidden = !box.querySelector("textarea");
    });
    return row;
  }
  function copy(place, said) {
    const done = () => window.shell.toast(said, "success");
    place.select();
    // The clipboard of the browser works on https only; the old way works everywhere.
    if (navigator.clipboard && window.isSecureContext) navigator.clipboard.writeText(place.value).then(done, () => { document.execCommand("copy"); done(); });
    else { document.execCommand("copy"); done(); }
  }
  let asked = 0;
  async function show() {
    const mine = ++asked, gone = [];
    for (const one of drafts()) if (await isGone(one.id)) gone.push(one);
    if (mine !== asked) return;  // another card was opened meanwhile
    box.querySelectorAll(".desk-kept-one").forEach((row) => row.remove());
    box.append(...gone.map(line));
    box.hidden = !gone.length;
  }
  document.addEventListener("DOMContentLoaded", show);
  document.addEventListener("htmx:afterSettle", (event) => { if (event.detail.target.id === "desk") show(); });
})();
