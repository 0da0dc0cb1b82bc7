/* The telephone itself: JsSIP behind a few verbs. It registers, answers what the server sends and tells what happens. */
"use strict";
window.phoneLine = function (told) {
  const QUALITY_EVERY = 2000, LEVEL_EVERY = 120;
  let ua = null, session = null, stream = null, given = null, watch = [], seen = null, wanted = { mic: "", speaker: "" };
  const audio = new Audio();
  audio.autoplay = true;

  // --- the sound: what comes in, what goes out, the ring
  let context = null, bell = null;
  const sound = () => { context = context || new AudioContext(); if (context.state === "suspended") context.resume(); return context; };
  function ring(on) {
    clearInterval(bell);
    bell = null;
    if (!on) return;
    const once = () => {
      const at = sound().currentTime, volume = context.createGain();
      volume.connect(context.destination);
      [0, 0.4].forEach((delay) => [425, 480].forEach((pitch) => {
        const tone = context.createOscillator(), shape = context.createGain();
        tone.frequency.value = pitch;
        shape.gain.setValueAtTime(0, at + delay);
        shape.gain.linearRampToValueAtTime(0.12, at + delay + 0.03);
        shape.gain.linearRampToValueAtTime(0, at + delay + 0.3);
        tone.connect(shape).connect(volume);
        tone.start(at + delay);
        tone.stop(at + delay + 0.32);
      }));
    };
    once();
    bell = setInterval(once, 2500);
  }
  function ear(source) {
    const listener = sound().createAnalyser(), bytes = new Uint8Array(512);
    listener.fftSize = 512;
    context.createMediaStreamSource(source).connect(listener);
    return () => { listener.getByteTimeDomainData(bytes); return Math.min(100, Math.max(...bytes.map((one) => Math.abs(one - 128))) * 2); };
  }
  async function openMicrophone() {
    const audioOf = (id) => ({ audio: { deviceId: id ? { exact: id } : undefined, echoCancellation: true, noiseSuppression: true, autoGainControl: true } });
    try { return await navigator.mediaDevices.getUserMedia(audioOf(wanted.mic)); } catch (trouble) {
      // The chosen one is unplugged: any other is better than a silent call.
      if (wanted.mic && trouble.name !== "NotAllowedError") return navigator.mediaDevices.getUserMedia(audioOf(""));
      throw trouble;
    }
  }
  function close(streamOf) { if (streamOf) streamOf.getTracks().forEach((track) => track.stop()); }

  // --- can this browser be a telephone at all? "", or why not
  async function trouble() {
    if (!window.RTCPeerConnection || !navigator.mediaDevices) return "no-webrtc";
    const devices = await navigator.mediaDevices.enumerateDevices().catch(() => []);
    if (!devices.some((one) => one.kind === "audioinput")) return "no-microphone";
    const asked = navigator.permissions && await navigator.permissions.query({ name: "microphone" }).catch(() => null);
    return !asked || asked.state === "granted" ? "" : asked.state === "denied" ? "denied" : "ask";
  }

  // --- one talk
  function begin(talk, request) {
    const header = (name) => request.getHeader(name) || "";
    if (session) { talk.terminate({ status_code: 486 }); return; }
    session = talk;
    const link = header("X-Pz-Call"), own = /answer-after=0/.test(header("Call-Info"));
    talk.on("peerconnection", ({ peerconnection }) => peerconnection.addEventListener("track", (event) => hear(event.streams[0])));
    talk.on("confirmed", () => { watchTalk(); told("talk", { link }); });
    talk.on("hold", () => told("held", talk.isOnHold().local));
    talk.on("unhold", () => told("held", talk.isOnHold().local));
    talk.on("ended", () => end(link, ""));
    talk.on("failed", (event) => end(link, event.cause));
    if (own) { answer(); } else { ring(true); told("ringing", { link }); }
  }
  function hear(streamIn) {
    audio.srcObject = streamIn;
    if (wanted.speaker && audio.setSinkId) audio.setSinkId(wanted.speaker).catch(() => {});
    audio.play().catch(() => {});
  }
  async function answer() {
    ring(false);
    const talk = session;
    try {
      stream = await openMicrophone();
      if (talk !== session) { close(stream); return; }
      talk.answer({ mediaStream: stream, pcConfig: { iceServers: given.ice_servers } });
    } catch (refusal) {
      told("trouble", refusal.name === "NotAllowedError" ? "denied" : "no-microphone");
      if (talk === session && !talk.isEnded()) talk.terminate({ status_code: 480 });
    }
  }
  function end(link, why) {
    ring(false);
    watch.forEach(clearInterval);
    watch = [];
    close(stream);
    session = stream = seen = null;
    audio.srcObject = null;
    told("over", { link, why });
  }
  function watchTalk() {
    watch.forEach(clearInterval);
    const mine = stream && ear(stream), theirs = audio.srcObject && ear(audio.srcObject);
    watch = [
      setInterval(() => told("levels", { mic: mine ? mine() : 0, sound: theirs ? theirs() : 0 }), LEVEL_EVERY),
      setInterval(() => measure().then((one) => one && told("quality", one)), QUALITY_EVERY),
    ];
  }
  // Loss, jitter and the way there and back of the last two seconds, as one word; and the counts for who tests the sound.
  async function measure() {
    if (!session || !session.connection) return null;
    const now = { got: 0, lost: 0, sent: 0, jitter: 0, rtt: 0, energy: 0 };
    (await session.connection.getStats()).forEach((one) => {
      if (one.type === "inbound-rtp") Object.assign(now, { got: one.packetsReceived, lost: one.packetsLost, jitter: one.jitter, energy: one.totalAudioEnergy || 0 });
      if (one.type === "outbound-rtp") now.sent = one.packetsSent;
      if (one.type === "candidate-pair" && one.nominated) now.rtt = one.currentRoundTripTime || 0;
    });
    const got = now.got - (seen ? seen.got : 0), lost = Math.max(0, now.lost - (seen ? seen.lost : 0)), share = lost / Math.max(1, got + lost);
    const held = session && session.isOnHold().local;
    const worse = (loss, rtt, jitter) => share > loss || now.rtt > rtt || now.jitter > jitter;
    const word = held ? "" : !got || worse(0.06, 0.5, 0.08) ? "poor" : worse(0.02, 0.25, 0.04) ? "fair" : "good";
    seen = now;
    return { ...now, word };
  }

  return {
    trouble, answer, measure,
    async allow() { close(await openMicrophone()); },
    start(credentials) {
      given = credentials;
      ua = new window.JsSIP.UA({ sockets: [new window.JsSIP.WebSocketInterface(given.ws_url)], uri: given.uri, password: given.password,
        register_expires: 60, session_timers: false, user_agent: "Prozvon", connection_recovery_min_interval: 1, connection_recovery_max_interval: 8 });
      ua.on("registered", () => told("registered"));
      ua.on("unregistered", () => told("lost", "unregistered"));
      ua.on("disconnected", () => told("lost", "connection"));
      ua.on("registrationFailed", ({ response }) => told("lost", response && [401, 403].includes(response.status_code) ? "password" : "refused"));
      ua.on("newRTCSession", ({ originator, session: talk, request }) => { if (originator === "remote") begin(talk, request); });
      ua.start();
    },
    renew(credentials) {
      given = credentials;
      ua.set("password", given.password);
      if (!ua.isRegistered()) ua.register();
    },
    stop() { if (ua) { ua.removeAllListeners(); ua.stop(); ua = null; } if (session) end("", ""); },
    get busy() { return session !== null; },
    hangUp() { if (session && !session.isEnded()) session.terminate(); },
    hold(on) { if (session) { if (on) session.hold(); else session.unhold(); } },
    mute(on) { if (session) { if (on) session.mute({ audio: true }); else session.unmute({ audio: true }); told("muted", on); } },
    key(digit) { if (session) session.sendDTMF(digit, { transportType: "RFC2833" }); },
    async use(choice) {
      wanted = choice;
      if (audio.setSinkId) await audio.setSinkId(choice.speaker || "").catch(() => {});
      if (!session || !session.connection || !stream) return;
      const fresh = await openMicrophone(), sender = session.connection.getSenders().find((one) => one.track && one.track.kind === "audio");
      if (!sender) { close(fresh); return; }
      fresh.getAudioTracks()[0].enabled = !session.isMuted().audio;
      await sender.replaceTrack(fresh.getAudioTracks()[0]);
      close(stream);
      stream = fresh;
      watchTalk();
    },
  };
};
