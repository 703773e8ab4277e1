// Asks every few seconds whether the payment has come, and shows the page anew when anything has changed.
const EVERY_MS = 4000;
const { standing } = document.getElementById("pay").dataset;
let before;

async function look() {
  const answer = await fetch(standing, { credentials: "same-origin", cache: "no-store" }).catch(() => undefined);
  const now = answer?.ok ? await answer.text() : before;
  if (before !== undefined && now !== before) location.reload();
  before = now;
}

look();
setInterval(look, EVERY_MS);
