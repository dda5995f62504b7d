// The live page: put each event that the server sends first, keep the newest 200, and say how the stream is.
"use strict";
(() => {
  const MOST = 200;
  const root = document.getElementById("live");
  const [events, state, leftOut, hold] = ["live-events", "live-state", "live-left-out", "live-hold"].map((id) => document.getElementById(id));
  const say = (text, kind) => { state.textContent = text; state.className = `state ${kind}`; };
  let held = false, waiting = [];
  const put = (html) => {
    events.insertAdjacentHTML("afterbegin", html);  // the server has escaped it
    while (events.children.length > MOST) events.lastElementChild.remove();
  };
  const stream = new EventSource(root.dataset.stream);
  const watchingOrHeld = () => held ? say("on hold", "state-backing_off") : say("watching", "state-healthy");
  stream.onopen = watchingOrHeld;
  stream.onerror = () => say("connecting again", "state-backing_off");
  stream.addEventListener("ended", (message) => {
    if (!held) { put(message.data); return; }
    waiting.push(message.data);
    if (waiting.length > MOST) waiting.shift();
    hold.textContent = `Go on (${waiting.length})`;
  });
  stream.addEventListener("left_out", (message) => {
    const number = leftOut.querySelector("span");
    number.textContent = (Number(number.textContent.replaceAll(",", "")) + Number(message.data)).toLocaleString("en");
    leftOut.hidden = false;
  });
  stream.addEventListener("end", (message) => {
    stream.close();
    say(message.data, "state-paused");
  });
  hold.hidden = false;
  hold.addEventListener("click", () => {
    held = !held;
    hold.textContent = held ? "Go on" : "Hold";
    if (state.textContent === (held ? "watching" : "on hold")) watchingOrHeld();
    if (!held) { waiting.forEach(put); waiting = []; }
  });
  addEventListener("pagehide", () => stream.close());
})();
