// An upstream that speaks Chat Completions, Responses and Messages as their vendors define them, for tools/clients.
// Usage: node server.mjs [PORT]. Says `listening on http://127.0.0.1:PORT` once it does.
//   POST /v1/chat/completions, /v1/responses  key openai-key    (OpenAI; /vllm/v1/… takes vLLM's fields too)
//   POST /v1/messages, …/count_tokens         key anthropic-key
//   GET /requests?id=ID                       what came with x-request-id ID: [{ path, headers, body, refused, closed }]
// A request with anything that the vendor does not define is 400 with the path of it. What is answered is decided by
// the user's last words; see plan.mjs. Streams come in awkward pieces: cut within characters, several events at once.
import { createServer } from "node:http";
import { chat } from "./chat.mjs";
import { messages, countTokens } from "./messages.mjs";
import { responses } from "./responses.mjs";
import { plan } from "./plan.mjs";
import { Wrong } from "./shape.mjs";

const KEPT = 2000; // requests that are remembered
const records = [];

// read: body -> what is asked; whole: -> body of an answer; events: -> its stream; error: (status, text) -> body
const served = { "/v1/chat/completions": chat(false), "/vllm/v1/chat/completions": chat(true),
  "/v1/responses": responses, "/v1/messages": messages, "/v1/messages/count_tokens": countTokens };

function send(response, status, body, headers = {}) {
  response.writeHead(status, { "content-type": "application/json", ...headers });
  response.end(JSON.stringify(body));
}

// Cuts the bytes of a stream where no event ends.
async function* awkward(events) {
  let held = Buffer.alloc(0);
  let size = 1;
  for await (const event of events) {
    held = Buffer.concat([held, Buffer.from(event)]);
    size = (size * 7919) % 397; // the same cuts each time
    while (held.length > size + 1) {
      yield held.subarray(0, size + 1);
      held = held.subarray(size + 1);
    }
  }
  if (held.length > 0) yield held;
}

async function stream(response, dialect, asked, answer, record) {
  response.writeHead(200, { "content-type": "text/event-stream; charset=utf-8" });
  response.on("close", () => { record.closed = !response.writableFinished; });
  const events = dialect.events(asked, answer);
  for await (const bytes of answer.endless ? events : awkward(events)) {
    if (response.destroyed) return;
    response.write(bytes);
    await new Promise((done) => (answer.endless ? setTimeout(done, 10) : setImmediate(done)));
  }
  if (answer.breaks) response.socket.end(); // without the last chunk
  else response.end();
}

async function handle(request, response) {
  const url = new URL(request.url, "http://upstream");
  if (url.pathname === "/requests") {
    send(response, 200, records.filter(({ id }) => id === url.searchParams.get("id")));
    return;
  }
  const dialect = served[url.pathname];
  if (request.method !== "POST" || !dialect) {
    send(response, 404, { error: { type: "not_found_error", message: `no ${request.method} ${url.pathname}` } });
    return;
  }
  const chunks = [];
  for await (const chunk of request) chunks.push(chunk);
  const record = { id: request.headers["x-request-id"], path: url.pathname, headers: request.headers, closed: false };
  records.push(record);
  if (records.length > KEPT) records.shift();
  try {
    if (!dialect.authorized(request.headers)) {
      send(response, 401, dialect.error(401, "This key is not known."));
      return;
    }
    record.body = JSON.parse(Buffer.concat(chunks));
    const asked = dialect.read(record.body);
    const answer = plan(asked);
    if (answer.failure) {
      const { status, message } = answer.failure;
      send(response, status, dialect.error(status, message), status === 429 ? { "retry-after": "7" } : {});
    } else if (record.body.stream) {
      await stream(response, dialect, asked, answer, record);
    } else {
      send(response, 200, dialect.whole(asked, answer));
    }
  } catch (problem) {
    record.refused = problem.message;
    if (!(problem instanceof Wrong)) console.error(problem);
    if (!response.headersSent) send(response, 400, dialect.error(400, `not as the vendor defines it: ${problem.message}`));
    else response.destroy();
  }
}

const server = createServer(handle);
server.keepAliveTimeout = 60_000;
server.listen(Number(process.argv[2] ?? 0), "127.0.0.1", () =>
  console.log(`listening on http://127.0.0.1:${server.address().port}`));
