// Anthropic's Messages, as @anthropic-ai/sdk 1.11.0 (npm) types them.
import { any, between, by, count, flag, like, list, map, object, one, orNull, require, text, textOr, words }
  from "./shape.mjs";
import { pieces } from "./plan.mjs";

const name = like(/^[a-zA-Z0-9_-]{1,128}$/);
const id = like(/^[a-zA-Z0-9_-]+$/);
const cache_control = orNull(object({ type: one("ephemeral") }, { ttl: one("5m", "1h") }));
const textBlock = object({ type: any, text: words }, { cache_control, citations: any });
const imageBlock = object({ type: any, source: by("type", {
  base64: object({ type: any, data: like(/^[A-Za-z0-9+/]+=*$/), media_type: one("image/jpeg", "image/png", "image/gif", "image/webp") }),
  url: object({ type: any, url: like(/^https?:/) }),
}) }, { cache_control });
const message = by("role", {
  user: object({ role: any, content: textOr(list(by("type", {
    text: textBlock, image: imageBlock,
    tool_result: object({ type: any, tool_use_id: id }, { cache_control, is_error: flag,
      content: textOr(list(by("type", { text: textBlock, image: imageBlock }))) }),
  }), 1)) }),
  assistant: object({ role: any, content: textOr(list(by("type", {
    text: textBlock,
    tool_use: object({ type: any, id, name, input: map }, { cache_control }),
    // A signature of our own is what the real one checks too.
    thinking: object({ type: any, thinking: text, signature: one("signature-of-up") }),
    redacted_thinking: object({ type: any, data: one("hidden-of-up") }),
  }), 1)) }),
});
const tool = object({ name, input_schema: object({ type: one("object") }, { properties: orNull(map), required: orNull(list(text)),
  additionalProperties: any, $schema: any, $defs: any, description: any, title: any }) },
{ type: one("custom"), description: text, cache_control, strict: flag });
const parallel = { disable_parallel_tool_use: flag };
const prompt = {
  output_config: object({}, { effort: one("low", "medium", "high", "xhigh", "max"),
    format: object({ type: one("json_schema"), schema: map }) }),
  system: textOr(list(textBlock)),
  thinking: by("type", { enabled: object({ type: any, budget_tokens: between(1024, 1_000_000) }, { display: any }),
    adaptive: object({ type: any }, { display: any }), disabled: object({ type: any }) }),
  tool_choice: by("type", { auto: object({ type: any }, parallel), any: object({ type: any }, parallel),
    tool: object({ type: any, name }, parallel), none: object({ type: any }) }),
  tools: list(tool),
};
const request = object({ model: words, max_tokens: between(1, 128_000), messages: list(message, 1) }, {
  ...prompt, metadata: object({}, { user_id: orNull(text) }), service_tier: one("auto", "standard_only"),
  stop_sequences: list(words), stream: flag, temperature: between(0, 1), top_k: count, top_p: between(0, 1), cache_control,
});
const counted = object({ model: words, messages: list(message, 1) }, prompt);

const blocks = (content) => (typeof content === "string" ? [{ type: "text", text: content }] : content ?? []);
const said = (content) => blocks(content).filter(({ type }) => type === "text").map(({ text }) => text).join(" ");
const seen = (content) => blocks(content).filter(({ type }) => type === "image").map(({ source }) =>
  (source.type === "url" ? source.url : `${source.media_type} of ${Buffer.from(source.data, "base64").length} bytes`));

// The next message answers each call, and its results stand first.
function paired(turns) {
  turns.forEach((turn, index) => {
    const calls = index === 0 ? [] : blocks(turns[index - 1].content).filter(({ type }) => type === "tool_use").map(({ id }) => id);
    const kinds = blocks(turn.content).map(({ type }) => type);
    const results = blocks(turn.content).filter(({ type }) => type === "tool_result").map(({ tool_use_id }) => tool_use_id);
    require([...calls].sort().join() === [...results].sort().join(), `messages[${index}]`, `has results of ${results}, calls were ${calls}`);
    require(kinds.lastIndexOf("tool_result") < results.length, `messages[${index}]`, "has something before its results");
  });
}

function thoughtful(body) {
  const { thinking, model, temperature, tool_choice: choice } = body;
  const byEffort = /-4-[6-9]|-5/.test(model);
  require(!body.output_config?.effort || byEffort, "output_config.effort", `is not for ${model}`);
  if (!thinking || thinking.type === "disabled") return;
  require(thinking.type !== "adaptive" || byEffort, "thinking.type", `adaptive is not for ${model}`);
  require(thinking.type !== "enabled" || body.max_tokens === undefined || thinking.budget_tokens < body.max_tokens,
    "thinking.budget_tokens", "is not less than max_tokens");
  require(temperature === undefined || temperature === 1, "temperature", "is not 1 with thinking");
  require(body.top_k === undefined, "top_k", "with thinking");
  require(!["any", "tool"].includes(choice?.type), "tool_choice", "forces a tool with thinking");
  // Within a turn with tools, the thoughts that led to the calls go back; adaptive thinking does without.
  if (thinking.type === "adaptive") return;
  const last = body.messages.at(-1);
  const before = body.messages.at(-2);
  if (blocks(last.content).some(({ type }) => type === "tool_result")) {
    require(/thinking$/.test(blocks(before.content)[0].type), `messages[${body.messages.length - 2}].content[0]`,
      "is no thinking, though thinking is on");
  }
}

const KINDS = { 400: "invalid_request_error", 401: "authentication_error", 404: "not_found_error", 429: "rate_limit_error",
  500: "api_error", 529: "overloaded_error" };
const STOP = { stop: "end_turn", length: "max_tokens", calls: "tool_use", filter: "refusal" };
const usage = ({ usage: { prompt, cached, written, answer } }) => ({ input_tokens: prompt - cached - written,
  cache_read_input_tokens: cached, cache_creation_input_tokens: written,
  cache_creation: { ephemeral_5m_input_tokens: written, ephemeral_1h_input_tokens: 0 }, output_tokens: answer,
  service_tier: "standard" });

const content = (answer) => [
  ...(answer.thoughts ? [{ type: "thinking", thinking: answer.thoughts, signature: "signature-of-up" }] : []),
  ...(answer.text ? [{ type: "text", text: answer.text, citations: null }] : []),
  ...answer.calls.map((call, index) => ({ type: "tool_use", id: `toolu_${call.name}_${index}`, name: call.name, input: JSON.parse(call.arguments) })),
];
const frame = (data) => `event: ${data.type}\ndata: ${JSON.stringify(data)}\n\n`;
const keyed = (headers) => headers["x-api-key"] === "anthropic-key" && headers["anthropic-version"] === "2023-06-01"
  && !headers.authorization;
const error = (status, message) => ({ type: "error", error: { type: KINDS[status] ?? "api_error", message }, request_id: "req_up" });

export const messages = {
  authorized: keyed,
  error,

  read(body) {
    request(body, "");
    paired(body.messages);
    thoughtful(body);
    require(!body.tool_choice || body.tools?.length > 0, "tool_choice", "without tools");
    const last = body.messages.at(-1);
    return {
      model: body.model, words: said(last.content), images: seen(last.content),
      results: blocks(last.content).filter(({ type }) => type === "tool_result").map((result) =>
        ({ id: result.tool_use_id, text: said(result.content), failed: result.is_error === true, images: seen(result.content) })),
      tools: body.tool_choice?.type === "none" ? [] : (body.tools ?? []).map(({ name }) => name),
      forced: body.tool_choice?.type === "any" ? body.tools[0].name : body.tool_choice?.name,
      parallel: body.tool_choice?.disable_parallel_tool_use !== true, schema: body.output_config?.format?.schema,
      thinks: body.thinking !== undefined && body.thinking.type !== "disabled",
    };
  },

  whole: (asked, answer) => ({ id: "msg_up", type: "message", role: "assistant", model: asked.model, content: content(answer),
    stop_reason: STOP[answer.finish], stop_sequence: null, usage: usage(answer) }),

  *events(asked, answer) {
    const { output_tokens, ...prompt } = usage(answer);
    yield frame({ type: "message_start", message: { id: "msg_up", type: "message", role: "assistant", model: asked.model,
      content: [], stop_reason: null, stop_sequence: null, usage: { ...prompt, output_tokens: 1 } } });
    yield frame({ type: "ping" });
    for (const [index, block] of content(answer).entries()) {
      const delta = (fields) => frame({ type: "content_block_delta", index, delta: fields });
      const empty = { thinking: { thinking: "", signature: "" }, text: { text: "" }, tool_use: { input: {} } }[block.type];
      yield frame({ type: "content_block_start", index, content_block: { ...block, ...empty } });
      for (const piece of pieces(block.thinking ?? "")) yield delta({ type: "thinking_delta", thinking: piece });
      if (block.signature) yield delta({ type: "signature_delta", signature: block.signature });
      for (const piece of pieces(block.text ?? "")) yield delta({ type: "text_delta", text: piece });
      while (answer.endless && block.text) yield delta({ type: "text_delta", text: "on and " });
      if (answer.breaks) return;
      if (block.input) {
        yield delta({ type: "input_json_delta", partial_json: "" });
        for (const piece of pieces(JSON.stringify(block.input))) yield delta({ type: "input_json_delta", partial_json: piece });
      }
      yield frame({ type: "content_block_stop", index });
    }
    yield frame({ type: "message_delta", delta: { stop_reason: STOP[answer.finish], stop_sequence: null }, usage: { output_tokens } });
    yield frame({ type: "message_stop" });
  },
};

export const countTokens = {
  authorized: keyed,
  error,
  read(body) {
    counted(body, "");
    return { words: "", results: [], tools: [], images: [] };
  },
  whole: () => ({ input_tokens: 4321 }),
};
