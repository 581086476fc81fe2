// Anthropic's official client for Node against a running server; started by tools/clients/run.
// Before `mock`, and before `local` where the server has a model.
// One line a check: `ok NAME` or `FAIL NAME: reason`.
import { breaking, check, finish, gone, load, need, thrown } from "./check.mjs";

const [{ default: Anthropic }] = await load("anthropic", "anthropic", "@anthropic-ai/sdk");
const client = new Anthropic({ baseURL: process.env.CLIENTS_URL, apiKey: "none", maxRetries: 0, timeout: 60_000 });
const tools = [{
  name: "lookup", description: "Looks a word up.",
  input_schema: { type: "object", properties: { word: { type: "string" } }, required: ["word"] },
}];
const say = (model, content, more = {}) => ({ model, max_tokens: 64, messages: [{ role: "user", content }], ...more });
const textOf = (message) => message.content.filter(({ type }) => type === "text").map(({ text }) => text).join("");

const models = [];
await check("lists the models, page by page", async () => {
  for await (const model of client.models.list({ limit: 1 })) models.push(model);
  need(models.some(({ id, type }) => id === "mock" && type === "model"), models);
  need((await client.models.retrieve("mock")).display_name === "mock", models);
});

await check("answers a message, with usage and the request's id", async () => {
  const { data, request_id } = await client.messages.create(say("mock", "one two")).withResponse();
  need(data.role === "assistant" && textOf(data) === "Echo: one two", data);
  need(data.stop_reason === "end_turn" && data.usage.output_tokens > 0 && request_id, data);
});

await check("streams piece by piece", async () => {
  const pieces = [];
  const stream = client.messages.stream(say("mock", "one two three")).on("text", (piece) => pieces.push(piece));
  const message = await stream.finalMessage();
  need(pieces.length > 1 && pieces.join("") === "Echo: one two three" && textOf(message) === pieces.join(""), pieces);
  need(message.usage.input_tokens > 0 && message.usage.output_tokens > 0, message.usage);
  need(stream.request_id, "no request id");
});

await check("a tool call arrives whole, and its result is taken", async () => {
  const asked = say("mock-demo", "hi", { tools, tool_choice: { type: "auto" } });
  const answer = await client.messages.create(asked);
  const call = answer.content.find(({ type }) => type === "tool_use");
  need(answer.stop_reason === "tool_use" && call?.name === "lookup" && typeof call.input === "object", answer);
  const next = await client.messages.create({ ...asked, messages: [...asked.messages,
    { role: "assistant", content: answer.content },
    { role: "user", content: [{ type: "tool_result", tool_use_id: call.id, content: [{ type: "text", text: "a fox" }] },
      { type: "text", text: "go on" }] }] });
  need(next.role === "assistant" && next.content.length > 0, next);
});

await check("a tool call streams and is assembled", async () => {
  const fragments = [];
  const message = await client.messages.stream(say("mock-demo", "hi", { tools }))
    .on("inputJson", (fragment) => fragments.push(fragment)).finalMessage();
  const call = message.content.find(({ type }) => type === "tool_use");
  need(fragments.length > 0 && call?.name === "lookup" && message.stop_reason === "tool_use", message);
  need(JSON.stringify(JSON.parse(fragments.join(""))) === JSON.stringify(call.input), [fragments, call]);
});

await check("counts tokens as the usage has them", async () => {
  const { max_tokens: _, ...prompt } = say("mock", "the quick brown fox", { system: "be kind" });
  const { input_tokens } = await client.messages.countTokens(prompt);
  const answer = await client.messages.create({ ...prompt, max_tokens: 8 });
  need(input_tokens > 0 && input_tokens === answer.usage.input_tokens, [input_tokens, answer.usage]);
});

await check("an unknown model is NotFoundError", async () => {
  const error = await thrown(() => client.messages.create(say("no-such-model", "hi")));
  need(error instanceof Anthropic.NotFoundError && error.type === "not_found_error" && error.requestID, error);
});

await check("a wrong temperature is BadRequestError and names it", async () => {
  const error = await thrown(() => client.messages.create(say("mock", "hi", { temperature: 1.5 })));
  need(error instanceof Anthropic.BadRequestError && error.message.includes("temperature"), error);
});

await check("what only Anthropic does is refused, in a stream too", async () => {
  const server = [{ type: "web_search_20250305", name: "web_search" }];
  const error = await thrown(() => client.messages.stream(say("mock", "hi", { tools: server })).finalMessage());
  need(error.status === 400 && error.message.includes("tools[0]"), error);
});

await check("what is lost is named in a header", async () => {
  const { response } = await client.messages.create(say("mock", "hi", {
    metadata: { user_id: "u" }, system: [{ type: "text", text: "s", cache_control: { type: "ephemeral" } }],
  })).withResponse();
  need(response.headers.get("x-llm-lost") === "messages[].content[].cache_control, metadata", response.headers.get("x-llm-lost"));
});

await check("an abort in mid-stream is noticed by the server", async () => {
  const mark = `abort-anthropic-${process.pid}-${Date.now()}`;
  const stream = await client.messages.create(
    say("mock", "word ".repeat(1000), { stream: true }), { headers: { "X-Correlation-ID": mark } });
  for await (const event of stream) {
    if (event.type === "content_block_delta") break; // leaving the loop aborts the request
  }
  await gone(mark);
});

await check("an Idempotency-Key makes a broken connection cost nothing", async () => {
  const { outcomes, fetch } = breaking();
  const retrying = client.withOptions({ fetch, maxRetries: 2 });
  const ask = { headers: { "Idempotency-Key": `anthropic-${process.pid}-${Date.now()}` } };
  const body = say("mock", "one two three");
  const first = await retrying.messages.stream(body, ask).finalMessage();
  const again = await retrying.messages.stream(body, ask).finalMessage();
  need(textOf(first) === "Echo: one two three" && first.id === again.id, [first, again]);
  need(outcomes[0] === "first" && outcomes[2] === "replayed", outcomes);
  const error = await thrown(() => client.messages.create(say("mock", "other"), ask));
  need(error instanceof Anthropic.UnprocessableEntityError, error);
});

if (models.some(({ id }) => id === "local")) {
  const local = say("local", "Once upon a time", { temperature: 0, max_tokens: 12 });

  await check("local answers, and its prompt is counted exactly", async () => {
    const answer = await client.messages.create(local);
    const { usage } = answer;
    need(answer.stop_reason === "max_tokens" && usage.output_tokens === 12, answer);
    const { max_tokens: _, temperature: __, ...prompt } = local;
    const { input_tokens } = await client.messages.countTokens(prompt);
    need(input_tokens === usage.input_tokens + usage.cache_read_input_tokens, [input_tokens, usage]);
  });

  await check("local streams what it answers whole", async () => {
    const whole = await client.messages.create(local);
    const streamed = await client.messages.stream(local).finalMessage();
    need(textOf(whole).length > 0 && textOf(whole) === textOf(streamed), [textOf(whole), textOf(streamed)]);
  });

  await check("local refuses thinking by a budget and takes adaptive thinking", async () => {
    const error = await thrown(() => client.messages.create({ ...local, thinking: { type: "enabled", budget_tokens: 1024 } }));
    need(error instanceof Anthropic.BadRequestError && error.message.includes("thinking"), error);
    need(textOf(await client.messages.create({ ...local, thinking: { type: "adaptive" } })).length > 0, "no text");
  });
}
finish();
