// The camera as a scanner, in browsers that read bar codes by themselves.

const FORMATS = ["code_128", "qr_code", "data_matrix", "code_39"];
const EVERY_MS = 150;
const SAME_FOR_MS = 2500;

/** Whether this browser can. */
export function canSee() {
  return "BarcodeDetector" in globalThis && Boolean(navigator.mediaDevices?.getUserMedia);
}

/** Shows the camera and tells `read` each code, one that stays in view not again at once; resolves to what ends it. */
export async function look(video, read) {
  const stream = await navigator.mediaDevices.getUserMedia({ video: { facingMode: "environment" } });
  video.srcObject = stream;
  await video.play();
  const detector = new BarcodeDetector({ formats: FORMATS });
  const seenAt = new Map();
  const timer = setInterval(async () => {
    const codes = await detector.detect(video).catch(() => []);
    for (const { rawValue } of codes) {
      if (performance.now() - (seenAt.get(rawValue) ?? -Infinity) > SAME_FOR_MS) read(rawValue);
      seenAt.set(rawValue, performance.now());
    }
  }, EVERY_MS);
  return () => {
    clearInterval(timer);
    for (const track of stream.getTracks()) track.stop();
    video.srcObject = null;
  };
}
