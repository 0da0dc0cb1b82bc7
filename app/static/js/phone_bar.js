/* The panel of the call in the bar at the bottom: what goes on, what can be done now, and the result that follows. */
"use strict";
(function () {
  const bar = document.getElementById("phone");
  if (!bar) return;
  const part = (name) => bar.querySelector(`[data-p="${name}"]`), deed = (name) => bar.querySelector(`[data-do="${name}"]`);
  const say = (name) => bar.dataset[name.replace(/-(.)/g, (_, letter) => letter.toUpperCase())] || "";
  const LOST_AFTER = 1500;  // ms: a hiccup of the connection is no news
  let lostSince = 0, calling = false, marked = "";

  const now = () => { const { state, server, live } = window.phone; return { state, server, live, call: live ? server.call : null, wrap: server ? server.wrap : null }; };
  const isDown = ({ state, server }) => (server && server.line !== "up") || (state.is === "lost" && Date.now() - lostSince > LOST_AFTER);
  const card = () => document.querySelector(".desk-card");
  const numbers = () => [...document.querySelectorAll(".desk-card [data-call]")];

  // --- what is shown
  function stage(all) {
    const { state, call, wrap, live } = all;
    if (live && call.state === "talking") return state.held ? "held" : "talking";
    if (live && call.type === "incoming") return "incoming";
    if (live) return ["asked", "sent", "operator_ringing"].includes(call.state) ? (call.type === "incoming" || state.ringing ? "incoming" : "dialing") : call.state;
    if (state.ringing) return "incoming";
    if (state.link) return state.held ? "held" : "talking";
    if (isDown(all)) return "down";
    if (["denied", "no-microphone", "no-webrtc", "ask", "elsewhere", "none", "starting", "lost"].includes(state.is)) return state.is === "lost" ? "starting" : state.is;
    return wrap ? "wrap" : "ready";
  }
  function draw() {
    const all = now(), at = stage(all), { state, call, wrap } = all;
    bar.dataset.stage = at;
    bar.dataset.link = state.link;  // the call that this telephone hears; empty: none
    bar.dataset.holds = window.phone.leads ? "here" : "elsewhere";
    document.documentElement.classList.toggle("phone-works", ["ready", "wrap", "dialing", "ringing", "talking", "held", "incoming", "starting"].includes(at));
    part("state").textContent = say("say-" + at);
    part("who").textContent = call ? call.who : wrap && at === "wrap" ? wrap.says : "";
    part("why").textContent = at === "wrap" ? "" : say("why-" + at) || state.why || "";
    const busy = ["dialing", "ringing", "talking", "held", "incoming"].includes(at), talk = at === "talking" || at === "held";
    const can = !busy && ["ready", "wrap"].includes(at);
    deed("call").disabled = !can || calling || !numbers().length;
    deed("call").hidden = busy;
    deed("hangup").hidden = !busy;
    deed("answer").hidden = !(at === "incoming" && state.ringing);
    ["hold", "mute"].forEach((name) => {
      deed(name).hidden = !talk;
      deed(name).setAttribute("aria-pressed", String(name === "hold" ? state.held : state.muted));
    });
    ["keypad", "transfer"].forEach((name) => { part(name).hidden = !talk; if (!talk) part(name).open = false; });
    part("others").hidden = !can || numbers().length < 2;
    ["take", "allow", "again"].forEach((name) => { deed(name).hidden = !bar.dataset["for" + name[0].toUpperCase() + name.slice(1)].split(" ").includes(at); });
    part("quality").hidden = !talk || !state.quality;
    part("quality").dataset.word = state.quality;
    part("quality-word").textContent = say("say-quality-" + state.quality);
    part("levels").hidden = !talk;
    part("ended").hidden = at !== "wrap";
    if (at === "wrap") drawWrap(wrap);
    mark(wrap && at === "wrap" ? wrap : null);
    tick();
  }
  function drawWrap(wrap) {
    const button = deed("suggested"), here = card() && Number(card().dataset.card) === wrap.card, known = here && result(wrap.suggest);
    button.hidden = !known;
    part("suggested-name").textContent = wrap.suggest_name || "";
    const back = part("back");
    back.hidden = here || !wrap.card;
    if (wrap.card) back.href = wrap.url;
  }
  function tick() {
    const all = now(), at = bar.dataset.stage, place = part("timer"), { server } = all;
    const from = server && (all.call ? all.call.elapsed_ms : all.wrap && at === "wrap" ? all.wrap.elapsed_ms : null);
    place.hidden = from === null || from === undefined;
    if (place.hidden) return;
    const seconds = Math.max(0, Math.floor((from + performance.now() - server.at) / 1000)), rest = [Math.floor(seconds / 60), seconds % 60];
    place.textContent = rest.map((n) => String(n).padStart(2, "0")).join(":");
    bar.classList.toggle("call-late", at === "wrap" && seconds >= all.wrap.limit_s);
    deed("longer").hidden = at !== "wrap" || seconds < all.wrap.limit_s - 15;
  }
  setInterval(() => { if (window.phone.state.is === "lost") draw(); else tick(); }, 500);

  // --- the result that fits how the call ended
  const result = (id) => (id ? document.querySelector(`button.desk-result[value="${id}"]`) : null);
  function mark(wrap) {
    document.querySelectorAll(".desk-result-suggested").forEach((one) => one.classList.remove("desk-result-suggested"));
    const button = wrap && card() && Number(card().dataset.card) === wrap.card && result(wrap.suggest);
    if (button) button.classList.add("desk-result-suggested");
    if (wrap && marked !== String(wrap.call)) {
      marked = String(wrap.call);
      const typing = document.activeElement && document.activeElement.matches("input, textarea, select");
      if (button && !typing && !deed("suggested").hidden) deed("suggested").focus();
    }
  }

  // --- what is done
  async function call(n) {
    const button = numbers()[n];
    if (!button || calling || deed("call").disabled) return;
    calling = true;
    draw();
    part("others").open = false;
    const { ok, status, said } = await window.phone.post(button.dataset.call, { n: button.dataset.n, tail: button.dataset.tail }).catch(() => ({ said: {} }));
    calling = false;
    if (!ok && status === 401 && window.desk) window.desk.logIn();
    else if (!ok) window.shell.toast(said.message || bar.dataset.failed, said.message ? "warning" : "danger");
    await window.phone.ask();
    draw();
  }
  async function order(verb, more) {
    const { ok, said } = await window.phone.post(bar.dataset.order, { verb, ...more }).catch(() => ({ said: {} }));
    // Who hangs up wants the call to be over; that it is over already is no trouble.
    if (!ok && !(verb === "hangup" && said.reason === "call_over")) window.shell.toast(said.message || bar.dataset.failed, "warning");
    else if (said.id) answerOf(said.id, said.message);
    window.phone.ask();
    return ok;
  }
  // Telephony does it in a moment, or says why it cannot.
  async function answerOf(id, message) {
    for (let tries = 0; tries < 20; tries += 1) {
      await new Promise((done) => setTimeout(done, 300));
      const told = await fetch(`${bar.dataset.answer}${id}`, { headers: { Accept: "application/json", "X-Poll": "1" } }).then((answer) => answer.json()).catch(() => ({}));
      if (told.done && told.message) window.shell.toast(told.message, "warning");
      else if (told.done && message) window.shell.toast(message, "success");
      if (told.done) return;
    }
    window.shell.toast(bar.dataset.silent, "warning");
  }
  const deeds = {
    call: () => call(0),
    hangup() {
      if (window.phone.state.link || window.phone.state.ringing) window.phone.command("hangup");
      if (window.phone.live) order("hangup");
    },
    answer: () => window.phone.command("answer"),
    hold: () => window.phone.command("hold"),
    mute: () => window.phone.command("mute"),
    take: () => window.phone.command("take"),
    allow: () => window.phone.command("allow"),
    again: () => window.phone.command("again"),
    suggested() { const button = result(now().wrap && now().wrap.suggest); if (button) button.click(); },
    async longer() { await window.phone.post(bar.dataset.longer); window.phone.ask(); },
    async check() { part("check-word").textContent = ""; if (await order("check")) check(); },
  };
  bar.addEventListener("click", (event) => {
    const button = event.target.closest("[data-do]"), digit = event.target.closest("[data-digit-key]"), person = event.target.closest("[data-person]");
    if (button && deeds[button.dataset.do]) deeds[button.dataset.do]();
    if (digit) { window.phone.command("key", digit.dataset.digitKey); part("digits").textContent += digit.dataset.digitKey; }
    if (person) { part("transfer").open = false; order(person.dataset.person, { to: person.dataset.to }); }
  });
  document.addEventListener("click", (event) => {
    const button = event.target.closest(".desk-card [data-call]");
    if (button) call(numbers().indexOf(button));
    bar.querySelectorAll("details[open]").forEach((one) => { if (!one.contains(event.target)) one.open = false; });
  });
  part("others").addEventListener("toggle", () => {
    part("other-numbers").replaceChildren(...numbers().slice(1).map((one, n) => {
      const choice = document.createElement("button");
      choice.type = "button";
      choice.className = "dropdown-item";
      choice.textContent = one.dataset.shown;
      choice.addEventListener("click", () => call(n + 1));
      return choice;
    }));
  });
  part("transfer").addEventListener("toggle", () => { if (part("transfer").open) window.htmx.ajax("GET", bar.dataset.colleagues, { target: part("colleagues"), swap: "innerHTML" }); });
  part("keypad").addEventListener("toggle", () => { part("digits").textContent = ""; });

  // --- microphone and speaker; the test of the sound
  async function devices() {
    const found = await navigator.mediaDevices.enumerateDevices().catch(() => []);
    const chosen = JSON.parse(localStorage.getItem("prozvon.phone." + bar.dataset.me) || "{}");
    [["mic", "audioinput"], ["speaker", "audiooutput"]].forEach(([name, kind]) => {
      const list = part("choose-" + name), first = list.options[0];
      list.replaceChildren(first, ...found.filter((one) => one.kind === kind && !["default", "communications", ""].includes(one.deviceId)).map((one, n) => new Option(one.label || `${n + 1}`, one.deviceId)));
      list.value = chosen[name] || "";
      list.disabled = kind === "audiooutput" && !("setSinkId" in Audio.prototype);
    });
  }
  part("settings").addEventListener("toggle", () => { if (part("settings").open && navigator.mediaDevices) devices(); });
  part("settings").addEventListener("change", () => window.phone.choose({ mic: part("choose-mic").value, speaker: part("choose-speaker").value }));
  function check() {
    const began = Date.now();
    let heard = 0, spoke = 0, flowed = false, talked = false;
    const watch = setInterval(() => {
      const { mic, sound, stats, link } = window.phone.state;
      talked = talked || Boolean(link);
      heard = Math.max(heard, sound); spoke = Math.max(spoke, mic);
      flowed = flowed || Boolean(stats && stats.got && stats.sent);
      if (Date.now() - began < 12000 && !(talked && !link)) return;
      clearInterval(watch);
      const word = !talked ? "check-none" : !flowed ? "check-no-sound" : spoke < 4 ? "check-mic-silent" : heard < 4 ? "check-silent" : "check-good";
      part("check-word").textContent = say(word);
      part("check-word").dataset.word = word;
    }, 200);
  }

  // --- keys: at once, whatever else is on its way
  document.addEventListener("keydown", (event) => {
    const page = document.getElementById("desk"), open = bar.querySelector("details[open]");
    if (event.code === "Escape" && open) { open.open = false; open.querySelector("summary").focus(); }
    if (!event.altKey || event.ctrlKey || event.metaKey || event.code !== "KeyH" || (page && page.dataset.keys !== "1")) return;
    event.preventDefault();
    if (!deed("hangup").hidden) deeds.hangup();
  });
  window.phone.bar = { call: () => { if (deed("call").hidden || deed("call").disabled) return false; call(0); return true; } };

  document.addEventListener("phone:changed", ({ detail }) => { if (detail.is !== "lost") lostSince = 0; else lostSince = lostSince || Date.now(); draw(); });
  document.addEventListener("phone:server", ({ detail: { before, now: told } }) => {
    const was = before && before.presence, is = told.presence, menu = document.getElementById("presence");
    if (before && was !== is && menu && !menu.open && menu.tagName === "DETAILS") window.htmx.ajax("GET", bar.dataset.presence, { target: "#presence", swap: "outerHTML" });
    // A call that never came to the ear leaves nothing to finish, but one wants to know why.
    if (before && before.call && !told.call && told.last) window.shell.toast(told.last.says, "warning");
    if (told.open_card && (!before || before.open_card !== told.open_card)) document.dispatchEvent(new CustomEvent("phone:card", { detail: told.open_card }));
    draw();
  });
  document.addEventListener("phone:levels", ({ detail }) => { part("mic").value = detail.mic; part("sound").value = detail.sound; });
  document.addEventListener("htmx:afterSettle", (event) => { if (["desk", "desk-card"].includes(event.detail.target.id)) { if (now().wrap) window.phone.ask(); draw(); } });
  draw();
})();
