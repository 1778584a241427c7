// Counts down the remaining time, and fetches it again because the demo's clock can move.

const shown = document.getElementById("left");
let left = 0;

const show = () => (shown.textContent = left > 0 ? `${Math.floor(left / 60)} min ${left % 60} s` : "none");

async function ask() {
  const answer = await fetch("/console/left");
  if (answer.ok) left = await answer.json();
  show();
}

setInterval(() => ((left = Math.max(0, left - 1)), show()), 1000);
setInterval(ask, 3000);
await ask();
