// What the checks before another dialect's provider share; started by tools/clients/run with the server's address in
// CLIENTS_URL, its key in CLIENTS_KEY and the upstream's address in CLIENTS_UPSTREAM.
import { check as plain, need } from "../check.mjs";

export { finish, load, need, thrown } from "../check.mjs";

export const server = process.env.CLIENTS_URL;
export const key = process.env.CLIENTS_KEY;
export const PNG = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==";
export const SEEN = `image/png of ${Buffer.from(PNG, "base64").length} bytes`;
// What the upstream says it used: see upstream/plan.mjs.
export const USED = { prompt: 100, cached: 30, written: 20, answer: 12, thoughts: 5 };
export const schemas = {
  weather: { type: "object", properties: { city: { type: "string" }, days: { type: "integer" } }, required: ["city"] },
  time: { type: "object", properties: { zone: { type: "string" } }, required: ["zone"] },
  report: { type: "object", properties: { title: { type: "string" }, degrees: { type: "integer" },
    tags: { type: "array", items: { type: "string" } } }, required: ["title", "degrees", "tags"], additionalProperties: false },
};
export const REPORT = { title: "a title ü", degrees: 21, tags: ["a tags ü"] };

export const same = (found, wanted) =>
  need(JSON.stringify(found) === JSON.stringify(wanted), [found, "instead of", wanted]);

let made = 0;
let last = "";

// Header fields by which the upstream remembers the requests of this check.
export const marked = () => ({ "x-correlation-id": last });

// What came to the upstream in this check: [{ path, body, refused, closed }].
export async function arrived() {
  const answer = await fetch(`${process.env.CLIENTS_UPSTREAM}/requests?id=${encodeURIComponent(last)}`);
  return answer.json();
}

// Waits until the upstream saw the connection of this check's request end before its answer did.
export async function left() {
  const until = Date.now() + 5000;
  for (;;) {
    const [request] = await arrived();
    if (request?.closed) return;
    if (Date.now() > until) throw new Error("the upstream's connection stays open");
    await new Promise((done) => setTimeout(done, 20));
  }
}

export async function check(name, run) {
  last = `${process.pid}-${Date.now()}-${++made}`;
  await plain(name, run);
}
