/** Sound and vibration: a verdict for who does not look at the screen. */

export type Signal = "good" | "bad" | "unsure";
const TONES: Readonly<Record<Signal, readonly (readonly [number, number, number])[]>> = {
  // hertz, begins and ends after so many seconds
  good: [[880, 0, 0.09], [1320, 0.1, 0.22]],
  bad: [[196, 0, 0.28], [156, 0.32, 0.7]],
  unsure: [[440, 0, 0.12], [440, 0.2, 0.32]],
};
const BUZZES: Readonly<Record<Signal, number[]>> = { good: [60], bad: [250, 120, 250], unsure: [120, 80, 120] };

let audio: AudioContext | null = null;

/** Browsers give sound only after a touch or a key. */
export function allowSound(): void {
  audio ??= new AudioContext();
  if (audio.state === "suspended") void audio.resume();
}

export function signal(kind: Signal, wanted: { readonly sound: boolean; readonly vibration: boolean }): void {
  // Before the first tap browsers block it, and say so in the console; old ones do not tell whether there was one.
  if (wanted.vibration && (navigator.userActivation as UserActivation | undefined)?.hasBeenActive !== false) navigator.vibrate?.(BUZZES[kind]);
  if (!wanted.sound || audio?.state !== "running") return;
  const now = audio.currentTime;
  for (const [pitch, begin, end] of TONES[kind]) {
    const [tone, loudness] = [audio.createOscillator(), audio.createGain()];
    tone.type = kind === "bad" ? "square" : "sine";
    tone.frequency.value = pitch;
    loudness.gain.setValueAtTime(0.0001, now + begin);
    loudness.gain.exponentialRampToValueAtTime(kind === "bad" ? 0.12 : 0.3, now + begin + 0.015);
    loudness.gain.exponentialRampToValueAtTime(0.0001, now + end);
    tone.connect(loudness).connect(audio.destination);
    tone.start(now + begin);
    tone.stop(now + end + 0.02);
  }
}
