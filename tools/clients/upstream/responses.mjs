// OpenAI's Responses, as openai 6.49.0 (npm) types them.
import { any, between, by, count, flag, json, like, list, map, object, one, orNull, require, text, textOr, words }
  from "./shape.mjs";
import { image, pieces } from "./plan.mjs";

const name = like(/^[a-zA-Z0-9_-]{1,128}$/);
const inputText = object({ type: any, text });
const inputImage = object({ type: any, detail: one("auto", "low", "high", "original"), image_url: like(/^(https?:|data:image\/)/) });
const input = by("type", { input_text: inputText, input_image: inputImage });
const output = by("type", { output_text: object({ type: any, text }, { annotations: any, logprobs: any }),
  refusal: object({ type: any, refusal: text }) });
const STATUS = one("in_progress", "completed", "incomplete");
const item = by("type", {
  message: by("role", {
    user: object({ role: any, content: textOr(list(input, 1)) }, { type: any, id: text, status: STATUS }),
    system: object({ role: any, content: textOr(list(input, 1)) }, { type: any, id: text, status: STATUS }),
    developer: object({ role: any, content: textOr(list(input, 1)) }, { type: any, id: text, status: STATUS }),
    assistant: object({ role: any, content: textOr(list(output, 1)) },
      { type: any, id: text, status: STATUS, phase: one("commentary", "final_answer") }),
  }),
  function_call: object({ type: any, call_id: words, name, arguments: json }, { id: text, status: STATUS }),
  function_call_output: object({ type: any, call_id: words, output: textOr(list(input, 1)) }, { id: text, status: STATUS }),
  // Typed with an id; what was not stored is taken without one, and with the encrypted content that we gave.
  reasoning: object({ type: any, summary: list(object({ type: one("summary_text"), text })), encrypted_content: one("secret-of-up") },
    { id: text, content: any, status: STATUS }),
});
const tool = object({ type: one("function"), name, parameters: orNull(map), strict: orNull(flag) }, { description: text });
const format = by("type", {
  text: object({ type: any }),
  json_object: object({ type: any }),
  json_schema: object({ type: any, name, schema: map }, { description: text, strict: orNull(flag) }),
});
const request = object({ model: words, input: textOr(list(item, 1)) }, {
  background: flag, include: list(one("reasoning.encrypted_content", "message.output_text.logprobs")),
  instructions: orNull(text), max_output_tokens: between(16, 1_000_000), max_tool_calls: count, metadata: map,
  parallel_tool_calls: flag, prompt_cache_key: text,
  reasoning: object({}, { effort: one("none", "minimal", "low", "medium", "high", "xhigh"),
    summary: one("auto", "concise", "detailed") }),
  safety_identifier: text, service_tier: any, store: flag, stream: flag, stream_options: any, temperature: between(0, 2),
  text: object({}, { format, verbosity: one("low", "medium", "high") }),
  tool_choice: textOr(object({ type: one("function"), name })), tools: list(tool, 1), top_logprobs: between(0, 20),
  top_p: between(0, 1), truncation: one("auto", "disabled"), user: text,
});

const said = (content) => (typeof content === "string" ? content
  : content.filter(({ text }) => text !== undefined).map(({ text }) => text).join(" "));
const seen = (content) => (typeof content === "string" ? [] : content)
  .filter(({ type }) => type === "input_image").map(({ image_url }) => image(image_url));

// Each call is answered, behind it.
function paired(items) {
  const open = new Set();
  items.forEach(({ type, call_id: id }, index) => {
    if (type === "function_call") open.add(id);
    if (type === "function_call_output") require(open.delete(id), `input[${index}].call_id`, "answers no call before it");
  });
  require(open.size === 0, "input", `without the output of ${[...open]}`);
}

const KINDS = { 401: "authentication_error", 429: "rate_limit_error", 500: "server_error", 529: "server_error" };
const usage = ({ usage: { prompt, cached, answer, thoughts } }) => ({
  input_tokens: prompt, input_tokens_details: { cached_tokens: cached }, output_tokens: answer,
  output_tokens_details: { reasoning_tokens: thoughts }, total_tokens: prompt + answer });

function items(asked, answer) {
  const made = [];
  if (asked.effort) {
    made.push({ id: "rs_up", type: "reasoning",
      summary: answer.thoughts && asked.told ? [{ type: "summary_text", text: answer.thoughts }] : [],
      ...(asked.encrypted ? { encrypted_content: "secret-of-up" } : {}) });
  }
  if (answer.text) {
    made.push({ id: "msg_up", type: "message", role: "assistant", status: answer.finish === "length" ? "incomplete" : "completed",
      content: [{ type: "output_text", text: answer.text, annotations: [], logprobs: [] }] });
  }
  answer.calls.forEach((call, index) => made.push({ id: `fc_up_${index}`, type: "function_call", status: "completed",
    call_id: `call_${call.name}_${index}`, name: call.name, arguments: call.arguments }));
  return made;
}

function body(asked, answer, status, output) {
  return { id: "resp_up", object: "response", created_at: 1_760_000_000, status, background: false, error: null,
    incomplete_details: status !== "incomplete" ? null
      : { reason: answer.finish === "filter" ? "content_filter" : "max_output_tokens" },
    instructions: asked.instructions ?? null, max_output_tokens: null, metadata: {}, model: asked.model, output,
    parallel_tool_calls: asked.parallel, previous_response_id: null, reasoning: { effort: asked.effort ?? null, summary: null },
    store: false, temperature: 1, text: { format: { type: "text" } }, tool_choice: "auto", tools: [], top_p: 1,
    truncation: "disabled", usage: output.length > 0 ? usage(answer) : null };
}

const status = ({ finish }) => (finish === "length" || finish === "filter" ? "incomplete" : "completed");

export const responses = {
  authorized: (headers) => headers.authorization === "Bearer openai-key",
  error: (status, message) => ({ error: { message, type: KINDS[status] ?? "invalid_request_error", param: null,
    code: status === 429 ? "rate_limit_exceeded" : null } }),

  read(body) {
    request(body, "");
    const all = typeof body.input === "string" ? [{ type: "message", role: "user", content: body.input }] : body.input;
    paired(all);
    require(!("tool_choice" in body) || body.tools, "tool_choice", "without tools");
    const results = [];
    for (const each of all.toReversed()) {
      if (each.type !== "function_call_output") break;
      results.unshift({ id: each.call_id, text: said(each.output), failed: false, images: seen(each.output) });
    }
    const last = all.findLast(({ type }) => type === "message");
    return {
      model: body.model, words: said(last.content), results, instructions: body.instructions,
      tools: body.tool_choice === "none" ? [] : (body.tools ?? []).map(({ name }) => name),
      forced: body.tool_choice === "required" ? body.tools[0].name : body.tool_choice?.name,
      parallel: body.parallel_tool_calls !== false, schema: body.text?.format?.schema,
      thinks: said(last.content).includes("think"), effort: body.reasoning?.effort, told: body.reasoning?.summary,
      encrypted: body.include?.includes("reasoning.encrypted_content"), images: seen(last.content),
    };
  },

  whole: (asked, answer) => body(asked, answer, status(answer), items(asked, answer)),

  *events(asked, answer) {
    let number = 0;
    const event = (type, fields) =>
      `event: ${type}\ndata: ${JSON.stringify({ type, sequence_number: number++, ...fields })}\n\n`;
    yield event("response.created", { response: body(asked, answer, "in_progress", []) });
    yield event("response.in_progress", { response: body(asked, answer, "in_progress", []) });
    const output = items(asked, answer);
    for (const [output_index, item] of output.entries()) {
      const at = { item_id: item.id, output_index };
      if (item.type === "reasoning") {
        yield event("response.output_item.added", { output_index, item: { ...item, summary: [] } });
        for (const [summary_index, part] of item.summary.entries()) {
          yield event("response.reasoning_summary_part.added", { ...at, summary_index, part: { ...part, text: "" } });
          for (const delta of pieces(part.text)) {
            yield event("response.reasoning_summary_text.delta", { ...at, summary_index, delta });
          }
          yield event("response.reasoning_summary_text.done", { ...at, summary_index, text: part.text });
          yield event("response.reasoning_summary_part.done", { ...at, summary_index, part });
        }
      } else if (item.type === "message") {
        const here = { ...at, content_index: 0 };
        const [part] = item.content;
        yield event("response.output_item.added", { output_index, item: { ...item, status: "in_progress", content: [] } });
        yield event("response.content_part.added", { ...here, part: { ...part, text: "" } });
        for (const delta of pieces(part.text)) {
          yield event("response.output_text.delta", { ...here, delta, logprobs: [], obfuscation: "xyz" });
        }
        while (answer.endless) yield event("response.output_text.delta", { ...here, delta: "on and ", logprobs: [] });
        if (answer.breaks) return;
        yield event("response.output_text.done", { ...here, text: part.text, logprobs: [] });
        yield event("response.content_part.done", { ...here, part });
      } else {
        yield event("response.output_item.added", { output_index, item: { ...item, status: "in_progress", arguments: "" } });
        for (const delta of pieces(item.arguments)) yield event("response.function_call_arguments.delta", { ...at, delta });
        yield event("response.function_call_arguments.done", { ...at, name: item.name, arguments: item.arguments });
      }
      yield event("response.output_item.done", { output_index, item });
    }
    yield event(`response.${status(answer)}`, { response: body(asked, answer, status(answer), output) });
  },
};
