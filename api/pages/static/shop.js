// The pages of a shop work without this: it looks addresses up while they are typed, and ticks all rows at once.

const PAUSE_MS = 500;

/** Shows what the server understands of the form, a moment after the last key. */
function lookWhileTyping(form) {
  const found = document.getElementById("found");
  let waiting = 0, asked = null, last = "";
  const look = async () => {
    const typed = new URLSearchParams(new FormData(form));
    typed.delete("password");
    if (!typed.get(form.dataset.looked ?? "recipient_address").trim() || typed.toString() === last) return;
    last = typed.toString();
    asked?.abort();
    asked = new AbortController();
    try {
      const answer = await fetch(form.dataset.look, { method: "POST", body: typed, signal: asked.signal });
      if (answer.ok) found.innerHTML = await answer.text();
    } catch {
      // without a network the form is judged when it is sent
    }
  };
  form.addEventListener("input", (event) => {
    if (found.contains(event.target)) return; // an answer to the question, which stays where it is
    clearTimeout(waiting);
    waiting = setTimeout(look, PAUSE_MS);
  });
}

/** Ticks all rows of the form, or none if all are ticked. */
function pickAll(button) {
  button.hidden = false;
  button.addEventListener("click", () => {
    const boxes = [...button.form.querySelectorAll("input[type=checkbox]")];
    const all = boxes.every((box) => box.checked);
    for (const box of boxes) box.checked = !all;
  });
}

document.querySelectorAll("form[data-look]").forEach(lookWhileTyping);
document.querySelectorAll("button[data-pick]").forEach(pickAll);
