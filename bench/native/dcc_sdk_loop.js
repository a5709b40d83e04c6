// Verify HC1 texts with @pathcheck/dcc-sdk, found from the working directory: first a line of JSON
// {"certificate": base64 DER, "texts": [...]}, then numbers, as hc1_loop.js.
"use strict";
const { createHash } = require("node:crypto");
const { createInterface } = require("node:readline");

console.log = console.warn = () => {}; // the package tells what it does
const sdk = require(require.resolve("@pathcheck/dcc-sdk", { paths: [process.cwd()] }));

async function main() {
  let texts = null;
  let position = 0;
  for await (const line of createInterface({ input: process.stdin })) {
    if (texts === null) {
      const given = JSON.parse(line);
      const kid = createHash("sha256").update(Buffer.from(given.certificate, "base64")).digest().subarray(0, 8);
      sdk.addCachedCerts({ [kid.toString("base64")]: given.certificate.replace(/(.{64})/g, "$1\n") });
      texts = given.texts;
      continue;
    }
    const start = process.hrtime.bigint();
    for (let i = Number(line); i > 0; i--) {
      const result = await sdk.verify(await sdk.unpack(texts[position]));
      // it refuses a valid signature in some thousands
      if (result.status !== "verified" && result.status !== "invalid_signature") throw new Error(result.status);
      position = (position + 1) % texts.length;
    }
    process.stdout.write(`${process.hrtime.bigint() - start}\n`);
  }
}

main();
