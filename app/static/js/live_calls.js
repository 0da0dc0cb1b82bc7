/* What a supervisor asks of a live call: the order goes to the server, the answer of telephony is waited for and told. */
"use strict";
(function () {
  const box = document.getElementById("calls");
  if (!box) return;
  const TRIES = 12, EVERY = 500;
  const toast = (text, tone) => { if (text) window.shell.toast(text, tone); };
  const headers = () => ({ "X-CSRFToken": JSON.parse(document.body.getAttribute("hx-headers"))["X-CSRFToken"], Accept: "application/json" });

  async function outcome(order) {
    for (let n = 0; n < TRIES; n += 1) {
      await new Promise((done) => setTimeout(done, EVERY));
      const answer = await fetch(`${box.dataset.orders}${order}`, { headers: { "X-Poll": "1", Accept: "application/json" } });
      const said = answer.ok && !answer.redirected ? await answer.json() : { done: true };
      if (said.done) { toast(said.message, "warning"); return; }
    }
    toast(box.dataset.silent, "warning");
  }
  async function send(button) {
    button.disabled = true;
    try {
      const answer = await fetch(button.dataset.live, { method: "POST", headers: headers() });
      if (answer.redirected) { window.location.reload(); return; }
      const said = await answer.json().catch(() => ({}));
      toast(said.message || (answer.ok ? "" : box.dataset.failed), answer.ok ? "info" : "warning");
      if (answer.ok && said.order) await outcome(said.order);
    } catch (silence) { toast(box.dataset.failed, "danger"); } finally { button.disabled = false; }
  }
  box.addEventListener("click", async (event) => {
    const button = event.target.closest("[data-live]");
    if (!button || button.disabled) return;
    if (button.dataset.ask && !await window.shell.ask(button.dataset.ask, button.getAttribute("title"))) return;
    send(button);
  });
})();
