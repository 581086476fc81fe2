// OpenAI's Chat Completions, as openai 6.49.0 (npm) types them; with vLLM's additions where those are wanted.
import { any, between, by, count, flag, json, like, list, map, object, one, orNull, require, text, textOr, words }
  from "./shape.mjs";
import { image, pieces } from "./plan.mjs";

const name = like(/^[a-zA-Z0-9_-]{1,64}$/);
const textPart = object({ type: any, text });
const part = by("type", {
  text: textPart,
  image_url: object({ type: any, image_url: object({ url: like(/^(https?:|data:image\/)/) },
    { detail: one("auto", "low", "high") }) }),
});
const call = object({ id: words, type: one("function"), function: object({ name, arguments: json }) });
const content = textOr(list(textPart, 1));
const message = (vllm) => by("role", {
  system: object({ role: any, content }, { name: text }),
  developer: object({ role: any, content }, { name: text }),
  user: object({ role: any, content: textOr(list(part, 1)) }, { name: text }),
  assistant: object({ role: any }, { content: orNull(content), name: text, refusal: orNull(text),
    tool_calls: list(call, 1), ...(vllm ? { reasoning: text, reasoning_content: text } : {}) }),
  tool: object({ role: any, content, tool_call_id: words }),
});
const tool = object({ type: one("function"),
  function: object({ name }, { description: text, parameters: map, strict: orNull(flag) }) });
const format = by("type", {
  text: object({ type: any }),
  json_object: object({ type: any }),
  json_schema: object({ type: any,
    json_schema: object({ name }, { description: text, schema: map, strict: orNull(flag) }) }),
});
const request = (vllm) => object({ model: words, messages: list(message(vllm), 1) }, {
  audio: any, frequency_penalty: orNull(between(-2, 2)), logit_bias: orNull(map), logprobs: orNull(flag),
  max_completion_tokens: orNull(count), max_tokens: orNull(count), metadata: orNull(map), modalities: any, n: one(1),
  parallel_tool_calls: flag, prediction: any, presence_penalty: orNull(between(-2, 2)), prompt_cache_key: text,
  prompt_cache_retention: any, reasoning_effort: one("none", "minimal", "low", "medium", "high", "xhigh"),
  response_format: format, safety_identifier: text, seed: orNull(between(-(2 ** 63), 2 ** 63)), service_tier: any,
  stop: orNull(textOr(list(text, 1))), store: flag, stream: flag, stream_options: object({}, { include_usage: flag }),
  temperature: orNull(between(0, 2)), tool_choice: textOr(object({ type: one("function"), function: object({ name }) })),
  tools: list(tool, 1), top_logprobs: between(0, 20), top_p: orNull(between(0, 1)), user: text, verbosity: any,
  web_search_options: any,
  ...(vllm ? { top_k: count, min_p: between(0, 1), repetition_penalty: between(0, 10), chat_template_kwargs: map } : {}),
});

const said = (content) => (typeof content === "string" ? content
  : (content ?? []).filter(({ type }) => type === "text").map(({ text }) => text).join(" "));

// Each call of a tool is answered directly behind it, and nothing else is.
function paired(turns) {
  let open = [];
  turns.forEach((turn, index) => {
    if (turn.role === "tool") {
      require(open.includes(turn.tool_call_id), `messages[${index}].tool_call_id`, "answers no call before it");
      open = open.filter((id) => id !== turn.tool_call_id);
      return;
    }
    require(open.length === 0, `messages[${index}]`, `stands where the result of ${open} must`);
    open = (turn.tool_calls ?? []).map(({ id }) => id);
  });
  require(open.length === 0, "messages", `without the result of ${open}`);
}

const usage = ({ usage: { prompt, cached, answer, thoughts } }) => ({
  prompt_tokens: prompt, completion_tokens: answer, total_tokens: prompt + answer,
  prompt_tokens_details: { cached_tokens: cached, audio_tokens: 0 },
  completion_tokens_details: { reasoning_tokens: thoughts, audio_tokens: 0 },
});
const FINISH = { stop: "stop", length: "length", calls: "tool_calls", filter: "content_filter" };
const KINDS = { 401: "authentication_error", 429: "rate_limit_error", 500: "server_error", 529: "server_error" };
const frame = (data) => `data: ${JSON.stringify(data)}\n\n`;
const calls = (answer) => answer.calls.map((made, index) =>
  ({ id: `call_${made.name}_${index}`, type: "function", function: made }));

export const chat = (vllm) => ({
  authorized: (headers) => headers.authorization === "Bearer openai-key",
  error: (status, message) => ({ error: { message, type: KINDS[status] ?? "invalid_request_error", param: null,
    code: status === 429 ? "rate_limit_exceeded" : null } }),

  read(body) {
    request(vllm)(body, "");
    paired(body.messages);
    require(!body.stream_options || body.stream, "stream_options", "is for streams alone");
    require(!("tool_choice" in body || "parallel_tool_calls" in body) || body.tools, "tool_choice", "without tools");
    const last = body.messages.at(-1);
    const results = [];
    for (const { role, tool_call_id: id, content } of body.messages.toReversed()) {
      if (role !== "tool") break;
      results.unshift({ id, text: said(content), failed: false, images: [] });
    }
    const parts = Array.isArray(last.content) ? last.content : [];
    return {
      model: body.model, words: said(last.content), results,
      tools: body.tool_choice === "none" ? [] : (body.tools ?? []).map((each) => each.function.name),
      forced: body.tool_choice === "required" ? body.tools[0].function.name : body.tool_choice?.function?.name,
      parallel: body.parallel_tool_calls !== false, schema: body.response_format?.json_schema?.schema,
      thinks: vllm && said(last.content).includes("think"), // OpenAI tells nobody here
      images: parts.filter(({ type }) => type === "image_url").map(({ image_url }) => image(image_url.url)),
      counted: body.stream_options?.include_usage,
    };
  },

  whole: (asked, answer) => ({
    id: "chatcmpl-up", object: "chat.completion", created: 1_760_000_000, model: asked.model,
    system_fingerprint: "fp_up", service_tier: "default", usage: usage(answer),
    choices: [{ index: 0, logprobs: null, finish_reason: FINISH[answer.finish],
      message: { role: "assistant", refusal: null, annotations: [], content: answer.text || null,
        ...(answer.thoughts ? { reasoning_content: answer.thoughts } : {}),
        ...(answer.calls.length > 0 ? { tool_calls: calls(answer) } : {}) } }],
  }),

  *events(asked, answer) {
    const chunk = (delta, finish = null) => frame({ id: "chatcmpl-up", object: "chat.completion.chunk",
      created: 1_760_000_000, model: asked.model, system_fingerprint: "fp_up",
      choices: [{ index: 0, delta, logprobs: null, finish_reason: finish }],
      ...(asked.counted ? { usage: null } : {}) });
    yield chunk({ role: "assistant", content: "", refusal: null });
    yield ": a comment\n\n";
    for (const piece of pieces(answer.thoughts)) yield chunk({ reasoning_content: piece });
    for (const piece of pieces(answer.text)) yield chunk({ content: piece });
    while (answer.endless) yield chunk({ content: "on and " });
    if (answer.breaks) return;
    for (const [index, made] of calls(answer).entries()) {
      yield chunk({ tool_calls: [{ index, ...made, function: { name: made.function.name, arguments: "" } }] });
      for (const piece of pieces(made.function.arguments)) {
        yield chunk({ tool_calls: [{ index, function: { arguments: piece } }] });
      }
    }
    yield chunk({}, FINISH[answer.finish]);
    if (asked.counted) {
      yield frame({ id: "chatcmpl-up", object: "chat.completion.chunk", created: 1_760_000_000, model: asked.model,
        choices: [], usage: usage(answer) });
    }
    yield "data: [DONE]\n\n";
  },
});
