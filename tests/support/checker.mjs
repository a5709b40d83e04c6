// The page's checker on its own: reads one JSON object a line (the first one says what to decide by), answers likewise.
import { readFile } from "node:fs/promises";
import { createInterface } from "node:readline";

const { decide, openBundle, readCertificate } = await import(process.argv[2]);
let bundle = null;
for await (const line of createInterface({ input: process.stdin })) {
  const asked = JSON.parse(line);
  if (asked.folder) bundle = await open(asked);
  else console.log(JSON.stringify(await answer(asked)));
}

async function open({ folder, roots, at, seen }) {
  const get = async (path) => new Uint8Array(await readFile(`${folder}/${path}`));
  const pinned = roots.map((root) => readCertificate(new Uint8Array(Buffer.from(root, "base64"))));
  try {
    const opened = await openBundle(await get("bundle.cbor"), get, pinned, { at, seen });
    console.log(JSON.stringify({ version: opened.version, signers: opened.trust.size, revoked: opened.revocation.size }));
    return opened;
  } catch (error) {
    console.log(JSON.stringify({ code: error.code ?? String(error.stack) }));
    return null;
  }
}

async function answer({ text, at, acceptance }) {
  try {
    const { verdict, reason, other, issuer, kid, alg, rules, payload } = await decide(text, bundle, at, acceptance);
    return { verdict, reason, other, issuer, kid, alg, rules, name: payload?.nam?.fnt ?? null };
  } catch (error) {
    return { crash: String(error.stack) };
  }
}
