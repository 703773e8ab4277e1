// A sound for each verdict, so that eyes can stay on the parcels.

const TUNES = {
  good: [[1320, 0, 0.07]],
  sent: [[1760, 0, 0.04]],
  warn: [[660, 0, 0.12], [880, 0.14, 0.12]],
  bad: [[220, 0, 0.35], [165, 0.36, 0.3]],
};
let context;

/** Plays the tune of that verdict; silent where a browser does not let us yet. */
export function play(kind) {
  const AudioContext = globalThis.AudioContext;
  if (!AudioContext) return;
  context ??= new AudioContext();
  if (context.state === "suspended") context.resume();
  for (const [hertz, start, length] of TUNES[kind] ?? []) {
    const tone = context.createOscillator();
    const volume = context.createGain();
    tone.frequency.value = hertz;
    tone.type = kind === "bad" ? "square" : "sine";
    volume.gain.setValueAtTime(0.15, context.currentTime + start);
    volume.gain.exponentialRampToValueAtTime(0.001, context.currentTime + start + length);
    tone.connect(volume).connect(context.destination);
    tone.start(context.currentTime + start);
    tone.stop(context.currentTime + start + length);
  }
}
