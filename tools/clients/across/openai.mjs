// The official OpenAI client for Node: Chat Completions before Messages and Responses, and Responses before Messages
// and Chat Completions. One line a check: `ok NAME` or `FAIL NAME: reason`.
import { check, finish, arrived, key, left, load, marked, need, PNG, REPORT, same, schemas, SEEN, server, thrown, USED } from "./check.mjs";

const [{ default: OpenAI }] = await load("across-openai", "openai", "openai");
const of = (apiKey) => new OpenAI({ baseURL: `${server}/v1`, apiKey, maxRetries: 0, timeout: 30_000 });
const client = of(key);
const user = (content) => [{ role: "user", content }];
const picture = `data:image/png;base64,${PNG}`;
const strict = (name) => ({ name, description: `Says the ${name}.`, parameters: schemas[name] });

function chat(where, model, thinks) {
  const checked = (name, run) => check(`chat before ${where}: ${name}`, run);
  const ask = (body) => client.chat.completions.create({ model, ...body }, { headers: marked() });
  const streamed = (body) =>
    client.chat.completions.stream({ model, stream_options: { include_usage: true }, ...body }, { headers: marked() });
  const whole = async (body) => (await streamed(body).finalChatCompletion());
  const tools = ["weather", "time"].map((name) => ({ type: "function", function: strict(name) }));
  const usage = ({ usage }) => {
    same([usage.prompt_tokens, usage.completion_tokens, usage.total_tokens, usage.prompt_tokens_details.cached_tokens],
      [USED.prompt, USED.answer, USED.prompt + USED.answer, USED.cached]);
  };

  return [
    () => checked("text, usage and finish reason", async () => {
      const answer = await ask({ messages: [{ role: "system", content: "Be kind." }, ...user("one ü two")], temperature: 0.5, max_completion_tokens: 500 });
      same([answer.choices[0].message.content, answer.choices[0].finish_reason], ["You said: one ü two", "stop"]);
      usage(answer);
      const [{ body }] = await arrived();
      same([body.max_tokens ?? body.max_output_tokens, body.temperature, body.system ?? body.instructions], [500, 0.5, "Be kind."]);
    }),
    () => checked("text streamed", async () => {
      const parts = [];
      const answer = await streamed({ messages: user("one ü two") }).on("content", (piece) => parts.push(piece)).finalChatCompletion();
      need(parts.length > 1 && parts.join("") === "You said: one ü two", parts);
      same(answer.choices[0].finish_reason, "stop");
      usage(answer);
    }),
    ...[ask, whole].map((run) => () => checked(`two calls at once and their results${run === ask ? "" : ", streamed"}`, async () => {
      const messages = user("say and call both");
      const first = (await run({ messages, tools })).choices[0];
      same([first.finish_reason, first.message.content], ["tool_calls", "I look it up."]);
      same(first.message.tool_calls.map((call) => [call.function.name, JSON.parse(call.function.arguments)]),
        [["weather", { city: "Köln", days: 2 }], ["time", { zone: "Europe/Berlin" }]]);
      const results = first.message.tool_calls.map((call, index) =>
        ({ role: "tool", tool_call_id: call.id, content: `result ${index}` }));
      const { role, content, tool_calls } = first.message;
      const next = await run({ messages: [...messages, { role, content, tool_calls }, ...results], tools });
      same(next.choices[0].message.content, "Results: result 0; result 1");
    })),
    () => checked("one call at a time, and a named one", async () => {
      const alone = await ask({ messages: user("call both"), tools, parallel_tool_calls: false });
      same(alone.choices[0].message.tool_calls.map((call) => call.function.name), ["weather"]);
      const named = await ask({ messages: user("hello"), tools, tool_choice: { type: "function", function: { name: "time" } } });
      same(named.choices[0].message.tool_calls.map((call) => call.function.name), ["time"]);
    }),
    () => checked("images in base64 and by address", async () => {
      const answer = await ask({ messages: user([{ type: "text", text: "what is it?" },
        { type: "image_url", image_url: { url: picture } }, { type: "image_url", image_url: { url: "https://example.com/a.png" } }]) });
      same(answer.choices[0].message.content, `I see ${SEEN} and https://example.com/a.png.`);
    }),
    () => checked("an answer by a schema, parsed", async () => {
      const answer = await client.chat.completions.parse({ model, messages: user("report"),
        response_format: { type: "json_schema", json_schema: { name: "report", strict: true, schema: schemas.report } } }, { headers: marked() });
      same(answer.choices[0].message.parsed, REPORT);
    }),
    ...(thinks ? [false, true] : []).map((stream) => () => checked(`reasoning by an effort${stream ? ", streamed" : ""}`, async () => {
      const answer = await ask({ messages: user("think"), reasoning_effort: "low", stream });
      const said = { content: "", reasoning_content: "" };
      const add = (from) => Object.keys(said).forEach((field) => { said[field] += from?.[field] ?? ""; });
      if (stream) for await (const chunk of answer) add(chunk.choices[0]?.delta); // the helper knows no reasoning
      else add(answer.choices[0].message);
      same(said, { content: "You said: think", reasoning_content: "Hm, let me think: Köln." });
    })),
    () => checked("an answer that ran out is `length`", async () => {
      same((await ask({ messages: user("run out") })).choices[0].finish_reason, "length");
      let reason; // the helper throws at this reason, as it should
      for await (const chunk of await ask({ messages: user("run out"), stream: true })) reason = chunk.choices[0]?.finish_reason ?? reason;
      same(reason, "length");
    }),
    () => checked("an answer that was filtered is `content_filter`", async () => {
      same((await ask({ messages: user("filtered") })).choices[0].finish_reason, "content_filter");
    }),
    ...errors(checked, (words, stream) => ask({ messages: user(words), stream })),
    () => checked("an abort in mid-stream reaches the upstream", async () => {
      for await (const chunk of await ask({ messages: user("talk on"), stream: true })) {
        if (chunk.choices[0]?.delta?.content) break; // leaving the loop aborts the request
      }
      await left();
    }),
    () => checked("a stream that the upstream breaks off is an error", async () => {
      need(await thrown(async () => {
        for await (const _ of await ask({ messages: user("break off"), stream: true }));
      }) instanceof OpenAI.APIError, "another");
    }),
  ];
}

function errors(checked, ask) {
  return [
    ...[false, true].map((stream) => () => checked(`429 is RateLimitError with retry-after${stream ? ", of a stream too" : ""}`, async () => {
      const error = await thrown(() => ask("fail 429", stream));
      need(error instanceof OpenAI.RateLimitError && error.headers.get("retry-after") === "7", error);
      need(error.message.includes("asked too often"), error.message);
    })),
    () => checked("400 is BadRequestError, 404 NotFoundError, with the upstream's words", async () => {
      const wrong = await thrown(() => ask("fail 400"));
      need(wrong instanceof OpenAI.BadRequestError && wrong.message.includes("does not like this"), wrong);
      need(await thrown(() => ask("fail 404")) instanceof OpenAI.NotFoundError, "another");
    }),
    () => checked("a key of ours that is refused upstream, 500 and 529 are InternalServerError", async () => {
      const statuses = [];
      for (const code of [401, 500, 529]) {
        const error = await thrown(() => ask(`fail ${code}`));
        need(error instanceof OpenAI.InternalServerError, error);
        statuses.push(error.status);
      }
      same(statuses, [502, 502, 503]);
    }),
  ];
}

function responses(where, model, thinks) {
  const checked = (name, run) => check(`responses before ${where}: ${name}`, run);
  const ask = (body) => client.responses.create({ model, ...body }, { headers: marked() });
  const whole = (body) => client.responses.stream({ model, ...body }, { headers: marked() }).finalResponse();
  const tools = ["weather", "time"].map((name) => ({ type: "function", strict: false, ...strict(name) }));
  const usage = ({ usage }) => same(
    [usage.input_tokens, usage.output_tokens, usage.total_tokens, usage.input_tokens_details.cached_tokens],
    [USED.prompt, USED.answer, USED.prompt + USED.answer, USED.cached]);

  return [
    () => checked("text, usage and status", async () => {
      const answer = await ask({ instructions: "Be kind.", input: "one ü two", max_output_tokens: 500 });
      same([answer.output_text, answer.status], ["You said: one ü two", "completed"]);
      usage(answer);
    }),
    () => checked("text streamed, then the next turn by previous_response_id", async () => {
      const kinds = [];
      const stream = client.responses.stream({ model, input: "one ü two" }, { headers: marked() });
      for await (const event of stream) kinds.push(event.type);
      const answer = await stream.finalResponse();
      need(kinds.filter((kind) => kind === "response.output_text.delta").length > 1, kinds);
      same([kinds[0], kinds.at(-1), answer.output_text], ["response.created", "response.completed", "You said: one ü two"]);
      usage(answer);
      const next = await ask({ input: "and three", previous_response_id: answer.id });
      same(next.output_text, "You said: and three");
      const [, { body }] = await arrived();
      same(body.messages.map(({ role }) => role), ["user", "assistant", "user"]);
    }),
    ...[ask, whole].map((run) => () => checked(`two calls at once and their results${run === ask ? "" : ", streamed"}`, async () => {
      const first = await run({ input: "say and call both", tools });
      const calls = first.output.filter(({ type }) => type === "function_call");
      same(first.output_text, "I look it up.");
      same(calls.map((call) => [call.name, JSON.parse(call.arguments)]),
        [["weather", { city: "Köln", days: 2 }], ["time", { zone: "Europe/Berlin" }]]);
      const results = calls.map((call, index) => ({ type: "function_call_output", call_id: call.call_id, output: `result ${index}` }));
      same((await run({ input: results, previous_response_id: first.id, tools })).output_text, "Results: result 0; result 1");
      const all = [{ role: "user", content: "say and call both" }, ...first.output, ...results]; // the client's own history
      same((await run({ input: all, store: false, tools })).output_text, "Results: result 0; result 1");
    })),
    () => checked("images in base64 and by address", async () => {
      const answer = await ask({ input: user([{ type: "input_text", text: "what is it?" },
        { type: "input_image", detail: "auto", image_url: picture },
        { type: "input_image", detail: "auto", image_url: "https://example.com/a.png" }]) });
      same(answer.output_text, `I see ${SEEN} and https://example.com/a.png.`);
    }),
    () => checked("an answer by a schema, parsed", async () => {
      const answer = await client.responses.parse({ model, input: "report",
        text: { format: { type: "json_schema", name: "report", strict: true, schema: schemas.report } } }, { headers: marked() });
      same(answer.output_parsed, REPORT);
    }),
    ...(thinks ? [ask, whole] : []).map((run) => () => checked(`reasoning, and back with a call's result${run === ask ? "" : ", streamed"}`, async () => {
      const more = { model: thinks, reasoning: { effort: "low", summary: "auto" }, include: ["reasoning.encrypted_content"], store: false, tools };
      const first = await run({ ...more, input: "think and call" });
      same(first.output.map(({ type }) => type), ["reasoning", "function_call"]);
      const [thought, call] = first.output;
      const words = [...thought.summary, ...(thought.content ?? [])].map(({ text }) => text).join("");
      same(words, "Hm, let me think: Köln.");
      const next = await run({ ...more, input: [{ role: "user", content: "think and call" }, ...first.output,
        { type: "function_call_output", call_id: call.call_id, output: "sunny" }] });
      same(next.output_text, "Results: sunny");
    })),
    () => checked("an answer that ran out is incomplete", async () => {
      for (const run of [ask, whole]) {
        const answer = await run({ input: "run out" });
        same([answer.status, answer.incomplete_details?.reason], ["incomplete", "max_output_tokens"]);
      }
    }),
    ...errors(checked, (words, stream) => ask({ input: words, stream })),
    () => checked("an abort in mid-stream reaches the upstream", async () => {
      for await (const event of await ask({ input: "talk on", stream: true })) {
        if (event.type === "response.output_text.delta") break;
      }
      await left();
    }),
    () => checked("a stream that the upstream breaks off ends in response.failed or an error", async () => {
      let ending;
      try {
        for await (const event of await ask({ input: "break off", stream: true })) ending = event.type;
      } catch (error) {
        ending = error instanceof OpenAI.APIError ? "error" : String(error);
      }
      need(["response.failed", "error"].includes(ending), ending);
    }),
  ];
}

const all = [
  ...chat("Messages", "anthropic/claude-sonnet-4-5", true),
  ...chat("Responses", "openai/gpt-5-mini", false),
  ...responses("Messages", "anthropic/claude-sonnet-4-5", "anthropic/claude-sonnet-4-5"),
  ...responses("Chat Completions", "chat/gpt-4o-mini", "vllm/qwen3"),
];
for (const next of all) await next();
await check("chat before Chat Completions: a field that nobody knows goes along, and the upstream refuses it", async () => {
  const error = await thrown(() => client.chat.completions.create({ model: "chat/gpt-4o-mini", messages: user("hi"), quux: 1 }));
  need(error instanceof OpenAI.BadRequestError && error.message.includes("quux: is not known here"), error);
});
await check("a key that is not ours is AuthenticationError", async () => {
  const error = await thrown(() => of("wrong").chat.completions.create({ model: "anthropic/claude-sonnet-4-5", messages: user("hi") }));
  need(error instanceof OpenAI.AuthenticationError, error);
});
finish();
