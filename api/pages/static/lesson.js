// Keeps the lesson on the page up to date: what was done is seen, without a reload, a few seconds later.

const EVERY_MS = 3000;
const place = document.getElementById("lesson");

/** What tells one state of the lesson from another. */
function stateOf(element) {
  return element.querySelector("[data-state]")?.dataset.state ?? "";
}

async function look() {
  if (document.hidden || !stateOf(place)) return;
  const answer = await fetch("/training/panel", { cache: "no-store" }).catch(() => undefined);
  if (!answer?.ok) return;
  const fresh = document.createElement("div");
  fresh.innerHTML = await answer.text();
  if (stateOf(fresh) === stateOf(place)) return;
  const isOpen = place.querySelector("details")?.open ?? true;
  const held = place.contains(document.activeElement);
  place.replaceChildren(...fresh.childNodes);
  for (const back of place.querySelectorAll('[name="back"]')) back.value = location.pathname + location.search;
  const details = place.querySelector("details");
  if (details) details.open = isOpen;
  if (held) place.querySelector("summary")?.focus();
}

setInterval(look, EVERY_MS);
