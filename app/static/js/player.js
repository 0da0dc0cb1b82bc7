/* Recorded talks: the pace of listening, and only one talk at a time. */
"use strict";
document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-pace]");
  if (!button) return;
  const box = button.closest("[data-player]");
  const audio = box.querySelector("audio");
  audio.defaultPlaybackRate = audio.playbackRate = Number(button.dataset.pace);
  box.querySelectorAll("[data-pace]").forEach((one) => one.setAttribute("aria-pressed", String(one === button)));
});
document.addEventListener("play", (event) => {
  document.querySelectorAll("[data-player] audio").forEach((audio) => { if (audio !== event.target) audio.pause(); });
}, true);
