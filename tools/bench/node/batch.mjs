// The Node peer of tools/bench/local: one context of several sequences, batched by node-llama-cpp.
// Usage: node batch.mjs MODEL STREAMS TOKENS THREADS CONTEXT_TOKENS BATCH_TOKENS
// Each line of standard input is a round: STREAMS answers at once, the likeliest token each time;
// figures come back as a line of JSON. Tokens are not made text here, as our side does.
import {createInterface} from "node:readline";
import {getLlama} from "node-llama-cpp";

const [modelPath, ...numbers] = process.argv.slice(2);
const [streams, tokens, threads, contextSize, batchSize] = numbers.map(Number);
const llama = await getLlama({
  gpu: false, build: "never", maxThreads: threads, progressLogs: false, logLevel: "error",
});
const model = await llama.loadModel({modelPath, gpuLayers: 0});
const context = await model.createContext({
  contextSize, batchSize, sequences: streams, threads: {ideal: threads, min: threads},
});
const sequences = Array.from({length: streams}, () => context.getSequence());

async function answer(sequence, prompt) {
  const input = [model.tokens.bos, ...model.tokenize(prompt, false, "trimLeadingSpace")];
  let count = 0;
  for await (const _ of sequence.evaluate(input, {temperature: 0, yieldEogTokens: true})) {
    if (++count === tokens) break;
  }
  return count;
}

console.log(JSON.stringify({
  ready: true, release: llama.llamaCppRelease?.release ?? "", threads: context.currentThreads,
}));
for await (const line of createInterface({input: process.stdin})) {
  for (const sequence of sequences) await sequence.clearHistory();
  const start = performance.now();
  const counts = await Promise.all(sequences.map((s, i) => answer(s, `${i} ${line}`)));
  const ms = performance.now() - start;
  const sum = counts.reduce((a, b) => a + b, 0);
  console.log(JSON.stringify({
    event: "round", streams, tokens: sum, ms, tokens_per_second: sum / (ms / 1000),
  }));
}
process.exit(0);
