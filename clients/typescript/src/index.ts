export { createApi, dataOf, newKey, Refused, type Api, type Schemas } from "./client.js";
export { inMemory, pairOf, Session, type Door, type Keeping, type Pair } from "./session.js";
export { follow, followRide, Line, type ChannelName, type FrameOf, type Listener, type SaidOn } from "./socket.js";
export type { paths } from "./schema.js";
