// Chromium against the live monitor of a running server, driven by the DevTools protocol.
//   CLIENTS_URL        the server, without API keys (default http://127.0.0.1:8000)
//   E2E_CHROMIUM   the browser (default: chromium, google-chrome or chrome on the PATH)
// One line a check: `ok NAME` or `FAIL NAME: reason`. Needs `npm ci` in tools/clients/websocket.
import { spawn, spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";

const folder = new URL("./websocket/", import.meta.url);
if (!existsSync(new URL("node_modules/ws", folder))) {
  console.log("skip browser: ws is not installed; npm ci in tools/clients/websocket needs a network");
  process.exit(0);
}
const names = [process.env.E2E_CHROMIUM, "chromium", "google-chrome", "chrome"].filter(Boolean);
const browser = names.find((name) => spawnSync(name, ["--version"]).status === 0);
if (!browser) {
  console.log("skip browser: there is no Chromium; set E2E_CHROMIUM");
  process.exit(0);
}
const WebSocket = createRequire(new URL("package.json", folder))("ws");
const url = process.env.CLIENTS_URL ?? "http://127.0.0.1:8000";
const profile = mkdtempSync(join(tmpdir(), "clients-browser-"));
const process_ = spawn(browser, [
  "--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--remote-debugging-port=0",
  `--user-data-dir=${profile}`, "about:blank",
], { stdio: ["ignore", "ignore", "pipe"] });
let failed = 0;
function end() {
  process_.on("exit", () => {
    try {
      rmSync(profile, { recursive: true, force: true, maxRetries: 10, retryDelay: 200 });
    } catch (left) {
      console.error(`left behind: ${profile}: ${left.message}`); // children of the browser may still write
    }
    process.exit(failed ? 1 : 0);
  });
  process_.kill("SIGTERM");
  setTimeout(() => process_.kill("SIGKILL"), 5_000).unref();
}
setTimeout(() => {
  console.log("FAIL browser: nothing for 90 s");
  failed++;
  end();
}, 90_000).unref();

const devtools = await new Promise((resolve) => {
  let said = "";
  process_.stderr.on("data", (data) => {
    said += data;
    const found = said.match(/DevTools listening on (ws:\S+)/);
    if (found) resolve(found[1]);
  });
});
const socket = new WebSocket(devtools, { perMessageDeflate: false });
await new Promise((resolve) => socket.on("open", resolve));
let last = 0;
const waiting = new Map();
socket.on("message", (data) => {
  const message = JSON.parse(data);
  if (message.id) waiting.get(message.id)(message);
});
function command(method, params = {}, sessionId) {
  return new Promise((resolve, reject) => {
    const id = ++last;
    waiting.set(id, ({ result, error }) => (error ? reject(new Error(error.message)) : resolve(result)));
    socket.send(JSON.stringify({ id, method, params, sessionId }));
  });
}
/** Runs an expression in a page at an address, and gives what it resolves to. */
async function inPage(address, expression) {
  const { targetId } = await command("Target.createTarget", { url: "about:blank" });
  const { sessionId } = await command("Target.attachToTarget", { targetId, flatten: true });
  await command("Page.enable", {}, sessionId);
  await command("Page.navigate", { url: address }, sessionId);
  const ready = "new Promise(r => document.readyState === 'complete' ? r() : addEventListener('load', r))";
  await command("Runtime.evaluate", { expression: ready, awaitPromise: true }, sessionId);
  const answer = await command(
    "Runtime.evaluate", { expression, awaitPromise: true, returnByValue: true }, sessionId);
  if (answer.exceptionDetails) throw new Error(answer.exceptionDetails.exception?.description);
  return answer.result.value;
}
async function check(name, run) {
  try {
    await run();
    console.log(`ok ${name}`);
  } catch (problem) {
    failed++;
    console.log(`FAIL ${name}: ${String(problem?.message ?? problem).replaceAll("\n", " ")}`);
  }
}
const equal = (found, expected) => {
  if (JSON.stringify(found) !== JSON.stringify(expected)) {
    throw new Error(`expected ${JSON.stringify(expected)}, found ${JSON.stringify(found)}`);
  }
};
const listen = `new Promise((resolve, reject) => {
  const seen = {};
  const socket = new WebSocket("${url.replace("http", "ws")}/ws/monitor", ["llm.monitor.v1"]);
  socket.onerror = () => resolve("refused");
  socket.onopen = () => fetch("/llm/chat", { method: "POST",
    headers: { "content-type": "application/json" }, body: '{"model":"mock","prompt":"from a page"}' });
  socket.onmessage = ({ data }) => {
    const { type, data: body } = JSON.parse(data);
    if (type !== "log" || body.event === "llm_request") seen[type] ??= body; // not our own request's
    if (seen.hello && seen.stats && seen.event && seen.log) socket.close(1000, "seen");
  };
  socket.onclose = ({ code, reason, wasClean }) =>
    resolve({ code, reason, wasClean, protocol: socket.protocol, extensions: socket.extensions,
      types: Object.keys(seen).sort(), event: seen.event?.event, line: seen.log?.event,
      uptime: typeof seen.stats?.uptime_seconds });
})`;
await check("chromium: a page of the server sees hello, figures, events and lines", async () => {
  equal(await inPage(`${url}/health`, listen), {
    code: 1000, reason: "seen", wasClean: true, protocol: "llm.monitor.v1", extensions: "",
    types: ["event", "hello", "log", "stats"], event: "llm_request_created", line: "llm_request",
    uptime: "number",
  });
});
await check("chromium: a foreign page is refused", async () => {
  equal(await inPage("data:text/html,foreign", listen), "refused");
});
end();
