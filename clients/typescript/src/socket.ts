/** A channel that comes back by itself and misses nothing. */

import type { components } from "./frames.js";
import { DOORS, type Session } from "./session.js";

export type Channels = components["schemas"]["Channels"];
export type Said = components["schemas"]["Said"];
export type ChannelName = keyof Channels;
export type FrameOf<C extends ChannelName> = Channels[C];
export type SaidOn<C extends ChannelName> = C extends keyof Said ? Said[C] : never;

/** Where each channel is; what stands in braces comes from `params`. */
const ADDRESSES: Record<ChannelName, string> = {
  bookings: "/ws/bookings/{id}",
  tripsDriverLocation: "/ws/trips/{id}/driver-location",
  publicRides: "/ws/public/rides/{token}",
  notifications: "/ws/notifications",
  demandes: "/ws/demandes/{chauffeurId}",
  planning: "/ws/planning",
};

/** Codes after which there is no coming back: not yours, gone, and what the client did wrong. */
const FINAL = [4403, 4404, 1003, 1008, 1009];
const NO_ACCESS = 4401;
const LONGEST_MS = 30_000;

export interface Listener<C extends ChannelName> {
  /** Each frame once, in order. */
  frame(frame: FrameOf<C>): void;
  /** What was missed is not known any more: read the objects over HTTP. Frames go on. */
  resync?(): void;
  /** Connected: the first time, and each time after a loss. Who may not enter is told by `end`, right after it. */
  open?(): void;
  /** It will not come back. */
  end?(code: number): void;
}

/** A channel that is being followed. */
export class Line<C extends ChannelName> {
  readonly #path: string;
  readonly #baseUrl: string;
  readonly #session: Session | null;
  readonly #listener: Listener<C>;
  #socket: WebSocket | null = null;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #lastId: number | null = null;
  #failures = 0;
  #refusals = 0;
  #isOver = false;

  constructor(baseUrl: string, path: string, session: Session | null, listener: Listener<C>) {
    this.#baseUrl = baseUrl.replace(/^http/, "ws").replace(/\/$/, "");
    this.#path = path;
    this.#session = session;
    this.#listener = listener;
    void this.#connect();
  }

  /** Say something; false when the line is down just now. */
  say(said: SaidOn<C>): boolean {
    if (this.#socket?.readyState !== WebSocket.OPEN) return false;
    this.#socket.send(JSON.stringify(said));
    return true;
  }

  /** Leave. */
  close(): void {
    this.#isOver = true;
    clearTimeout(this.#timer);
    this.#socket?.close();
  }

  /** Drop the connection without leaving, as a dead network would. */
  interrupt(): void {
    this.#socket?.close();
  }

  async #connect(): Promise<void> {
    const asked = new URLSearchParams();
    try {
      if (this.#session !== null) asked.set("ticket", await this.#ticket(this.#session));
    } catch (failure) {
      if (failure instanceof LoggedOut) this.#end(NO_ACCESS);
      else this.#later();
      return;
    }
    if (this.#isOver) return;
    if (this.#lastId !== null) asked.set("last_event_id", String(this.#lastId));
    const socket = new WebSocket(`${this.#baseUrl}${this.#path}?${asked}`);
    socket.onopen = () => this.#listener.open?.();
    socket.onmessage = (event) => this.#hear(String(event.data));
    socket.onclose = (event) => this.#lost(event.code);
    this.#socket = socket;
  }

  /** Good once, for 30 seconds: each connection takes a new one, and no lasting token stands in a URL. */
  async #ticket(session: Session): Promise<string> {
    const path = DOORS[session.door].tickets;
    const access = await session.access();
    if (path === null || access === null) throw new LoggedOut();
    const answer = await fetch(session.baseUrl + path, {
      method: "POST",
      headers: { authorization: `Bearer ${access}` },
    });
    if (answer.status === 401) throw new LoggedOut();
    if (!answer.ok) throw new Error(`no ticket (${answer.status})`);
    return ((await answer.json()) as { data: { ticket: string } }).data.ticket;
  }

  #hear(text: string): void {
    this.#failures = this.#refusals = 0;
    const frame = JSON.parse(text) as FrameOf<C>;
    if (frame.id !== null) this.#lastId = frame.id;
    if (frame.type === "resync") this.#listener.resync?.();
    else this.#listener.frame(frame);
  }

  #lost(code: number): void {
    this.#socket = null;
    if (this.#isOver) return;
    this.#refusals += code === NO_ACCESS ? 1 : 0; // the first may be a ticket that came too late
    if (FINAL.includes(code) || this.#refusals > 1) this.#end(code);
    else this.#later();
  }

  /** A thousand screens that lost the same server must not come back in one moment. */
  #later(): void {
    const longest = Math.min(LONGEST_MS, 500 * 2 ** this.#failures);
    this.#failures += 1;
    this.#timer = setTimeout(() => void this.#connect(), longest * (0.5 + Math.random() / 2));
  }

  #end(code: number): void {
    this.#isOver = true;
    this.#listener.end?.(code);
  }
}

class LoggedOut extends Error {}

/** Follow a channel: `follow(session, "planning", {}, { frame: … })`. */
export function follow<C extends ChannelName>(
  session: Session,
  channel: C,
  params: Readonly<Record<string, string>>,
  listener: Listener<C>,
): Line<C> {
  return new Line<C>(session.baseUrl, pathOf(channel, params), session, listener);
}

/** Follow a ride whose link one was given: no login. */
export function followRide(baseUrl: string, token: string, listener: Listener<"publicRides">): Line<"publicRides"> {
  return new Line(baseUrl, pathOf("publicRides", { token }), null, listener);
}

function pathOf(channel: ChannelName, params: Readonly<Record<string, string>>): string {
  return ADDRESSES[channel].replace(/\{(\w+)\}/g, (_, name: string) => {
    const value = params[name];
    if (value === undefined) throw new TypeError(`${channel} needs ${name}`);
    return encodeURIComponent(value);
  });
}
