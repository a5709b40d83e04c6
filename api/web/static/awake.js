// Keeps the screen on while a code is shown, where the browser can.
const keep = () => navigator.wakeLock?.request("screen").catch(() => {});
document.addEventListener("visibilitychange", () => document.visibilityState === "visible" && keep());
keep();
