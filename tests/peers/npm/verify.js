// Verify passports with @pathcheck/dcc-sdk: nothing of vaxseal is used here.
// Reads JSON lines {"id", "text", "certificates": [base64 DER]}, answers {"id", "ok", "detail", "payload"} for each.
"use strict";
const { createHash } = require("node:crypto");
const readline = require("node:readline");

console.log = console.warn = (...words) => process.stderr.write(words.join(" ") + "\n");
const sdk = require(require.resolve("@pathcheck/dcc-sdk", { paths: [process.cwd()] }));

function kidOf(der) {
  return createHash("sha256").update(der).digest().subarray(0, 8).toString("base64");
}

function plain(value) {
  if (value instanceof Map) return Object.fromEntries([...value].map(([key, item]) => [key, plain(item)]));
  if (Array.isArray(value)) return value.map(plain);
  if (value && typeof value === "object" && !(value instanceof Date)) {
    return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, plain(item)]));
  }
  return value;
}

async function main() {
  for await (const line of readline.createInterface({ input: process.stdin })) {
    const row = JSON.parse(line);
    let answer;
    try {
      sdk.addCachedCerts(
        Object.fromEntries(row.certificates.map((text) => [kidOf(Buffer.from(text, "base64")), text.replace(/(.{64})/g, "$1\n")]))
      );
      const result = await sdk.verify(await sdk.unpack(row.text));
      const ok = result.status === "verified";
      answer = { ok, detail: result.status, payload: ok ? plain(await sdk.parseCWT(result.contents)) : null };
    } catch (error) {
      answer = { ok: false, detail: String(error), payload: null };
    }
    process.stdout.write(JSON.stringify({ id: row.id, ...answer }) + "\n");
  }
}

main();
