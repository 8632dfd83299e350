/** AlloCar: she books two seats, pays by Wave and rides; her session renews itself on the way. */

import { createApi, dataOf, inMemory, newKey, Refused, Session, type Api, type Pair, type Schemas } from "../src/index.js";
import { BASE, check, eventually, PASSWORD, sandbox, show } from "./stage.js";

const DRIVER = "+2250700000001";
const PASSENGER = "+2250700000002";
const ABIDJAN = { lat: 5.3575, lon: -4.0083, text: "Abidjan, Plateau" };
const YAMOUSSOUKRO = { lat: 6.819, lon: -5.276, text: "Yamoussoukro" };

type Person = { api: Api; session: Session; kept: ReturnType<typeof inMemory>; refreshes: () => number };

async function logIn(phone: string): Promise<Person> {
  let refreshes = 0;
  const kept = inMemory();
  const send = async (request: Request): Promise<Response> => {
    const answer = await fetch(request);
    refreshes += 1;
    if (refreshes === 1) throw new TypeError("the network swallows the first answer");
    return answer;
  };
  const session = new Session({ door: "allocar", baseUrl: BASE, keeping: kept, fetch: send });
  const api = createApi(BASE, session);
  await session.open(await dataOf(api.POST("/api/v1/auth/login", { body: { identifier: phone, password: PASSWORD } })));
  return { api, session, kept, refreshes: () => refreshes };
}

export async function ride(): Promise<void> {
  console.log("AlloCar, by the TypeScript client");
  const [driver, passenger] = [await logIn(DRIVER), await logIn(PASSENGER)];
  const trip = await publish(driver.api);
  const booking = await book(passenger.api, driver.api, trip);
  await renew(passenger);
  const code = await pay(passenger.api, booking);
  await arrive(driver.api, booking, code);
}

async function publish(driver: Api): Promise<Schemas["TripView"]> {
  const { now } = await sandbox<{ now: string }>("/clock");
  const departure = new Date(Date.parse(now) + 100 * 60_000).toISOString();
  const draft = await dataOf(
    driver.POST("/api/v1/trips", {
      body: {
        origin: ABIDJAN,
        destination: YAMOUSSOUKRO,
        departure_time: departure,
        price_per_seat: 6000,
        seats_available: 3,
      },
    }),
  );
  const trip = await dataOf(driver.POST("/api/v1/trips/{id}/publish", { params: { path: { id: draft.id } } }));
  show(`a trip of ${trip.distance_km} km at ${trip.price_per_seat} F a seat is ${trip.status}`);
  return trip;
}

async function book(passenger: Api, driver: Api, trip: Schemas["TripView"]): Promise<Schemas["BookingView"]> {
  const ask = { params: { header: { "idempotency-key": newKey() } }, body: { trip_id: trip.id, seats: 2 } };
  const asked = await dataOf(passenger.POST("/api/v1/bookings", ask));
  const again = await dataOf(passenger.POST("/api/v1/bookings", ask));
  check("the same key makes one booking", again.id === asked.id);
  const path = { params: { path: { id: asked.id } } };
  const refusal = await dataOf(passenger.POST("/api/v1/bookings/{id}/accept", path)).catch((error: unknown) => error);
  check("she cannot accept it herself", refusal instanceof Refused && refusal.status >= 400);
  return dataOf(driver.POST("/api/v1/bookings/{id}/accept", path));
}

/** Her access token is worn out, three screens load at once, and the network is bad. */
async function renew({ api, kept, refreshes }: Person): Promise<void> {
  const pair = (await kept.read()) as Pair;
  await kept.write({ ...pair, access: `${pair.access}x` });
  const screens = await Promise.all([1, 2, 3].map(() => dataOf(api.GET("/api/v1/me"))));
  check("three screens load with a new token", screens.every((me) => me.phone === PASSENGER));
  check("which was asked for once, and again as the answer was lost", refreshes() === 2);
}

/** Her code for the driver. */
async function pay(passenger: Api, booking: Schemas["BookingView"]): Promise<string> {
  const started = await dataOf(
    passenger.POST("/api/v1/payments/init", {
      params: { header: { "idempotency-key": newKey() } },
      body: { booking_id: booking.id, method: "wave" },
    }),
  );
  if (started.intent.kind !== "redirect") throw new Error(`Wave wants ${started.intent.kind}`);
  show(`${started.payment.amount} F at ${new URL(started.intent.url).host}`);
  await sandbox(`/checkout/${started.payment.provider_ref}`, { outcome: "paid" });
  return eventually("the booking is paid, and has a code", async () => {
    const now = await dataOf(passenger.GET("/api/v1/bookings/{id}", { params: { path: { id: booking.id } } }));
    return now.status === "paid" ? (now.checkin_code ?? undefined) : undefined;
  });
}

async function arrive(driver: Api, booking: Schemas["BookingView"], code: string): Promise<void> {
  const params = { path: { id: booking.id } };
  await dataOf(driver.POST("/api/v1/bookings/{id}/checkin", { params, body: { code } }));
  await dataOf(driver.POST("/api/v1/bookings/{id}/start-ride", { params }));
  const done = await dataOf(driver.POST("/api/v1/bookings/{id}/end-ride", { params }));
  check("they arrive", done.status === "completed");
}
