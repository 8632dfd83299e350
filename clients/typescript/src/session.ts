/** Who is logged in: an access token for fifteen minutes, and a refresh token that works once. */

/** What all three logins answer with, by whichever names. */
export type Pair = { readonly access: string; readonly refresh: string; readonly expiresAtMs: number };

/** Where a pair outlives the page or the process. `null` is: logged out. */
export interface Keeping {
  read(): Pair | null | Promise<Pair | null>;
  write(pair: Pair | null): void | Promise<void>;
}

type SnakeTokens = { access_token: string; refresh_token: string; expires_in: number };
type CamelTokens = { accessToken: string; refreshToken: string; expiresIn: number };
type Send = (request: Request) => Promise<Response>;

/** The three doors, each with its own tokens, refresh and tickets. */
export const DOORS = {
  allocar: { refresh: "/api/v1/auth/token/refresh", field: "refresh_token", tickets: "/api/v1/ws/tickets" },
  nova: { refresh: "/auth/refresh", field: "refreshToken", tickets: "/api/ws/tickets" },
  backOffice: { refresh: "/api/v1/admin/token/refresh", field: "refresh_token", tickets: null },
} as const;

export type Door = keyof typeof DOORS;

const EARLY_MS = 30_000;
const INSISTING_MS = 8_000; // after ten seconds the same token would be taken for stolen
const PAUSE_MS = 500;
const OUT = 401;

/** A pair from the `data` of a login. */
export function pairOf(tokens: SnakeTokens | CamelTokens, nowMs = Date.now()): Pair {
  const [access, refresh, lifeS] =
    "access_token" in tokens
      ? [tokens.access_token, tokens.refresh_token, tokens.expires_in]
      : [tokens.accessToken, tokens.refreshToken, tokens.expiresIn];
  return { access, refresh, expiresAtMs: nowMs + lifeS * 1000 };
}

/** For a page that forgets. */
export function inMemory(): Keeping {
  let kept: Pair | null = null;
  return {
    read: () => kept,
    write: (pair) => {
      kept = pair;
    },
  };
}

/**
 * Renews its pair before it ends, one renewal at a time: a refresh token that is shown a second time after ten seconds
 * is taken for stolen, and ends the session. Pages that share a `Keeping` (tabs) share the turn as well, by the
 * browser's locks.
 */
export class Session {
  readonly door: Door;
  readonly baseUrl: string;
  readonly #keeping: Keeping;
  readonly #send: Send;
  #renewal: Promise<Pair | null> | null = null;

  constructor(options: { door: Door; baseUrl: string; keeping?: Keeping; fetch?: Send }) {
    this.door = options.door;
    this.baseUrl = options.baseUrl.replace(/\/$/, "");
    this.#keeping = options.keeping ?? inMemory();
    this.#send = options.fetch ?? ((request) => fetch(request));
  }

  /** Take in what a login answered. */
  async open(tokens: SnakeTokens | CamelTokens): Promise<void> {
    await this.#keeping.write(pairOf(tokens));
  }

  /** Forget it here; `POST …/logout` ends it at the service. */
  async close(): Promise<void> {
    await this.#keeping.write(null);
  }

  /** The access token to send now, or `null` when nobody is logged in. */
  async access(): Promise<string | null> {
    const pair = await this.#keeping.read();
    if (pair === null || pair.expiresAtMs - Date.now() > EARLY_MS) return pair?.access ?? null;
    return (await this.renew(pair.access))?.access ?? null;
  }

  /** The next pair after the one whose access token is `spent`; whoever asks meanwhile waits for the same. */
  renew(spent: string): Promise<Pair | null> {
    this.#renewal ??= this.#inTurn(() => this.#exchange(spent)).finally(() => {
      this.#renewal = null;
    });
    return this.#renewal;
  }

  async #inTurn(exchange: () => Promise<Pair | null>): Promise<Pair | null> {
    const locks = globalThis.navigator?.locks;
    return locks === undefined ? exchange() : locks.request(`allonova:${this.door}`, exchange);
  }

  async #exchange(spent: string): Promise<Pair | null> {
    const pair = await this.#keeping.read();
    if (pair === null || pair.access !== spent) return pair; // another tab has done it
    const { refresh, field } = DOORS[this.door];
    const answer = await this.#insist(
      new Request(this.baseUrl + refresh, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify({ [field]: pair.refresh }),
      }),
    );
    if (answer.status === OUT) {
      await this.#keeping.write(null);
      return null;
    }
    if (!answer.ok) throw new Error(`the session could not be renewed now (${answer.status})`); // the pair is kept
    const next = pairOf(((await answer.json()) as { data: SnakeTokens | CamelTokens }).data);
    await this.#keeping.write(next);
    return next;
  }
  /** The network may have swallowed the answer: then the same token gets the very same pair again. */
  async #insist(request: Request): Promise<Response> {
    const deadline = Date.now() + INSISTING_MS;
    for (;;) {
      try {
        return await this.#send(request.clone());
      } catch (failure) {
        if (Date.now() + PAUSE_MS > deadline) throw failure;
        await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
      }
    }
  }
}
