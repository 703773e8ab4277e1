// The kiosk while a card is made: the picture small enough to travel, the camera, and the card as it will be printed.
// Without this file everything works by its buttons.

const LONGEST_PX = 2400;
const PAUSE_MS = 700;

const form = document.getElementById("making");
if (form) make(form);

function make(form) {
  const chosen = form.querySelector("#picture");
  let picture = null; // what is still to be sent; null: the post has it
  let waiting = 0;
  let sending = null;

  async function show() {
    clearTimeout(waiting);
    if (!form.checkValidity()) return;
    sending?.abort();
    const mine = (sending = new AbortController());
    const said = new FormData(form);
    said.delete("picture");
    if (picture) said.set("picture", picture, "picture.jpg");
    try {
      const answer = await fetch(form.action, { method: "POST", body: said, signal: mine.signal });
      const page = new DOMParser().parseFromString(await answer.text(), "text/html");
      if (mine !== sending || !page.getElementById("card-result")) return;
      if (answer.ok) {
        picture = null;
        history.replaceState(null, "", form.action); // opened again, it is this card
      }
      take(page);
    } catch (error) {
      if (error.name !== "AbortError") form.submit(); // the page of the browser says what is wrong
    }
  }

  function take(page) {
    document.getElementById("card-result").replaceWith(page.getElementById("card-result"));
    const asked = document.getElementById("asked");
    if (!asked.contains(document.activeElement)) asked.replaceWith(page.getElementById("asked"));
    for (const field of form.querySelectorAll(".field")) {
      const name = field.querySelector("[name]")?.name;
      const there = name && page.querySelector(`#making [name="${name}"]`)?.closest(".field");
      if (!there) continue;
      field.classList.toggle("wrong", there.classList.contains("wrong"));
      field.querySelector(".error")?.remove();
      const error = there.querySelector(".error");
      if (error) field.querySelector("label").after(error);
    }
  }

  const soon = () => {
    clearTimeout(waiting);
    waiting = setTimeout(show, PAUSE_MS);
  };
  form.addEventListener("input", (event) => event.target !== chosen && soon());
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    show();
  });
  chosen.addEventListener("change", async () => {
    picture = chosen.files[0] ? await small(chosen.files[0]) : null;
    show();
  });
  camera(form, (taken) => {
    picture = taken;
    chosen.value = "";
    show();
  });
}

// The picture no larger than it can be printed; the file itself where the browser cannot read it, or it moves.
async function small(file) {
  try {
    const image = await createImageBitmap(file, { imageOrientation: "from-image" });
    if (Math.max(image.width, image.height) <= LONGEST_PX && file.size < 2_000_000) return file;
    return await drawn(image, image.width, image.height);
  } catch {
    return file;
  }
}

function drawn(image, width, height) {
  const scale = Math.min(1, LONGEST_PX / Math.max(width, height));
  const canvas = document.createElement("canvas");
  canvas.width = Math.round(width * scale);
  canvas.height = Math.round(height * scale);
  const paper = canvas.getContext("2d");
  paper.fillStyle = "#fff";
  paper.fillRect(0, 0, canvas.width, canvas.height);
  paper.drawImage(image, 0, 0, canvas.width, canvas.height);
  return new Promise((resolve) => canvas.toBlob(resolve, "image/jpeg", 0.9));
}

function camera(form, taken) {
  if (!navigator.mediaDevices?.getUserMedia) return;
  const [start, shot, finder] = ["#camera", "#take", "#finder"].map((name) => form.querySelector(name));
  form.querySelector(".camera").hidden = false;
  let stream = null;

  function stop() {
    stream?.getTracks().forEach((track) => track.stop());
    stream = null;
    finder.hidden = shot.hidden = true;
    start.hidden = false;
  }

  start.addEventListener("click", async () => {
    try {
      stream = await navigator.mediaDevices.getUserMedia({ video: { width: { ideal: 1920 }, facingMode: "environment" } });
    } catch {
      form.querySelector(".camera").hidden = true; // there is none, or it is not allowed: a file can be chosen
      return;
    }
    finder.srcObject = stream;
    finder.hidden = shot.hidden = false;
    start.hidden = true;
    await finder.play();
    shot.focus();
  });
  shot.addEventListener("click", async () => {
    taken(await drawn(finder, finder.videoWidth, finder.videoHeight));
    stop();
    start.focus();
  });
  addEventListener("pagehide", stop);
}
