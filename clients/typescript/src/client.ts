/** Typed calls: paths, parameters, bodies and answers are those of the OpenAPI. */

import createFetchClient, { type Client } from "openapi-fetch";

import type { components, paths } from "./schema.js";
import type { Session } from "./session.js";

export type Api = Client<paths>;
export type Schemas = components["schemas"];

const TRIES = 3;
const PAUSE_MS = 500;
const SAFE = ["GET", "HEAD"];
const OUT = 401;

/** A refusal, with the service's stable code. */
export class Refused extends Error {
  override readonly name = "Refused";
  readonly status: number;
  readonly code: string;
  readonly details: Readonly<Record<string, unknown>>;
  readonly requestId: string | null;

  constructor(response: Response, body: unknown) {
    const { error, meta } = (body ?? {}) as Partial<Schemas["ErrorEnvelope"]>;
    super(error?.message ?? `HTTP ${response.status}`);
    this.status = response.status;
    this.code = error?.code ?? "no_envelope";
    this.details = error?.details ?? {};
    this.requestId = meta?.request_id ?? response.headers.get("x-request-id");
  }
}

/** The client of a session, or of a guest. */
export function createApi(baseUrl: string, session?: Session): Api {
  return createFetchClient<paths>({
    baseUrl: baseUrl.replace(/\/$/, ""),
    fetch: (request) => (session === undefined ? persistent(request) : asSomebody(request, session)),
  });
}

/** `data` of an answer. Throws Refused. */
export async function dataOf<T>(
  call: Promise<{ data?: { data: T }; error?: unknown; response: Response }>,
): Promise<T> {
  const { data, error, response } = await call;
  if (data === undefined) throw new Refused(response, error);
  return data.data;
}

/** A key for one wish: the same for its repetitions, another for the next wish. */
export function newKey(): string {
  return crypto.randomUUID();
}

/** With the session's token; one that was refused is renewed, once. */
async function asSomebody(request: Request, session: Session): Promise<Response> {
  const access = await session.access();
  if (access === null) return persistent(request);
  const again = request.clone();
  const answer = await persistent(bearing(request, access));
  if (answer.status !== OUT) return answer;
  const next = await session.renew(access);
  return next === null ? answer : persistent(bearing(again, next.access));
}

function bearing(request: Request, access: string): Request {
  request.headers.set("authorization", `Bearer ${access}`);
  return request;
}

/** Whoever reads, or says by a key that it is the same wish, may ask again when the network swallowed the answer. */
async function persistent(request: Request): Promise<Response> {
  const isRepeatable = SAFE.includes(request.method) || request.headers.has("idempotency-key");
  for (let left = isRepeatable ? TRIES : 1; ; left -= 1) {
    try {
      return await fetch(left > 1 ? request.clone() : request);
    } catch (failure) {
      if (left <= 1 || request.signal.aborted) throw failure;
      await new Promise((resolve) => setTimeout(resolve, PAUSE_MS * 2 ** (TRIES - left)));
    }
  }
}
