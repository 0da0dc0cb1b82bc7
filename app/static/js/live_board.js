/* The board on the whole screen: only the numbers, for a screen on the wall. */
"use strict";
(function () {
  const floor = document.getElementById("floor");
  document.getElementById("full").addEventListener("click", () => { floor.requestFullscreen(); });
})();
