// The WebSocket client `ws` and raw sockets against the live monitor of a running server.
//   CLIENTS_URL   the server, without API keys (default http://127.0.0.1:8000)
// One line a check: `ok NAME` or `FAIL NAME: reason`. Needs `npm ci` in tools/clients/websocket.
import { existsSync } from "node:fs";
import { createRequire } from "node:module";
import { connect } from "node:net";

const folder = new URL("./websocket/", import.meta.url);
if (!existsSync(new URL("node_modules/ws", folder))) {
  console.log("skip websocket (npm): ws is not installed; npm ci in tools/clients/websocket needs a network");
  process.exit(0);
}
const WebSocket = createRequire(new URL("package.json", folder))("ws");
const url = new URL(process.env.CLIENTS_URL ?? "http://127.0.0.1:8000");
const monitor = `ws://${url.host}/ws/monitor`;
const LISTENERS = 64; // server.monitor.max_listeners

let failed = 0;
async function check(name, run) {
  try {
    await Promise.race([run(), late(60_000, "nothing for 60 s")]);
    console.log(`ok ${name}`);
  } catch (problem) {
    failed++;
    console.log(`FAIL ${name}: ${String(problem?.message ?? problem).replaceAll("\n", " ")}`);
  }
}
const late = (ms, what) =>
  new Promise((_, reject) => setTimeout(() => reject(new Error(what)), ms).unref());
const equal = (found, expected) => {
  if (JSON.stringify(found) !== JSON.stringify(expected)) {
    throw new Error(`expected ${JSON.stringify(expected)}, found ${JSON.stringify(found)}`);
  }
};

/** A listener whose messages can be awaited one after the other. */
class Listener {
  constructor(query = "", protocols = ["llm.monitor.v1"]) {
    this.messages = [];
    this.waiting = [];
    this.socket = new WebSocket(monitor + query, protocols);
    this.socket.on("message", (data, isBinary) => this.push(isBinary ? data : JSON.parse(data)));
    this.socket.on("pong", (data) => this.push({ type: "pong", data: String(data) }));
    this.socket.on("unexpected-response", (_, response) => this.push({ type: "http", data: response.statusCode }));
    this.socket.on("error", (error) => this.push({ type: "error event", data: error.message }));
    this.closed = new Promise((resolve) =>
      this.socket.on("close", (code, reason) => resolve(`${code} ${reason}`.trim())));
  }
  push(message) {
    this.messages.push(message);
    this.waiting.splice(0).forEach((wake) => wake());
  }
  async next(type) {
    for (;;) {
      const at = this.messages.findIndex((message) => message.type === type);
      if (at >= 0) return this.messages.splice(0, at + 1).at(-1);
      await new Promise((resolve) => this.waiting.push(resolve));
    }
  }
}
const chat = (prompt) =>
  fetch(new URL("/llm/chat", url), {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ model: "mock", prompt }),
  }).then((answer) => answer.text());

/** Sends bytes over a socket of its own; what came until the server closed it, as latin-1. */
function raw(fields, ...frames) {
  return new Promise((resolve, reject) => {
    let text = "";
    const socket = connect(Number(url.port), url.hostname, () => {
      socket.write(
        ["GET /ws/monitor?topics=event HTTP/1.1", `Host: ${url.host}`, ...fields, "", ""].join("\r\n"));
      frames.forEach((frame) => socket.write(frame));
    });
    socket.setEncoding("latin1").on("data", (data) => (text += data));
    socket.on("end", () => resolve(text)).on("error", reject);
  });
}
const handshake = [
  "Upgrade: websocket", "Connection: keep-alive, Upgrade", // as Firefox writes it
  "Sec-WebSocket-Version: 13", "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
];
/** A client's frame with a mask of zeros. */
const frame = (opcode, payload) =>
  Buffer.concat([Buffer.from([0x80 | opcode, 0x80 | payload.length, 0, 0, 0, 0]), Buffer.from(payload)]);
const closeCode = (answer) => {
  const bytes = Buffer.from(answer.slice(answer.indexOf("\r\n\r\n") + 4), "latin1");
  let at = 0; // over the server's frames to the close frame
  while ((bytes[at] & 15) !== 8) {
    const length = bytes[at + 1] === 126 ? 4 + bytes.readUInt16BE(at + 2) : 2 + bytes[at + 1];
    at += length;
  }
  return bytes.readUInt16BE(at + 2);
};

await check("ws: hello, figures, events and lines arrive in order", async () => {
  const listener = new Listener();
  const hello = await listener.next("hello");
  equal(hello.data.topics, ["event", "log", "stats"]);
  equal([listener.socket.protocol, listener.socket.extensions], ["llm.monitor.v1", ""]);
  const stats = await listener.next("stats");
  equal(stats.data.providers.mock.status, "up");
  await chat("hello");
  const event = await listener.next("event");
  equal(event.data.event, "llm_request_created");
  let line = await listener.next("log");
  while (line.data.event !== "llm_request") line = await listener.next("log"); // the handshake's own
  equal([line.data.event, line.data.level], ["llm_request", "INFO"]);
  equal([hello, stats, event, line].every((m, i, all) => i === 0 || m.seq > all[i - 1].seq), true);
  listener.socket.close(1000, "bye");
  equal(await listener.closed, "1000 bye");
});
await check("ws: figures come every 2 s", async () => {
  const listener = new Listener("?topics=stats");
  const times = [];
  for (let i = 0; i < 3; i++) times.push(Date.parse((await listener.next("stats")).ts));
  const pause = (times[2] - times[1]) / 1000;
  if (pause < 1.5 || pause > 2.5) throw new Error(`${pause} s from one to the next`);
  listener.socket.terminate();
});
await check("ws: a filter in three fragments with a ping between", async () => {
  const listener = new Listener("?topics=stats");
  await listener.next("hello");
  listener.socket.send('{"topics":["log"],', { fin: false });
  listener.socket.ping("are you there?");
  listener.socket.send('"level":', { fin: false });
  listener.socket.send('"warn"}', { fin: true });
  equal((await listener.next("pong")).data, "are you there?");
  equal((await listener.next("filter")).data, { topics: ["log"], level: "warn" });
  listener.socket.close(4000);
  equal(await listener.closed, "4000");
});
await check("ws: a wrong filter is told and the connection stays", async () => {
  const listener = new Listener();
  await listener.next("hello");
  listener.socket.send('{"topics":["everything"]}');
  equal((await listener.next("error")).data.code, "invalid_request");
  listener.socket.send('{"level":"error"}');
  equal((await listener.next("filter")).data.level, "error");
  listener.socket.close();
  equal(await listener.closed, "1005");
});
await check("ws: a message that is too big closes with 1009", async () => {
  const listener = new Listener();
  await listener.next("hello");
  listener.socket.send("x".repeat(5000));
  equal(await listener.closed, "1009 a message has 4096 bytes at most");
});
await check("ws: a binary message closes with 1003", async () => {
  const listener = new Listener();
  await listener.next("hello");
  listener.socket.send(Buffer.from([1, 2, 3]));
  equal((await listener.closed).slice(0, 4), "1003");
});
await check("ws: a wrong query is 400", async () => {
  equal((await new Listener("?topics=all").next("http")).data, 400);
});
await check("raw: Firefox's Connection: keep-alive, Upgrade", async () => {
  const answer = await raw(handshake, frame(8, [0x03, 0xe8]));
  equal(answer.split("\r\n")[0], "HTTP/1.1 101 Switching Protocols");
  equal(answer.includes("s3pPLMBiTxaQ9kYGzzhZRbK+xOo="), true);
  equal(closeCode(answer), 1000);
});
await check("raw: text that is not UTF-8 closes with 1007", async () => {
  equal(closeCode(await raw(handshake, frame(1, [0x61, 0xff]))), 1007);
});
await check("raw: a frame without a mask closes with 1002", async () => {
  equal(closeCode(await raw(handshake, Buffer.from([0x81, 1, 0x61]))), 1002);
});
await check("raw: a foreign page is refused", async () => {
  const answer = await raw([...handshake, "Origin: https://evil.example", "Connection: close"]);
  equal(answer.split("\r\n")[0], "HTTP/1.1 403 Forbidden");
});
await check("a plain GET is told to upgrade", async () => {
  const answer = await fetch(new URL("/ws/monitor", url));
  equal([answer.status, answer.headers.get("sec-websocket-version")], [426, "13"]);
});
/** How many listen now, one that asks not counted. */
async function others() {
  const asking = new Listener("?topics=stats");
  const { listeners } = (await asking.next("stats")).data;
  asking.socket.close();
  await asking.closed;
  return listeners - 1;
}
await check(`ws: ${LISTENERS} listeners all hear a request, one more is 503`, async () => {
  const all = Array.from({ length: LISTENERS - (await others()) }, () => new Listener("?topics=event"));
  try {
    await Promise.all(all.map((listener) => listener.next("hello")));
    equal((await new Listener().next("http")).data, 503);
    await chat("to everybody");
    const heard = await Promise.all(all.map((listener) => listener.next("event")));
    equal(new Set(heard.map((event) => event.seq)).size, 1);
  } finally {
    all.forEach((listener) => listener.socket.close(1000));
  }
  await Promise.all(all.map((listener) => listener.closed));
});
await check("ws: a listener that does not read is dropped as too slow", async () => {
  const before = await others();
  const slow = new Listener();
  await slow.next("hello");
  slow.socket.pause();
  const watch = new Listener("?topics=stats");
  for (let listeners = before + 2; listeners > before + 1; ) {
    await Promise.all(Array.from({ length: 200 }, () => chat("fill the queue ".repeat(20))));
    watch.messages.length = 0;
    listeners = (await watch.next("stats")).data.listeners;
  }
  slow.socket.resume();
  const end = await slow.closed; // 1006 when it read on too late to be told
  if (end !== "1008 too slow" && end !== "1006") throw new Error(end);
  watch.socket.terminate();
});
process.exit(failed ? 1 : 0);
