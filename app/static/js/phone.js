/* One telephone for all tabs: the tab with the lock holds it, the others show it and tell it what to do. */
"use strict";
(function () {
  const bar = document.getElementById("phone");
  if (!bar) return;
  const NAME = "prozvon.phone." + bar.dataset.me, WATCH = 700, RENEW = 120000, AGAIN = 3000;
  const channel = "BroadcastChannel" in window ? new BroadcastChannel(NAME) : { postMessage() {} };
  const device = () => { try { return JSON.parse(localStorage.getItem(NAME)) || {}; } catch (refused) { return {}; } };
  // What the phone is, as every tab knows it; only the leader's line changes it.
  let phone = { is: "starting", link: "", held: false, muted: false, quality: "", mic: 0, sound: 0, ringing: false, check: null };
  let line = null, timers = [], server = null, asking = null, soon = null, handing = null, refused = 0;

  // --- talking to the server
  const headers = () => ({ "X-CSRFToken": JSON.parse(document.body.getAttribute("hx-headers"))["X-CSRFToken"], Accept: "application/json" });
  async function post(address, fields) {
    const answer = await fetch(address, { method: "POST", headers: headers(), body: new URLSearchParams(fields || {}) });
    const said = answer.status === 204 || answer.redirected ? {} : await answer.json().catch(() => ({}));
    return { ok: answer.ok && !answer.redirected, status: answer.redirected ? 401 : answer.status, said };
  }
  function ask() {
    clearTimeout(soon);
    asking = asking || fetch(bar.dataset.state, { headers: { Accept: "application/json", "X-Poll": "1" } })
      .then((answer) => (answer.ok && !answer.redirected ? answer.json() : null)).then((told) => { if (told) take(told); }).catch(() => {})
      .finally(() => { asking = null; if (isLive() || phone.link) soon = setTimeout(ask, WATCH); });
    return asking;
  }
  function take(told) {
    told.at = performance.now();
    const before = server;
    server = told;
    if (line && phone.is === "ready" && ["unavailable", "unknown", "invalid"].includes(told.device)) connected(true);
    document.dispatchEvent(new CustomEvent("phone:server", { detail: { before, now: told } }));
  }
  const isLive = () => Boolean(server && server.call && server.call.state !== "ended");

  // --- what the leader does when the line tells something
  function publish(change) {
    phone = { ...phone, ...change };
    channel.postMessage({ phone });
    show();
  }
  // Many times a second, so nothing but the meters hears of it.
  function levels(more, tell) {
    Object.assign(phone, more);
    if (tell) channel.postMessage({ levels: more });
    document.dispatchEvent(new CustomEvent("phone:levels", { detail: phone }));
  }
  function show() { document.dispatchEvent(new CustomEvent("phone:changed", { detail: phone })); }
  function heard(what, more) {
    if (what === "registered") { refused = 0; publish({ is: "ready" }); connected(true).then(ask); }
    if (what === "lost" && more === "password") {
      // Somebody has renewed it meanwhile, or it is refused for good: then every try waits longer.
      clearTimeout(handing);
      publish({ is: "lost" });
      handing = setTimeout(() => { if (line) login(false); }, refused);
      refused = Math.min(30000, Math.max(1000, refused * 2));
      return;
    }
    if (what === "lost") publish({ is: "lost" });
    if (what === "trouble") publish({ is: more });
    if (what === "ringing") { publish({ ringing: true, link: more.link }); ask(); }
    if (what === "talk") { publish({ ringing: false, link: more.link || "talk", held: false, muted: false }); ask(); }
    if (what === "held") publish({ held: more });
    if (what === "muted") publish({ muted: more });
    if (what === "levels") levels(more, true);
    if (what === "quality") publish({ quality: more.word, stats: more });
    if (what === "over") { publish({ ringing: false, link: "", held: false, muted: false, quality: "", mic: 0, sound: 0 }); ask(); }
  }

  // The server has to know by which telephones people may call; a page that goes says so while it still can.
  function connected(is) {
    return fetch(bar.dataset.connected, { method: "POST", headers: headers(), body: new URLSearchParams({ connected: is ? "1" : "" }), keepalive: true }).catch(() => {});
  }

  // --- being the leader
  function library() {
    return window.JsSIP ? Promise.resolve() : new Promise((done, failed) => {
      const script = document.createElement("script");
      script.src = bar.dataset.library;
      script.onload = done;
      script.onerror = failed;
      document.head.append(script);
    });
  }
  async function lead() {
    line = window.phoneLine(heard);
    const why = await line.trouble();
    if (why) { publish({ is: why }); return; }
    await library();
    await line.use(device());
    await login(false);
    timers.push(setInterval(() => { if (line) login(false, true); }, RENEW));
  }
  // A password for this log-in; asked anew before its end, and at once when Asterisk no longer takes it.
  async function login(over, quietly) {
    clearTimeout(handing);
    if (!quietly) publish({ is: "starting" });
    const { ok, status, said } = await post(bar.dataset.session, { take: over ? "1" : "" }).catch(() => ({ ok: false, status: 0, said: {} }));
    if (!line) return;
    if (ok) {
      if (line.started && !over) line.renew(said); else { line.stop(); line.start(said); line.started = true; }
    } else if (status === 409) {
      line.stop();
      line.started = false;
      publish({ is: said.reason === "phone_elsewhere" ? "elsewhere" : "none", why: said.message });
    } else {
      if (!quietly) publish({ is: "lost" });
      handing = setTimeout(() => { if (line) login(over, quietly); }, AGAIN);
    }
  }
  async function restart() { if (line) { line.stop(); line = null; timers.forEach(clearInterval); timers = []; await lead().catch(() => publish({ is: "lost" })); } }

  const deeds = {
    hangup: () => line.hangUp(),
    answer: () => line.answer(),
    hold: () => line.hold(!phone.held),
    mute: () => line.mute(!phone.muted),
    key: (digit) => line.key(digit),
    use: () => line.use(device()),
    take: () => login(true),
    allow: () => line.allow().then(restart, () => publish({ is: "denied" })),
    again: restart,
    hello: () => publish({}),
  };
  function command(name, value) {
    if (line) Promise.resolve(deeds[name](value)).catch(() => {}); else channel.postMessage({ command: name, value });
  }
  channel.onmessage = ({ data }) => {
    if (data.phone && !line) { const was = phone.link; phone = data.phone; show(); if (phone.link !== was) ask(); }
    if (data.levels && !line) levels(data.levels, false);
    if (data.command && line) command(data.command, data.value);
  };
  function start() {
    if (!navigator.locks) { lead().catch(() => publish({ is: "lost" })); return; }
    command("hello");
    navigator.locks.request(NAME, () => {
      lead().catch(() => publish({ is: "lost" }));
      return new Promise(() => {});  // held until this tab closes
    });
  }

  window.phone = {
    post, ask, command,
    get state() { return phone; }, get server() { return server; }, get live() { return isLive(); }, get leads() { return line !== null; },
    // What the desk's own poll says in a word: the state of the line and the call; the rest is asked for when it differs.
    told(word) {
      if (!word) return;
      const known = server && { line: server.line, call: isLive() ? server.call.id : null, wrap: server.presence === "wrap_up" };
      if (!known || known.line !== word.line || known.call !== word.call || known.wrap !== word.wrap) ask();
    },
    choose(choice) {
      try { localStorage.setItem(NAME, JSON.stringify(choice)); } catch (refused) { /* private mode: until the page is left */ }
      command("use");
    },
  };
  window.addEventListener("beforeunload", (event) => { if (line && phone.link) event.preventDefault(); });
  window.addEventListener("pagehide", () => { if (line) { line.stop(); if (phone.is === "ready") connected(false); } });
  if (navigator.mediaDevices) navigator.mediaDevices.addEventListener("devicechange", () => { if (line && phone.is === "no-microphone") restart(); });
  window.addEventListener("online", () => { if (line && phone.is === "lost") login(false); });
  // After the first paint: nobody waits for the telephone to see the cards.
  window.addEventListener("load", () => {
    ask();
    setTimeout(start, 50);
    // The desk's own pulse brings the word; elsewhere the telephone asks for itself.
    if (!document.getElementById("desk")) setInterval(() => { if (!document.hidden) ask(); }, 5000);
  });
})();
