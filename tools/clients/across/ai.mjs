// Vercel's AI SDK with @ai-sdk/openai-compatible before Messages. One line a check: `ok NAME` or `FAIL NAME: reason`.
import { check, finish, arrived, key, left, load, marked, need, PNG, REPORT, same, schemas, SEEN, server, thrown, USED } from "./check.mjs";

const [{ createOpenAICompatible }, { APICallError, generateObject, generateText, jsonSchema, Output, stepCountIs, streamObject, streamText, tool }] =
  await load("across-ai", "ai", "@ai-sdk/openai-compatible", "ai");
globalThis.AI_SDK_LOG_WARNINGS = false;
const of = (apiKey) => createOpenAICompatible({ name: "llm", baseURL: `${server}/v1`, apiKey, includeUsage: true,
  supportsStructuredOutputs: true, supportedUrls: () => ({ "image/*": [/^https:/] }) }); // it would fetch them itself
const model = of(key)("anthropic/claude-sonnet-4-5");
const checked = (name, run) => check(`ai before Messages: ${name}`, run);
const asked = (more) => ({ model, maxRetries: 0, headers: marked(), ...more });
const wholly = (more) => generateText(asked(more));
const streamed = async (more) => { // what generateText gives, of a stream read to its end
  const result = streamText({ ...asked(more), onError: () => {} });
  const found = {};
  for (const field of ["text", "reasoningText", "finishReason", "usage", "totalUsage", "steps"]) found[field] = await result[field];
  return found;
};
const both = (name, run) => [["", wholly], [", streamed", streamed]].reduce(
  (before, [suffix, ask]) => before.then(() => checked(name + suffix, () => run(ask))), Promise.resolve());
const counts = ({ inputTokens, outputTokens, inputTokenDetails }) =>
  same([inputTokens, outputTokens, inputTokenDetails.cacheReadTokens], [USED.prompt, USED.answer, USED.cached]);

await both("text, usage and finish reason", async (ask) => {
  const answer = await ask({ system: "Be kind.", prompt: "one ü two", temperature: 0.5, maxOutputTokens: 500 });
  same([answer.text, answer.finishReason], ["You said: one ü two", "stop"]);
  counts(answer.usage);
  const [{ body }] = await arrived();
  same([body.system, body.max_tokens, body.temperature], ["Be kind.", 500, 0.5]);
});

await checked("text comes piece by piece", async () => {
  const pieces = [];
  for await (const piece of streamText(asked({ prompt: "one ü two" })).textStream) pieces.push(piece);
  need(pieces.length > 1 && pieces.join("") === "You said: one ü two", pieces);
});

await both("two calls at once, executed, and a second step with their results", async (ask) => {
  const ran = [];
  const made = (name) => tool({ description: `Says the ${name}.`, inputSchema: jsonSchema(schemas[name]),
    execute: async (input) => { ran.push([name, input]); return `the ${name}`; } });
  const answer = await ask({ prompt: "say and call both", tools: { weather: made("weather"), time: made("time") }, stopWhen: stepCountIs(4) });
  same(ran, [["weather", { city: "Köln", days: 2 }], ["time", { zone: "Europe/Berlin" }]]);
  same(answer.steps.map(({ text, finishReason }) => [text, finishReason]),
    [["I look it up.", "tool-calls"], ["Results: the weather; the time", "stop"]]);
});

await checked("a tool that fails is told, and a named tool is called", async () => {
  const weather = tool({ inputSchema: jsonSchema(schemas.weather), execute: async () => { throw new Error("no weather"); } });
  const answer = await wholly({ prompt: "call it", tools: { weather }, stopWhen: stepCountIs(2) });
  need(answer.text.includes("no weather"), answer.text);
  const time = tool({ inputSchema: jsonSchema(schemas.time) });
  const named = await wholly({ prompt: "hello", tools: { weather, time }, toolChoice: { type: "tool", toolName: "time" } });
  same(named.toolCalls.map(({ toolName }) => toolName), ["time"]);
});

await checked("an image in base64 and one by address", async () => {
  const { text } = await wholly({ messages: [{ role: "user", content: [{ type: "text", text: "what is it?" },
    { type: "image", image: PNG, mediaType: "image/png" }, { type: "image", image: new URL("https://example.com/a.png") }] }] });
  same(text, `I see ${SEEN} and https://example.com/a.png.`);
});

await checked("an object by a schema: generateObject, Output.object, streamObject", async () => {
  const schema = jsonSchema(schemas.report);
  same((await generateObject(asked({ prompt: "report", schema }))).object, REPORT);
  same((await generateText(asked({ prompt: "report", output: Output.object({ schema }) }))).output, REPORT);
  const partial = [];
  const streaming = streamObject(asked({ prompt: "report", schema }));
  for await (const part of streaming.partialObjectStream) partial.push(part);
  same(await streaming.object, REPORT);
  need(partial.length > 1, partial);
  for (const { body } of await arrived()) same(body.output_config.format.schema, schemas.report);
});

await both("reasoning by an effort, also in a loop of tools", async (ask) => {
  const providerOptions = { llm: { reasoningEffort: "low" } };
  const answer = await ask({ prompt: "think", providerOptions });
  same([answer.reasoningText, answer.text], ["Hm, let me think: Köln.", "You said: think"]);
  const weather = tool({ inputSchema: jsonSchema(schemas.weather), execute: async () => "sunny" });
  for (const name of ["claude-sonnet-4-5", "claude-opus-4-6"]) { // by a budget, by an effort
    const looped = await ask({ model: of(key)(`anthropic/${name}`), prompt: "think and call", tools: { weather }, stopWhen: stepCountIs(2), providerOptions });
    same(looped.steps.map(({ reasoningText }) => reasoningText)[0], "Hm, let me think: Köln.");
    same(looped.text, "Results: sunny");
  }
});

await both("an answer that ran out is `length`, one filtered `content-filter`", async (ask) => {
  same((await ask({ prompt: "run out" })).finishReason, "length");
  same((await ask({ prompt: "filtered" })).finishReason, "content-filter");
});

await checked("429 can be tried again, with retry-after, 400 and 404 cannot", async () => {
  const busy = await thrown(() => wholly({ prompt: "fail 429" }));
  need(APICallError.isInstance(busy) && busy.statusCode === 429 && busy.isRetryable, busy);
  same(busy.responseHeaders["retry-after"], "7");
  need(busy.message.includes("asked too often"), busy.message);
  for (const status of [400, 404]) {
    const wrong = await thrown(() => wholly({ prompt: `fail ${status}` }));
    need(APICallError.isInstance(wrong) && wrong.statusCode === status && !wrong.isRetryable, wrong);
  }
});

await checked("a wrong key is 401", async () => {
  const error = await thrown(() => generateText({ model: of("wrong")("anthropic/claude-sonnet-4-5"), prompt: "hi", maxRetries: 0 }));
  need(APICallError.isInstance(error) && error.statusCode === 401, error);
});

await checked("an error in place of a stream, and one within it, are told", async () => {
  for (const prompt of ["fail 500", "break off"]) {
    const errors = [];
    for await (const part of streamText({ ...asked({ prompt }), onError: () => {} }).fullStream) {
      if (part.type === "error") errors.push(part.error);
    }
    need(errors.length === 1, errors);
  }
});

await checked("an abort in mid-stream reaches the upstream", async () => {
  const stop = new AbortController();
  for await (const part of streamText(asked({ prompt: "talk on", abortSignal: stop.signal })).fullStream) {
    if (part.type === "text-delta") stop.abort();
  }
  await left();
});
finish();
