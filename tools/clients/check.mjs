// What the checks of the Node clients share. One line a check: `ok NAME` or `FAIL NAME: reason`.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";

// The packages of a folder beside this file, or the end of this process with a line that says why.
export async function load(part, folder, ...names) {
  const { resolve } = createRequire(new URL(`./${folder}/package.json`, import.meta.url));
  let found;
  try {
    found = names.map((name) => pathToFileURL(resolve(name)));
  } catch (problem) {
    console.log(`skip ${part}: ${problem.message.split("\n")[0]}; npm ci in tools/clients/${folder} needs a network`);
    process.exit(0);
  }
  return Promise.all(found.map((file) => import(file)));
}

export const need = (holds, found) => {
  if (!holds) throw new Error(`found ${JSON.stringify(found)}`);
};

export async function thrown(run) {
  try {
    await run();
  } catch (error) {
    return error;
  }
  throw new Error("nothing was thrown");
}

// Waits until the server's log says that the client of the request that is marked so has gone.
export async function gone(mark) {
  const until = Date.now() + 5000;
  const noticed = () => readFileSync(process.env.CLIENTS_SERVER_LOG, "utf8").split("\n")
    .some((line) => line.includes(mark) && line.includes("client_gone"));
  while (!noticed()) {
    if (Date.now() > until) throw new Error(`no line of the log says client_gone for ${mark}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

// A fetch whose first connection breaks when the server has the request; the client's own retry has the same key.
export function breaking() {
  const outcomes = [];
  const once = async (url, init) => {
    const answer = await fetch(url, init);
    outcomes.push(answer.headers.get("x-llm-idempotency"));
    if (outcomes.length > 1) return answer;
    await answer.body.cancel();
    throw new TypeError("the connection broke");
  };
  return { outcomes, fetch: once };
}

let failed = 0;

export async function check(name, run) {
  try {
    await run();
    console.log(`ok ${name}`);
  } catch (problem) {
    failed++;
    console.log(`FAIL ${name}: ${String(problem?.message ?? problem).replaceAll("\n", " ")}`);
  }
}
export const finish = () => process.exit(failed === 0 ? 0 : 1);
