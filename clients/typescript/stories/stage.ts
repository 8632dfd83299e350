/** What a story needs beside the client: the played world, and a way to wait. */

import assert from "node:assert/strict";

export const BASE = process.env["ALLONOVA_URL"] ?? "http://localhost:8000";
export const PASSWORD = "demo-allonova";
const PATIENCE_MS = 20_000;

export function show(text: string): void {
  console.log(`   ${text}`);
}

export function check(what: string, isTrue: boolean): void {
  assert.ok(isTrue, what);
  show(`✓ ${what}`);
}

/** Ask until there is something. */
export async function eventually<T>(what: string, look: () => Promise<T | undefined> | T | undefined): Promise<T> {
  const deadline = Date.now() + PATIENCE_MS;
  for (;;) {
    const found = await look();
    if (found !== undefined) {
      show(`✓ ${what}`);
      return found;
    }
    if (Date.now() > deadline) throw new Error(`not within ${PATIENCE_MS / 1000} s: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

/** The sandbox is no part of the API that clients are made for: it is called by hand. */
export async function sandbox<T>(path: string, body?: unknown): Promise<T> {
  const answer = await fetch(`${BASE}/sandbox${path}`, {
    method: body === undefined ? "GET" : "POST",
    headers: { "content-type": "application/json" },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  assert.ok(answer.ok, `the sandbox answers ${answer.status} to ${path}`);
  return ((await answer.json()) as { data: T }).data;
}
