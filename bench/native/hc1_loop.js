// Verify HC1 texts by hand: what a careful programmer writes for node, and no more. No schema, no error detail.
// First line: JSON {"certificate": base64 DER, "texts": [...]}. Then a number n a line: n texts more, answered with the
// nanoseconds they took.
"use strict";
const { X509Certificate, createHash, verify } = require("node:crypto");
const { createInterface } = require("node:readline");
const { inflateSync } = require("node:zlib");

const ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:";
const VALUE = new Uint8Array(256).fill(255);
for (let i = 0; i < 45; i++) VALUE[ALPHABET.charCodeAt(i)] = i;

function base45(text, start) {
  const size = text.length - start;
  if (size % 3 === 1) throw new Error("base45");
  const data = Buffer.allocUnsafe(((size / 3) | 0) * 2 + (size % 3 ? 1 : 0));
  let at = 0;
  let i = start;
  for (; i + 2 < text.length; i += 3) {
    const c = VALUE[text.charCodeAt(i)];
    const d = VALUE[text.charCodeAt(i + 1)];
    const e = VALUE[text.charCodeAt(i + 2)];
    const word = c + 45 * d + 2025 * e;
    if (c === 255 || d === 255 || e === 255 || word > 65535) throw new Error("base45");
    data[at++] = word >> 8;
    data[at++] = word & 255;
  }
  if (i < text.length) {
    const byte = VALUE[text.charCodeAt(i)] + 45 * VALUE[text.charCodeAt(i + 1)];
    if (byte > 255) throw new Error("base45");
    data[at] = byte;
  }
  return data;
}

// A reader of one CBOR item: integers, byte strings, texts, arrays, maps (with texts for keys: objects), tags dropped.
class Reader {
  constructor(data) {
    this.data = data;
    this.at = 0;
  }

  length(info) {
    if (info < 24) return info;
    const at = this.at;
    if (info === 24) return (this.at += 1), this.data[at];
    if (info === 25) return (this.at += 2), this.data.readUInt16BE(at);
    if (info === 26) return (this.at += 4), this.data.readUInt32BE(at);
    if (info === 27) return (this.at += 8), Number(this.data.readBigUInt64BE(at));
    throw new Error("cbor");
  }

  take(size) {
    const start = this.at;
    this.at += size;
    if (this.at > this.data.length) throw new Error("cbor");
    return start;
  }

  item() {
    if (this.at >= this.data.length) throw new Error("cbor");
    const head = this.data[this.at++];
    const size = this.length(head & 31);
    switch (head >> 5) {
      case 0:
        return size;
      case 1:
        return -1 - size;
      case 2: {
        const start = this.take(size);
        return this.data.subarray(start, this.at);
      }
      case 3: {
        const start = this.take(size);
        return this.data.utf8Slice(start, this.at);
      }
      case 4: {
        const items = [];
        for (let i = 0; i < size; i++) items.push(this.item());
        return items;
      }
      case 5: {
        const items = {};
        for (let i = 0; i < size; i++) {
          const key = this.item();
          items[key] = this.item();
        }
        return items;
      }
      case 6:
        return this.item();
      default:
        if (head === 0xf6) return null;
        if (head === 0xf5 || head === 0xf4) return head === 0xf5;
        throw new Error("cbor");
    }
  }
}

function decode(data) {
  const reader = new Reader(data);
  const item = reader.item();
  if (reader.at !== data.length) throw new Error("cbor");
  return item;
}

const SIGNATURE1 = Buffer.from("\x84\x6aSignature1", "latin1");

function head(size) {
  if (size < 24) return Buffer.from([0x40 | size]);
  return size < 256 ? Buffer.from([0x58, size]) : Buffer.from([0x59, size >> 8, size & 255]);
}

const NO_BYTES = head(0);
const INFLATE = { chunkSize: 4096 }; // a little faster than 16 kB

function check(text, signers, now) {
  if (!text.startsWith("HC1:")) throw new Error("prefix");
  const [protectedHeader, unprotectedHeader, payload, signature] = decode(inflateSync(base45(text, 4), INFLATE));
  const header = decode(protectedHeader);
  const kid = header[4] || unprotectedHeader[4];
  const key = signers.get(kid.toString("latin1"));
  if (key === undefined || header[1] !== -7 || signature.length !== 64) throw new Error("signer");
  const message = Buffer.concat([
    SIGNATURE1, head(protectedHeader.length), protectedHeader, NO_BYTES, head(payload.length), payload,
  ]);
  if (!verify("sha256", message, key, signature)) throw new Error("signature");
  const claims = decode(payload);
  if (now < claims[6] || now > claims[4]) throw new Error("time");
  return claims[-260][1];
}

let texts = null;
let signers = null;
let position = 0;

createInterface({ input: process.stdin }).on("line", (line) => {
  if (texts === null) {
    const given = JSON.parse(line);
    const der = Buffer.from(given.certificate, "base64");
    const kid = createHash("sha256").update(der).digest().subarray(0, 8).toString("latin1");
    signers = new Map([[kid, { key: new X509Certificate(der).publicKey, dsaEncoding: "ieee-p1363" }]]);
    texts = given.texts;
    return;
  }
  const now = Date.now() / 1000;
  const rounds = Number(line);
  const start = process.hrtime.bigint();
  for (let i = 0; i < rounds; i++) {
    const dcc = check(texts[position], signers, now);
    if (dcc.v.length !== 1) throw new Error("content");
    position = (position + 1) % texts.length;
  }
  process.stdout.write(`${process.hrtime.bigint() - start}\n`);
});
