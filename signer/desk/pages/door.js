// The page's one way to the desk. The secret lives in this tab only, and the code of the address is gone at once.
const KEEP = "desk";
let secret = sessionStorage.getItem(KEEP);

export class Refused extends Error {
  constructor(code, words) {
    super(code);
    this.code = code;
    this.words = words;
  }
}

export async function ask(path, body = {}) {
  let response;
  try {
    response = await fetch(path, {
      method: "POST",
      headers: { "Content-Type": "application/json", ...(secret ? { "X-Vaxseal-Desk": secret } : {}) },
      body: JSON.stringify(body),
      cache: "no-store",
      credentials: "omit",
      redirect: "error",
    });
  } catch {
    throw new Refused("gone");
  }
  const answer = await response.json();
  if (!response.ok) throw new Refused(answer.error, answer);
  return answer;
}

export async function pair() {
  const code = location.hash.slice(1);
  history.replaceState(null, "", "/");
  if (code) {
    const answer = await ask("/api/pair", { code });
    secret = answer.secret;
    sessionStorage.setItem(KEEP, secret);
    sessionStorage.setItem("practice", answer.practice_pin ?? "");
  }
  if (!secret) throw new Refused("code-used");
}

// The PIN of a specimen token; empty where this is no practice.
export const practice = () => sessionStorage.getItem("practice") ?? "";
