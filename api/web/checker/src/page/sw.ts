/** Keeps the page on the device. The line before this script, added when it is served, names each file's SHA-256. */
export {};
declare const self: ServiceWorkerGlobalScope & { readonly KEPT: Readonly<Record<string, string>> };

const PLACE = "/scan";
const PAGE = "index.html";

self.addEventListener("install", (event) => event.waitUntil(install()));
self.addEventListener("activate", (event) => event.waitUntil(activate()));
self.addEventListener("fetch", (event) => {
  const { pathname, origin } = new URL(event.request.url);
  if (origin !== self.location.origin || event.request.method !== "GET") return;
  const name = pathname === PLACE || pathname === `${PLACE}/` ? PAGE : pathname.slice(PLACE.length + 1);
  if (pathname.startsWith(PLACE) && name in self.KEPT) event.respondWith(kept(name));
});

/** All of it, or the version before stays. */
async function install(): Promise<void> {
  const cache = await caches.open(await version());
  await Promise.all(Object.keys(self.KEPT).map(async (name) => cache.put(addressOf(name), await fresh(name))));
  void self.skipWaiting(); // whatever page is open has loaded its files already
}

async function activate(): Promise<void> {
  const own = await version();
  for (const name of await caches.keys()) if (name.startsWith("scan-") && name !== own) await caches.delete(name);
}

async function kept(name: string): Promise<Response> {
  const cache = await caches.open(await version());
  return (await cache.match(addressOf(name))) ?? fetch(addressOf(name));
}

/** The file whose digest was named: from the browser's cache, else from the server. */
async function fresh(name: string): Promise<Response> {
  for (const cache of ["default", "reload"] as const) {
    const answer = await fetch(addressOf(name), { cache, credentials: "omit" });
    if (answer.ok && (await digest(await answer.clone().arrayBuffer())) === self.KEPT[name]) return answer;
  }
  throw new TypeError(`another version of ${name} is served`);
}

function addressOf(name: string): string {
  return name === PAGE ? PLACE : `${PLACE}/${name}`;
}

let named: Promise<string> | undefined;

function version(): Promise<string> {
  named ??= digest(new TextEncoder().encode(JSON.stringify(self.KEPT))).then((all) => `scan-${all.slice(0, 16)}`);
  return named;
}

async function digest(data: BufferSource): Promise<string> {
  const bytes = new Uint8Array(await crypto.subtle.digest("SHA-256", data));
  return [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}
