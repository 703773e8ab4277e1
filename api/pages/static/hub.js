// The day's report is printed by a button where there is a script to print it; elsewhere by the browser's own.

for (const button of document.querySelectorAll("[data-print]")) {
  button.hidden = false;
  button.addEventListener("click", () => window.print());
}
