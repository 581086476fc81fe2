// The official OpenAI client for Node against model `local` of a running server, which has a GGUF:
// log probabilities, biases, penalties, priorities, prefixes that are reused. Started by tools/clients/run.
// One line a check: `ok NAME` or `FAIL NAME: reason`.
import { check, finish, load, need } from "./check.mjs";

const [{ default: OpenAI }] = await load("local", "openai", "openai");
const client = new OpenAI({ baseURL: `${process.env.CLIENTS_URL}/v1`, apiKey: "none", maxRetries: 0, timeout: 60_000 });
const ask = (more = {}) => ({
  model: "local", messages: [{ role: "user", content: "Once upon a time" }], temperature: 0, max_tokens: 24, ...more,
});
const create = (more) => client.chat.completions.create(ask(more));
const tokensOf = (answer) => answer.choices[0].logprobs?.content ?? [];
const textOf = (tokens) => Buffer.concat(tokens.map(({ bytes }) => Buffer.from(bytes ?? []))).toString("utf8");

await check("log probabilities spell the answer, the chosen token likeliest when greedy", async () => {
  const answer = await create({ logprobs: true, top_logprobs: 5 });
  const tokens = tokensOf(answer);
  need(tokens.length > 0 && tokens.length <= answer.usage.completion_tokens, answer);
  need(textOf(tokens) === answer.choices[0].message.content, [textOf(tokens), answer.choices[0].message]);
  for (const token of tokens) {
    const top = token.top_logprobs;
    need(token.logprob <= 0 && token.logprob >= -9999, token);
    need(top.length === 5 && top.every((one, i) => i === 0 || one.logprob <= top[i - 1].logprob), token);
    need(top[0].token === token.token && top[0].logprob === token.logprob, token);
    need(top.reduce((sum, { logprob }) => sum + Math.exp(logprob), 0) <= 1.001, token);
  }
});

await check("without alternatives there are none, and nothing unless asked", async () => {
  const tokens = tokensOf(await create({ logprobs: true }));
  need(tokens.length > 0 && tokens.every(({ top_logprobs: top }) => top.length === 0), tokens);
  need((await create()).choices[0].logprobs === null, "log probabilities nobody asked for");
});

await check("a stream has the log probabilities of the whole answer", async () => {
  const whole = await create({ logprobs: true, top_logprobs: 2 });
  const streamed = await client.chat.completions
    .stream(ask({ logprobs: true, top_logprobs: 2 })).finalChatCompletion();
  need(streamed.choices[0].message.content === whole.choices[0].message.content, streamed.choices[0]);
  const words = (answer) => tokensOf(answer).map(({ token }) => token);
  need(words(whole).length > 0, whole);
  need(JSON.stringify(words(streamed)) === JSON.stringify(words(whole)), [words(streamed), words(whole)]);
});

await check("a bias of 100 chooses its token, one of -100 bans it", async () => {
  const chosen = async (id, bias) =>
    tokensOf(await create({ logit_bias: { [id]: bias }, logprobs: true, max_tokens: 6 })).map(({ token }) => token);
  const [first, second] = [await chosen(300, 100), await chosen(301, 100)];
  need(first.length === 6 && new Set(first).size === 1, first);
  need(new Set(second).size === 1 && second[0] !== first[0], [first, second]);
  need(!(await chosen(300, -100)).includes(first[0]), first);
});

await check("penalties change what a greedy model repeats", async () => {
  const text = async (more) => (await create({ max_tokens: 80, ...more })).choices[0].message.content;
  const plain = await text({});
  for (const more of [{ frequency_penalty: 2 }, { presence_penalty: 2 }, { repeat_penalty: 2 }]) {
    need((await text(more)) !== plain, more);
  }
});

await check("a prefix that was seen is told in cached_tokens and changes nothing", async () => {
  const messages = [{ role: "user", content: "The little dog ran to the big red barn. ".repeat(6) + process.pid }];
  const asked = { messages, logprobs: true, top_logprobs: 2 };
  const [first, second] = [await create(asked), await create(asked)];
  const details = second.usage.prompt_tokens_details;
  need(details.cached_tokens > 0 && details.cached_tokens < second.usage.prompt_tokens, second.usage);
  const parted = tokensOf(first).findIndex(({ token }, i) => token !== tokensOf(second)[i]?.token);
  if (parted >= 0) { // other batches round otherwise: equally likely tokens may change places
    const [one, other] = [first, second].map((answer) => tokensOf(answer)[parted]);
    need([one, other].every((it) => it && it.top_logprobs[0].logprob - it.top_logprobs[1].logprob < 0.02), [one, other]);
    need(one.top_logprobs.some(({ token }) => token === other.token), [one, other]);
  } else {
    need(second.choices[0].message.content === first.choices[0].message.content, [first, second]);
  }
});

await check("a warmed prompt is what a later chat need not read, until it is released", async () => {
  const warm = async (method, path, body) => {
    const answer = await fetch(`${process.env.CLIENTS_URL}/llm/warm${path}`, {
      method, headers: { "content-type": "application/json" }, body: body && JSON.stringify(body),
    });
    return { status: answer.status, ...(answer.status === 204 ? {} : await answer.json()) };
  };
  const first = { role: "user", content: "A cat sat on a big mat and saw the sun. ".repeat(5) + process.pid };
  const made = await warm("POST", "", { model: "local", messages: [first], ttl_seconds: 60 });
  need(made.status === 200 && made.prompt_tokens > 30 && made.cached_tokens < 10, made);
  const left = Date.parse(made.expires_at) - Date.now();
  need(left > 0 && left <= 60_000, made);
  const { prefixes } = await warm("GET", "");
  need(prefixes.some(({ id }) => id === made.id), prefixes);
  const { usage } = await create({ messages: [first, { role: "user", content: "Then it ran home." }] });
  const cached = usage.prompt_tokens_details.cached_tokens;
  need(cached >= made.prompt_tokens - 3 && cached <= made.prompt_tokens, [made, usage]);
  need((await warm("DELETE", `/${made.id}`)).status === 204, made);
  const gone = await warm("DELETE", `/${made.id}`);
  need(gone.status === 404 && gone.error.code === "not_found", gone);
});

await check("background requests are answered as others are", async () => {
  const plain = (await create()).choices[0].message.content;
  for (const more of [{ priority: "background" }, { service_tier: "flex" }]) {
    need((await create(more)).choices[0].message.content === plain, more);
  }
});

await check("more alternatives than there are is BadRequestError and names it", async () => {
  const error = await create({ logprobs: true, top_logprobs: 21 }).then(() => null, (thrown) => thrown);
  need(error instanceof OpenAI.BadRequestError && error.param === "top_logprobs", error);
});

finish();
