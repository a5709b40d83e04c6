/** The camera: opened for the time that the page is seen, and its pictures as the worker takes them. */
import type { Frame } from "./engine.ts";

const LARGEST = 1280; // pixels of the longer side: enough for the densest passport, quick on an old phone

/** Something that a person can mend; the words for it stand under its code. */
export class Trouble extends Error {
  constructor(
    readonly code:
      | "no-camera" | "camera-denied" | "camera-busy" | "not-secure" | "no-reader"
      | "picture-kind" | "picture-large" | "picture-broken",
  ) {
    super(code);
  }
}

interface TorchTrack {
  getCapabilities?(): MediaTrackCapabilities & { readonly torch?: boolean };
}

export class Camera {
  readonly #canvas = document.createElement("canvas");
  readonly #context = this.#canvas.getContext("2d", { willReadFrequently: true })!;
  #stream: MediaStream | null = null;
  torch = false;

  constructor(private readonly video: HTMLVideoElement) {}

  get running(): boolean {
    return this.#stream !== null;
  }

  get device(): string {
    return this.#track?.getSettings().deviceId ?? "";
  }

  get hasTorch(): boolean {
    return (this.#track as TorchTrack | undefined)?.getCapabilities?.().torch === true;
  }

  /** @throws Trouble */
  async start(device: string): Promise<void> {
    this.stop();
    if (!navigator.mediaDevices?.getUserMedia) throw new Trouble("not-secure");
    const size = { width: { ideal: 1280 }, height: { ideal: 720 } };
    const which = device ? { deviceId: { exact: device } } : { facingMode: { ideal: "environment" } };
    try {
      this.#stream = await navigator.mediaDevices.getUserMedia({ video: { ...size, ...which }, audio: false });
    } catch (error) {
      if (device && (error as Error).name === "OverconstrainedError") return this.start(""); // it was taken away
      throw troubleOf(error as Error);
    }
    this.video.srcObject = this.#stream;
    await this.video.play();
  }

  stop(): void {
    for (const track of this.#stream?.getTracks() ?? []) track.stop();
    this.#stream = null;
    this.torch = false;
    this.video.srcObject = null;
  }

  async setTorch(on: boolean): Promise<void> {
    await this.#track?.applyConstraints({ advanced: [{ torch: on } as MediaTrackConstraintSet] });
    this.torch = on;
  }

  /** The cameras of this device, once one of them was allowed. */
  async cameras(): Promise<readonly { id: string; label: string }[]> {
    const devices = await navigator.mediaDevices.enumerateDevices();
    const cameras = devices.filter(({ kind, deviceId }) => kind === "videoinput" && deviceId);
    return cameras.map(({ deviceId, label }, at) => ({ id: deviceId, label: label || String(at + 1) }));
  }

  /** The next picture; null while there is none. */
  async next(): Promise<Frame | null> {
    await new Promise<void>((done) => {
      if (!this.video.requestVideoFrameCallback) requestAnimationFrame(() => done());
      else {
        const late = setTimeout(done, 500); // a camera that stopped gives no more of them
        this.video.requestVideoFrameCallback(() => (clearTimeout(late), done()));
      }
    });
    const { videoWidth, videoHeight } = this.video;
    return this.running && videoWidth ? frameOf(this.#context, this.video, videoWidth, videoHeight, LARGEST) : null;
  }

  get #track(): MediaStreamTrack | undefined {
    return this.#stream?.getVideoTracks()[0];
  }
}

/** Draws a picture, made smaller where it is large, and takes its pixels. */
export function frameOf(
  context: CanvasRenderingContext2D,
  picture: CanvasImageSource,
  width: number,
  height: number,
  largest: number,
): Frame {
  const scale = Math.min(1, largest / Math.max(width, height));
  const [wide, high] = [Math.max(1, Math.round(width * scale)), Math.max(1, Math.round(height * scale))];
  if (context.canvas.width !== wide) context.canvas.width = wide;
  if (context.canvas.height !== high) context.canvas.height = high;
  context.drawImage(picture, 0, 0, wide, high);
  const { data } = context.getImageData(0, 0, wide, high);
  return { data: data as Frame["data"], width: wide, height: high };
}

function troubleOf(error: Error): Trouble {
  if (error.name === "NotAllowedError" || error.name === "SecurityError") return new Trouble("camera-denied");
  return new Trouble(error.name === "NotReadableError" || error.name === "AbortError" ? "camera-busy" : "no-camera");
}
