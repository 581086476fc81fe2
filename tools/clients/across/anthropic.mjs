// Anthropic's official client for Node before Chat Completions (OpenAI's, and vLLM's with its reasoning) and before
// Responses. One line a check: `ok NAME` or `FAIL NAME: reason`.
import { check, finish, arrived, key, left, load, marked, need, PNG, REPORT, same, schemas, SEEN, server, thrown, USED } from "./check.mjs";

const [{ default: Anthropic }, { jsonSchemaOutputFormat }, { betaTool }] = await load("across-anthropic", "anthropic",
  "@anthropic-ai/sdk", "@anthropic-ai/sdk/helpers/json-schema", "@anthropic-ai/sdk/helpers/beta/json-schema");
const of = (apiKey) => new Anthropic({ baseURL: server, apiKey, maxRetries: 0, timeout: 30_000 });
const client = of(key);
const user = (content) => [{ role: "user", content }];
const tools = ["weather", "time"].map((name) => ({ name, description: `Says the ${name}.`, input_schema: schemas[name] }));
const text = ({ content }) => content.filter(({ type }) => type === "text").map((block) => block.text).join("");
const calls = ({ content }) => content.filter(({ type }) => type === "tool_use");

function messages(where, model, thinks) {
  const checked = (name, run) => check(`messages before ${where}: ${name}`, run);
  const asked = (body) => ({ model, max_tokens: 500, ...body });
  const ask = (body) => client.messages.create(asked(body), { headers: marked() });
  const whole = (body) => client.messages.stream(asked(body), { headers: marked() }).finalMessage();
  const usage = ({ usage }) => same([usage.input_tokens, usage.cache_read_input_tokens, usage.output_tokens],
    [USED.prompt - USED.cached, USED.cached, USED.answer]);

  return [
    () => checked("text, usage and stop reason", async () => {
      const answer = await ask({ system: "Be kind.", messages: user("one ü two"), temperature: 0.5 });
      same([text(answer), answer.stop_reason, answer.role], ["You said: one ü two", "end_turn", "assistant"]);
      usage(answer);
      const [{ body }] = await arrived();
      same([body.max_tokens ?? body.max_completion_tokens ?? body.max_output_tokens, body.temperature], [500, 0.5]);
      same(body.instructions ?? body.messages[0].content, "Be kind.");
    }),
    () => checked("text streamed", async () => {
      const parts = [];
      const answer = await client.messages.stream(asked({ messages: user("one ü two") }), { headers: marked() })
        .on("text", (piece) => parts.push(piece)).finalMessage();
      need(parts.length > 1 && parts.join("") === "You said: one ü two", parts);
      same([text(answer), answer.stop_reason], ["You said: one ü two", "end_turn"]);
      usage(answer);
    }),
    ...[ask, whole].map((run) => () => checked(`two calls at once and their results${run === ask ? "" : ", streamed"}`, async () => {
      const first = await run({ messages: user("say and call both"), tools });
      same([first.stop_reason, text(first)], ["tool_use", "I look it up."]);
      same(calls(first).map(({ name, input }) => [name, input]),
        [["weather", { city: "Köln", days: 2 }], ["time", { zone: "Europe/Berlin" }]]);
      const results = calls(first).map(({ id }, index) =>
        ({ type: "tool_result", tool_use_id: id, content: index === 0 ? "result 0" : [{ type: "text", text: "result 1" }] }));
      const history = [...user("say and call both"), { role: "assistant", content: first.content }];
      same(text(await run({ messages: [...history, { role: "user", content: results }], tools })), "Results: result 0; result 1");
      const more = [...results, { type: "text", text: "and tell me" }];
      same(text(await run({ messages: [...history, { role: "user", content: more }] , tools })).slice(0, 9), "You said:");
    })),
    () => checked("one call at a time, a named one, and any", async () => {
      const alone = await ask({ messages: user("call both"), tools, tool_choice: { type: "auto", disable_parallel_tool_use: true } });
      same(calls(alone).map(({ name }) => name), ["weather"]);
      const named = await ask({ messages: user("hello"), tools, tool_choice: { type: "tool", name: "time" } });
      same(calls(named).map(({ name }) => name), ["time"]);
      const any = await ask({ messages: user("hello"), tools, tool_choice: { type: "any" } });
      same(calls(any).length, 1);
    }),
    () => checked("the tool runner goes round until an answer", async () => {
      const ran = [];
      const run = (name) => betaTool({ name, description: `Says the ${name}.`, inputSchema: schemas[name],
        run: (input) => { ran.push([name, input]); return `the ${name}`; } });
      const answer = await client.beta.messages.toolRunner(
        asked({ messages: user("call both"), tools: [run("weather"), run("time")] }), { headers: marked() });
      same(ran.map(([name]) => name).sort(), ["time", "weather"]);
      same(text(answer), "Results: the weather; the time");
    }),
    () => checked("images in base64 and by address", async () => {
      const answer = await ask({ messages: user([{ type: "text", text: "what is it?" },
        { type: "image", source: { type: "base64", media_type: "image/png", data: PNG } },
        { type: "image", source: { type: "url", url: "https://example.com/a.png" } }]) });
      same(text(answer), `I see ${SEEN} and https://example.com/a.png.`);
    }),
    () => checked("an answer by a schema, parsed", async () => {
      const answer = await client.messages.parse(asked({ messages: user("report"),
        output_config: { format: jsonSchemaOutputFormat(schemas.report) } }), { headers: marked() });
      same(answer.parsed_output, REPORT);
    }),
    ...(thinks ? [ask, whole] : []).map((run) => () => checked(`thinking by a budget, and back with a call's result${run === ask ? "" : ", streamed"}`, async () => {
      const more = { model: thinks, max_tokens: 4000, thinking: { type: "enabled", budget_tokens: 2000 }, tools };
      const first = await run({ ...more, messages: user("think and call") });
      same(first.content.map(({ type }) => type), ["thinking", "tool_use"]);
      const next = await run({ ...more, messages: [...user("think and call"), { role: "assistant", content: first.content },
        { role: "user", content: [{ type: "tool_result", tool_use_id: calls(first)[0].id, content: "sunny", is_error: false }] }] });
      same(text(next), "Results: sunny");
      const [, { body }] = await arrived();
      if (where === "Chat Completions") {
        same(first.content[0].thinking, "Hm, let me think: Köln.");
        same(body.messages[1].reasoning, first.content[0].thinking);
      } else {
        need(body.input.some(({ type, encrypted_content: secret }) => type === "reasoning" && secret === "secret-of-up"), body.input);
      }
    })),
    () => checked("an answer that ran out is `max_tokens`, one filtered `refusal`", async () => {
      for (const run of [ask, whole]) {
        same((await run({ messages: user("run out") })).stop_reason, "max_tokens");
        same((await run({ messages: user("filtered") })).stop_reason, "refusal");
      }
    }),
    () => checked("tokens are counted before the request is made", async () => {
      const { input_tokens: tokens } = await client.messages.countTokens({ model, messages: user("one two three"), tools });
      need(tokens > 3, tokens);
    }),
    ...[ask, whole].map((run) => () => checked(`429 is RateLimitError with retry-after${run === ask ? "" : ", of a stream too"}`, async () => {
      const error = await thrown(() => run({ messages: user("fail 429") }));
      need(error instanceof Anthropic.RateLimitError && error.headers.get("retry-after") === "7", error);
      same(error.type, "rate_limit_error");
      need(error.message.includes("asked too often"), error.message);
    })),
    () => checked("400 is BadRequestError, 404 NotFoundError, with the upstream's words", async () => {
      const wrong = await thrown(() => ask({ messages: user("fail 400") }));
      need(wrong instanceof Anthropic.BadRequestError && wrong.message.includes("does not like this"), wrong);
      need(await thrown(() => ask({ messages: user("fail 404") })) instanceof Anthropic.NotFoundError, "another");
    }),
    () => checked("a key of ours that is refused upstream and 500 are InternalServerError, 529 is overloaded_error", async () => {
      const found = [];
      for (const code of [401, 500, 529]) {
        const error = await thrown(() => ask({ messages: user(`fail ${code}`) }));
        need(error instanceof Anthropic.InternalServerError, error);
        found.push(error.type);
      }
      same(found, ["api_error", "api_error", "overloaded_error"]);
    }),
    () => checked("an abort in mid-stream reaches the upstream", async () => {
      for await (const event of await ask({ messages: user("talk on"), stream: true })) {
        if (event.type === "content_block_delta") break; // leaving the loop aborts the request
      }
      await left();
    }),
    () => checked("a stream that the upstream breaks off is an error", async () => {
      need(await thrown(() => whole({ messages: user("break off") })) instanceof Anthropic.AnthropicError, "another");
    }),
  ];
}

for (const next of [
  ...messages("Chat Completions", "chat/gpt-4o-mini", "vllm/qwen3"),
  ...messages("Responses", "openai/gpt-5-mini", "openai/gpt-5-mini"),
]) await next();
await check("a key that is not ours is AuthenticationError", async () => {
  const error = await thrown(() => of("wrong").messages.create({ model: "chat/gpt-4o-mini", max_tokens: 9, messages: user("hi") }));
  need(error instanceof Anthropic.AuthenticationError && error.type === "authentication_error", error);
});
finish();
