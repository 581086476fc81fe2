// The official OpenAI client for Node against a running server; started by tools/clients/run.
// One line a check: `ok NAME` or `FAIL NAME: reason`.
import { breaking, check, finish, gone, load, need, thrown } from "./check.mjs";

const [{ default: OpenAI }] = await load("openai", "openai", "openai");
const client = new OpenAI({ baseURL: `${process.env.CLIENTS_URL}/v1`, apiKey: "none", maxRetries: 0, timeout: 30_000 });
const tools = [{
  type: "function",
  function: { name: "lookup", description: "Looks a word up.", parameters: { type: "object", properties: { word: { type: "string" } } } },
}];
const say = (model, content, more = {}) => ({ model, messages: [{ role: "user", content }], ...more });

await check("lists the models", async () => {
  const ids = [];
  for await (const model of client.models.list()) ids.push(model.id);
  need(ids.includes("mock") && ids.includes("mock-demo"), ids);
});

await check("chats, with usage", async () => {
  const answer = await client.chat.completions.create(say("mock", "one two"));
  need(answer.choices[0].message.content === "Echo: one two", answer);
  need(answer.choices[0].finish_reason === "stop" && answer.usage.completion_tokens > 0, answer);
});

await check("streams piece by piece, with usage last", async () => {
  const stream = await client.chat.completions.create(
    say("mock", "one two three", { stream: true, stream_options: { include_usage: true } }));
  const pieces = [];
  let usage;
  for await (const chunk of stream) {
    const piece = chunk.choices[0]?.delta?.content;
    if (piece) pieces.push(piece);
    usage = chunk.usage ?? usage;
  }
  need(pieces.join("") === "Echo: one two three" && pieces.length > 1, pieces);
  need(usage?.total_tokens > 0, usage);
});

await check("the stream helper assembles the answer", async () => {
  const answer = await client.chat.completions.stream(say("mock", "a b")).finalChatCompletion();
  need(answer.choices[0].message.content === "Echo: a b", answer);
});

await check("makes embeddings, in base64 unless floats are asked for", async () => {
  const input = ["the quick brown fox", "a quick brown fox", "rivers run to the sea"];
  const made = await client.embeddings.create({ model: "mock", input });
  const [a, b, c] = made.data.map((row) => row.embedding);
  const product = (x, y) => x.reduce((sum, value, i) => sum + value * y[i], 0);
  need(made.data.length === 3 && a.length === 256 && Math.abs(product(a, a) - 1) < 1e-5, a.length);
  need(product(a, b) > product(a, c) && made.usage.total_tokens > 0, [product(a, b), product(a, c)]);
  const floats = await client.embeddings.create({ model: "mock", input, encoding_format: "float" });
  need(floats.data[0].embedding.every((value, i) => Math.fround(value) === Math.fround(a[i])), floats.data[0]);
  const short = await client.embeddings.create({ model: "mock", input: [[1, 2], [3]], dimensions: 16 });
  need(short.data.every((row) => row.embedding.length === 16), short);
});

await check("embeddings without a model say what to set", async () => {
  const error = await thrown(() => client.embeddings.create({ input: "a" }));
  need(error.status === 400 && error.param === "model" && error.message.includes("default_embedding_model"), error);
});

await check("a tool call arrives whole", async () => {
  const answer = await client.chat.completions.create(say("mock-demo", "hi", { tools }));
  const call = answer.choices[0].message.tool_calls?.[0];
  need(answer.choices[0].finish_reason === "tool_calls" && call?.function.name === "lookup", answer);
  JSON.parse(call.function.arguments);
});

await check("a tool call streams and is assembled", async () => {
  const answer = await client.chat.completions.stream(say("mock-demo", "hi", { tools })).finalChatCompletion();
  const call = answer.choices[0].message.tool_calls?.[0];
  need(call?.function.name === "lookup", answer);
  JSON.parse(call.function.arguments);
});

await check("an unknown model is NotFoundError", async () => {
  const error = await thrown(() => client.chat.completions.create(say("no-such-model", "hi")));
  need(error instanceof OpenAI.NotFoundError && error.status === 404, error);
  need(error.message.includes("no-such-model") && error.code === "model_not_found", error);
});

await check("a wrong temperature is BadRequestError and names it", async () => {
  const error = await thrown(() => client.chat.completions.create(say("mock", "hi", { temperature: 9 })));
  need(error instanceof OpenAI.BadRequestError && error.param === "temperature", error);
});

await check("log probabilities the mock has not are BadRequestError and named", async () => {
  const error = await thrown(() => client.chat.completions.create(say("mock", "hi", { logprobs: true })));
  need(error instanceof OpenAI.BadRequestError && error.param === "logprobs", error);
  const alone = await thrown(() => client.chat.completions.create(say("mock", "hi", { top_logprobs: 2 })));
  need(alone instanceof OpenAI.BadRequestError && alone.param === "top_logprobs", alone);
});

await check("penalties, biases and a flexible tier are taken", async () => {
  const answer = await client.chat.completions.create(say("mock", "one", {
    frequency_penalty: 0.5, presence_penalty: -0.5, logit_bias: { 50256: -100 }, service_tier: "flex" }));
  need(answer.choices[0].message.content === "Echo: one" && answer.choices[0].logprobs === null, answer);
});

await check("an abort in mid-stream is noticed by the server", async () => {
  const mark = `abort-node-${process.pid}-${Date.now()}`;
  const stream = await client.chat.completions.create(
    say("mock", "word ".repeat(1000), { stream: true }), { headers: { "X-Correlation-ID": mark } });
  for await (const chunk of stream) {
    if (chunk.choices[0]?.delta?.content) break; // leaving the loop aborts the request
  }
  await gone(mark);
});

await check("responses: an answer, gone on from by its id, listed and deleted", async () => {
  const first = await client.responses.create({ model: "mock", input: "one two", metadata: { a: "b" } });
  need(first.output_text === "Echo: one two" && first.status === "completed", first);
  const second = await client.responses.create({ model: "mock", input: "three", previous_response_id: first.id });
  need(second.output_text === "Echo: three" && second.usage.input_tokens > first.usage.input_tokens, second);
  const again = await client.responses.retrieve(second.id);
  need(again.output_text === second.output_text && again.previous_response_id === first.id, again);
  const items = [];
  for await (const item of client.responses.inputItems.list(second.id)) items.push(item);
  need(items.length === 1 && items[0].content[0].text === "three", items);
  await client.responses.delete(first.id);
  const gone = await thrown(() => client.responses.retrieve(first.id));
  need(gone instanceof OpenAI.NotFoundError, gone);
  const broken = await thrown(() => client.responses.create({ model: "mock", input: "x", previous_response_id: second.id }));
  need(broken instanceof OpenAI.BadRequestError && broken.param === "previous_response_id", broken);
});

await check("responses: the stream helper assembles text and a tool's call", async () => {
  const stream = client.responses.stream({
    model: "mock-demo", input: "hi", tools: [{ type: "function", strict: false, ...tools[0].function }] });
  const kinds = new Set();
  let number = 0;
  for await (const event of stream) {
    kinds.add(event.type);
    need(event.sequence_number === number++, event);
  }
  const answer = await stream.finalResponse();
  const call = answer.output.find((item) => item.type === "function_call");
  need(answer.status === "completed" && answer.output_text.length > 0 && call?.name === "lookup", answer);
  JSON.parse(call.arguments);
  for (const kind of ["response.created", "response.in_progress", "response.output_item.added", "response.output_text.delta",
    "response.function_call_arguments.done", "response.output_item.done", "response.completed"]) need(kinds.has(kind), [...kinds]);
  const result = await client.responses.create({ model: "mock", previous_response_id: answer.id,
    input: [{ type: "function_call_output", call_id: call.call_id, output: "found" }, { role: "user", content: "and?" }] });
  need(result.output_text === "Echo: and?", result);
});

await check("responses: one in the background is fetched, watched and cancelled", async () => {
  const begun = await client.responses.create({ model: "mock", input: "a b c", background: true });
  let now = begun;
  for (const until = Date.now() + 5000; now.status === "in_progress" && Date.now() < until;) now = await client.responses.retrieve(begun.id);
  need(now.status === "completed" && now.output_text === "Echo: a b c", now);
  let last;
  const seen = [];
  for await (const event of await client.responses.retrieve(begun.id, { stream: true, starting_after: 4 })) {
    seen.push(event.sequence_number);
    last = event;
  }
  need(seen[0] === 5 && last.type === "response.completed", seen);
  const long = await client.responses.create({ model: "mock", input: "word ".repeat(2000), background: true });
  const stopped = await client.responses.cancel(long.id);
  need(["cancelled", "completed"].includes(stopped.status), stopped.status);
});

await check("responses: what is not stored is not there, what is not done is named", async () => {
  const answer = await client.responses.create({ model: "mock", input: "one", store: false });
  need((await thrown(() => client.responses.retrieve(answer.id))).status === 404, answer);
  const error = await thrown(() => client.responses.create({ model: "mock", input: "x", tools: [{ type: "web_search" }] }));
  need(error instanceof OpenAI.BadRequestError && error.param === "tools[0]", error);
});

await check("completes a prompt, whole and streamed", async () => {
  const whole = await client.completions.create({ model: "mock", prompt: "one two", echo: true });
  need(whole.object === "text_completion" && whole.choices[0].text === "one twoEcho: one two", whole);
  let text = "";
  for await (const chunk of await client.completions.create({ model: "mock", prompt: "one two", stream: true })) text += chunk.choices[0]?.text ?? "";
  need(text === "Echo: one two", text);
});

await check("an Idempotency-Key makes a broken connection cost nothing", async () => {
  const { outcomes, fetch } = breaking();
  const retrying = client.withOptions({ fetch, maxRetries: 2 });
  const ask = { headers: { "Idempotency-Key": `openai-${process.pid}-${Date.now()}` } };
  const read = async (stream) => {
    const found = { ids: new Set(), text: "" };
    for await (const chunk of stream) {
      found.ids.add(chunk.id);
      found.text += chunk.choices[0]?.delta?.content ?? "";
    }
    return found;
  };
  const body = say("mock", "one two three", { stream: true });
  const first = await read(await retrying.chat.completions.create(body, ask));
  const again = await read(await retrying.chat.completions.create(body, ask));
  need(first.text === "Echo: one two three" && again.text === first.text, [first, again]);
  need([...again.ids].join() === [...first.ids].join() && first.ids.size === 1, [[...first.ids], [...again.ids]]);
  need(outcomes[0] === "first" && ["attached", "replayed"].includes(outcomes[1]) && outcomes[2] === "replayed", outcomes);
  const error = await thrown(() => client.chat.completions.create(say("mock", "other"), ask));
  need(error instanceof OpenAI.UnprocessableEntityError && error.code === "idempotency_key_reused", error);
});

await check("a stream that was left in its middle is told again from its beginning", async () => {
  const ask = { headers: { "Idempotency-Key": `left-${process.pid}-${Date.now()}` } };
  const body = { model: "mock", input: "word ".repeat(40).trim(), stream: true };
  let id;
  for await (const event of await client.responses.create(body, ask)) {
    id ??= event.response?.id;
    if (event.type === "response.output_text.delta") break;
  }
  let last;
  for await (const event of await client.responses.create(body, ask)) last = event;
  need(last.type === "response.completed" && last.response.id === id, [id, last]);
});

finish();
