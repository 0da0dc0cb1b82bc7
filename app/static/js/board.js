/* The board: parts that renew themselves when something has changed, clocks that run in the browser, a pause. */
"use strict";
(function () {
  const live = document.getElementById("live");
  const parts = [...document.querySelectorAll("[data-poll]")].map((box) => ({ box, seen: "", due: Date.now() + box.dataset.every * 1000 }));
  let paused = false;
  let lost = false;

  function tell() {
    live.querySelector("span").textContent = paused ? live.dataset.paused : lost ? live.dataset.lost : live.dataset.live;
    live.setAttribute("aria-pressed", String(paused));
    live.classList.toggle("is-lost", lost && !paused);
    live.classList.toggle("is-paused", paused);
  }
  live.addEventListener("click", () => { paused = !paused; parts.forEach((part) => { part.due = 0; }); tell(); });

  async function renew(part) {
    part.due = Date.now() + part.box.dataset.every * 1000;
    try {
      const answer = await fetch(`${part.box.dataset.poll}?seen=${part.seen}`, { headers: { "X-Poll": "1" } });
      if (answer.redirected) { window.location.reload(); return; }  // logged out
      if (!answer.ok) throw new Error(String(answer.status));
      lost = false;
      if (answer.status === 204) return;
      const text = await answer.text();
      part.seen = answer.headers.get("X-Seen") || "";
      // Who has the focus inside keeps it: the row's link is found again by its address.
      const focused = part.box.contains(document.activeElement) ? document.activeElement.getAttribute("href") : null;
      part.box.innerHTML = text;
      clocks();
      if (focused) { const again = [...part.box.querySelectorAll("a")].find((link) => link.getAttribute("href") === focused); if (again) again.focus(); }
    } catch (trouble) { lost = true; }
    tell();
  }

  function clocks() {
    const now = Date.now() / 1000;
    document.querySelectorAll("[data-since]").forEach((place) => {
      const total = Math.max(0, Math.floor(now - Number(place.dataset.since)));
      const two = (n) => String(n).padStart(2, "0");
      const days = Math.floor(total / 86400), hours = Math.floor(total / 3600) % 24;
      const text = `${days ? days + " " + live.dataset.days + " " : ""}${days || hours ? hours + ":" + two(Math.floor(total / 60) % 60) : Math.floor(total / 60)}:${two(total % 60)}`;
      if (place.textContent !== text) place.textContent = text;
    });
  }
  clocks();
  setInterval(() => {
    clocks();
    if (paused || document.hidden) return;
    parts.forEach((part) => { if (Date.now() >= part.due) renew(part); });
  }, 1000);
})();
