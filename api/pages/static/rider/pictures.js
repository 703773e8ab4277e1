// Pictures made on the phone: a photo small enough for a slow network, and a signature as strokes.

const LONG_SIDE_PX = 1280;
const MOST_BYTES = 150_000;
const QUALITIES = [0.7, 0.5, 0.35, 0.2];

/** The photo as a JPEG of at most that many bytes, as far as that goes. */
export async function smallPhoto(file) {
  const picture = await createImageBitmap(file);
  const scale = Math.min(1, LONG_SIDE_PX / Math.max(picture.width, picture.height));
  const canvas = document.createElement("canvas");
  canvas.width = Math.round(picture.width * scale);
  canvas.height = Math.round(picture.height * scale);
  canvas.getContext("2d").drawImage(picture, 0, 0, canvas.width, canvas.height);
  picture.close();
  for (const quality of QUALITIES) {
    const blob = await new Promise((done) => canvas.toBlob(done, "image/jpeg", quality));
    if (blob.size <= MOST_BYTES || quality === QUALITIES.at(-1)) return blob;
  }
}

/** A field to sign in with a finger or a pen. */
export class Signature {
  /** `changed()` is called after each stroke. */
  constructor(canvas, changed) {
    Object.assign(this, { canvas, changed, strokes: [] });
    canvas.addEventListener("pointerdown", (event) => {
      canvas.setPointerCapture(event.pointerId);
      this.strokes.push([this.at(event), this.at(event)]); // a point is a stroke, too
      this.draw();
    });
    canvas.addEventListener("pointermove", (event) => {
      if (!canvas.hasPointerCapture(event.pointerId)) return;
      this.strokes.at(-1).push(this.at(event));
      this.draw();
    });
    canvas.addEventListener("pointerup", () => this.changed());
  }

  at(event) {
    const { left, top, width, height } = this.canvas.getBoundingClientRect();
    return [
      Math.round(((event.clientX - left) / width) * this.canvas.width),
      Math.round(((event.clientY - top) / height) * this.canvas.height),
    ];
  }

  draw() {
    const pen = this.canvas.getContext("2d");
    pen.clearRect(0, 0, this.canvas.width, this.canvas.height);
    pen.lineWidth = 4;
    pen.lineCap = pen.lineJoin = "round";
    pen.strokeStyle = "#000";
    for (const stroke of this.strokes) {
      pen.beginPath();
      for (const point of stroke) pen.lineTo(...point);
      pen.stroke();
    }
  }

  clear() {
    this.strokes = [];
    this.draw();
  }

  /** The strokes as an SVG; undefined while there are none. */
  get drawing() {
    if (!this.strokes.length) return undefined;
    const { width, height } = this.canvas;
    const drawn = this.strokes.map(
      (stroke) => `<polyline points="${stroke.map((point) => point.join(",")).join(" ")}" fill="none" stroke="#000" stroke-width="4"/>`,
    );
    const svg = `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}">${drawn.join("")}</svg>`;
    return new Blob([svg], { type: "image/svg+xml" });
  }
}
