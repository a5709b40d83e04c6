/** A picture from a file: its kind and size are looked at before the browser unpacks it. */
import { frameOf, Trouble } from "./camera.ts";
import type { Frame } from "./engine.ts";

const MAX_FILE = 20 * 1024 * 1024; // bytes
const MAX_PIXELS = 50_000_000;
const SIZES = [2400, 1200]; // pixels of the longer side, one after another

/** The picture in some sizes. @throws Trouble */
export async function* framesOf(file: Blob): AsyncGenerator<Frame> {
  if (file.size > MAX_FILE) throw new Trouble("picture-large");
  const size = sizeOf(new DataView(await file.arrayBuffer()));
  if (!size) throw new Trouble("picture-kind");
  if (size[0] * size[1] > MAX_PIXELS) throw new Trouble("picture-large");
  const picture = await createImageBitmap(file).catch(() => null);
  if (!picture) throw new Trouble("picture-broken");
  const context = document.createElement("canvas").getContext("2d", { willReadFrequently: true })!;
  for (const largest of SIZES) yield frameOf(context, picture, picture.width, picture.height, largest);
  picture.close();
}

/** Width and height as a PNG, JPEG or WebP says them; null of anything else. */
function sizeOf(data: DataView): [number, number] | null {
  try {
    if (data.getUint32(0) === 0x89504e47) return [data.getUint32(16), data.getUint32(20)];
    if (data.getUint32(0) === 0x52494646 && data.getUint32(8) === 0x57454250) return webpSize(data);
    return data.getUint16(0) === 0xffd8 ? jpegSize(data) : null;
  } catch {
    return null; // it ends before it says
  }
}

function jpegSize(data: DataView): [number, number] | null {
  for (let at = 2; data.getUint8(at) === 0xff; at += 2 + data.getUint16(at + 2)) {
    const marker = data.getUint8(at + 1);
    const isFrame = marker >= 0xc0 && marker <= 0xcf && ![0xc4, 0xc8, 0xcc].includes(marker);
    if (isFrame) return [data.getUint16(at + 7), data.getUint16(at + 5)];
  }
  return null;
}

function webpSize(data: DataView): [number, number] | null {
  const kind = data.getUint32(12);
  if (kind === 0x56503858) return [1 + readUint24(data, 24), 1 + readUint24(data, 27)]; // VP8X
  if (kind === 0x56503820) return [data.getUint16(26, true) & 0x3fff, data.getUint16(28, true) & 0x3fff]; // VP8
  const bits = data.getUint32(21, true); // VP8L
  return kind === 0x5650384c ? [1 + (bits & 0x3fff), 1 + ((bits >> 14) & 0x3fff)] : null;
}

function readUint24(data: DataView, at: number): number {
  return data.getUint16(at, true) | (data.getUint8(at + 2) << 16);
}
