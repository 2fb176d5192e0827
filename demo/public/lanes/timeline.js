// Draws the last minute of a client as a strip: when it got answers, was unresponsive, or disconnected.

import { KEPT_MS } from './probe.js';

const COLOURS = {
  websocket: '--live',
  polling: '--live-polling',
  unresponsive: '--unresponsive',
  disconnected: '--disconnected',
};

/** `marks` are the times at which faults started. */
export function drawTimeline(canvas, { history, marks, now }) {
  const scale = window.devicePixelRatio || 1;
  const { clientWidth: width, clientHeight: height } = canvas;
  if (width === 0) return;
  canvas.width = Math.round(width * scale);
  canvas.height = Math.round(height * scale);
  const style = getComputedStyle(canvas);
  const context = canvas.getContext('2d');
  context.scale(scale, scale);
  const x = (at) => width - ((now - at) / KEPT_MS) * width;

  history.forEach(({ from, state }, index) => {
    const until = history[index + 1]?.from ?? now;
    const start = Math.max(0, x(from));
    context.fillStyle = style.getPropertyValue(COLOURS[state]);
    // Thickness shows the state independently of colour.
    const thickness = { disconnected: 0.2, unresponsive: 0.55 }[state] ?? 1;
    context.fillRect(start, height * (1 - thickness), Math.max(1, x(until) - start), height * thickness);
  });

  context.fillStyle = style.getPropertyValue('--ink');
  for (const at of marks) {
    const place = Math.round(x(at));
    if (place < 0) continue;
    context.fillRect(place, 0, 2, height);
    context.beginPath();
    context.moveTo(place - 4, 0);
    context.lineTo(place + 6, 0);
    context.lineTo(place + 1, 7);
    context.fill();
  }
}
