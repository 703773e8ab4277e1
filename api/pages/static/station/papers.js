// Papers of the counter: what a script can save a clerk. The pages work without it.

import { latinDigits, taka } from "../device/numbers.js";

for (const button of document.querySelectorAll("[data-do=print]")) {
  button.hidden = false;
  button.addEventListener("click", () => window.print());
}

/** What lies on the table so far, and what is missing or too much. */
function addUp(form, sum) {
  const { lang } = document.documentElement;
  let counted = 0;
  for (const field of form.querySelectorAll("[data-worth]"))
    counted += Number(field.dataset.worth) * (Number(latinDigits(field.value)) || 0);
  const over = counted - Number(form.dataset.books);
  const rest = over ? ` · ${taka(Math.abs(over), lang)} ${over < 0 ? sum.dataset.missing : sum.dataset.over}` : " ✓";
  sum.textContent = `${sum.dataset.counted}: ${taka(counted, lang)}${rest}`;
}

const form = document.getElementById("count");
if (form) {
  const sum = document.getElementById("sum");
  sum.hidden = false;
  form.addEventListener("input", () => addUp(form, sum));
  addUp(form, sum);
}
