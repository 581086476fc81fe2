// What the upstream answers, decided by the last words of the user; written by each dialect in its own form.

const ARGUMENTS = { weather: { city: "Köln", days: 2 }, time: { zone: "Europe/Berlin" } };
export const USAGE = { prompt: 100, cached: 30, written: 20, answer: 12, thoughts: 5 };
const WORDS = { 400: "The upstream does not like this.", 401: "The upstream does not know this key.",
  404: "The upstream has no such model.", 429: "The upstream is asked too often.", 500: "The upstream is broken.",
  529: "The upstream is overloaded." };

// A value that fits a JSON schema.
function sample(schema, name) {
  if (schema.enum) return schema.enum[0];
  switch ([schema.type].flat()[0]) {
    case "object":
      return Object.fromEntries(Object.entries(schema.properties ?? {}).map(([key, inner]) => [key, sample(inner, key)]));
    case "array": return [sample(schema.items ?? { type: "string" }, name)];
    case "integer": case "number": return 21;
    case "boolean": return true;
    default: return `a ${name ?? "text"} ü`;
  }
}

// asked: { words, results: [{ id, text, failed, images }], tools: [names], forced, parallel, schema, thinks, images: [texts] }
export function plan(asked) {
  const failure = /fail (\d{3})/.exec(asked.words);
  const answer = { thoughts: "", text: "", calls: [], finish: "stop", endless: false, breaks: false, usage: USAGE };
  if (failure) return { failure: { status: Number(failure[1]), message: WORDS[failure[1]] ?? "The upstream fails." } };
  if (asked.thinks) answer.thoughts = "Hm, let me think: Köln.";
  if (asked.results.length > 0) {
    answer.text = `Results: ${asked.results.map(({ text, failed, images }) =>
      [failed ? "(failed)" : "", text, ...images].filter(Boolean).join(" ")).join("; ")}`;
  } else if (asked.forced || (asked.tools.length > 0 && asked.words.includes("call"))) {
    const wanted = asked.forced ? [asked.forced] : asked.tools;
    const many = asked.words.includes("both") && asked.parallel;
    if (asked.words.includes("say")) answer.text = "I look it up.";
    answer.calls = wanted.slice(0, many ? 2 : 1).map((name) =>
      ({ name, arguments: JSON.stringify(ARGUMENTS[name] ?? {}) }));
    answer.finish = "calls";
  } else if (asked.schema) {
    answer.text = JSON.stringify(sample(asked.schema));
  } else if (asked.images.length > 0) {
    answer.text = `I see ${asked.images.join(" and ")}.`;
  } else {
    answer.text = `You said: ${asked.words}`;
  }
  if (asked.words.includes("run out")) answer.finish = "length";
  if (asked.words.includes("filtered")) answer.finish = "filter";
  if (asked.words.includes("talk on")) answer.endless = true;
  if (asked.words.includes("break off")) answer.breaks = true;
  return answer;
}

// Pieces of a text, as tokens might be.
export const pieces = (text) => text.match(/.{1,7}/gsu) ?? [];
export const image = (url) => {
  const data = /^data:([^;]+);base64,(.*)$/s.exec(url);
  return data ? `${data[1]} of ${Buffer.from(data[2], "base64").length} bytes` : url;
};
