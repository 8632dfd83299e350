/** NOVA: a dispatcher's commande shows on her board's socket, also after a dead network. */

import { createApi, dataOf, follow, newKey, Session, type Api, type FrameOf, type Schemas } from "../src/index.js";
import { BASE, check, eventually, PASSWORD, sandbox, show } from "./stage.js";

const DISPATCHER = "admin@nova.demo.test";

type Frame = FrameOf<"planning">;

export async function course(): Promise<void> {
  console.log("NOVA, by the TypeScript client");
  const session = new Session({ door: "nova", baseUrl: BASE });
  const api = createApi(BASE, session);
  await session.open(await dataOf(api.POST("/auth/login", { body: { email: DISPATCHER, password: PASSWORD } })));
  const heard: Frame[] = [];
  let openings = 0;
  const board = follow(session, "planning", {}, { frame: (frame) => heard.push(frame), open: () => (openings += 1) });
  try {
    await eventually("the board is connected", () => openings || undefined);
    const commande = await create(api);
    await eventually("it comes on the socket", () => heard.find((frame) => isNew(frame, commande)));
    board.interrupt();
    const changed = await dataOf(
      api.PATCH("/api/commandes/{id}", {
        params: { path: { id: commande.id } },
        body: { commentaire: "Sortie 14 B" },
      }),
    );
    if (!("commentaire" in changed)) throw new Error("the answer is no card");
    await eventually("the board comes back by itself", () => (openings > 1 ? openings : undefined));
    await eventually("and has missed nothing", () => heard.find((frame) => isChanged(frame, changed)));
    const ids = heard.flatMap((frame) => (frame.id === null ? [] : [frame.id]));
    check("each frame came once, in order", ids.every((id, at) => at === 0 || id > (ids[at - 1] ?? id)));
  } finally {
    board.close();
  }
}

async function create(api: Api): Promise<Schemas["CommandeView"]> {
  const { now } = await sandbox<{ now: string }>("/clock");
  const clients = await dataOf(api.GET("/api/clients", { params: { query: { page_size: 1 } } }));
  const client = clients[0];
  if (client === undefined) throw new Error("the demo company has no client");
  const commande = await dataOf(
    api.POST("/api/commandes", {
      params: { header: { "idempotency-key": newKey() } },
      body: {
        clientId: client.id,
        priseEnCharge: "200 boulevard Raspail, Paris",
        priseEnChargePoint: { lat: 48.8422, lon: 2.3296 },
        destination: "Aéroport d'Orly, terminal 3",
        destinationPoint: { lat: 48.7262, lon: 2.3652 },
        dateISO: new Date(Date.parse(now) + 26 * 3_600_000).toISOString(),
        passagers: 2,
      },
    }),
  );
  show(`${commande.reference} for ${client.nom} is ${commande.statut}`);
  return commande;
}

function isNew(frame: Frame, commande: Schemas["CommandeView"]): boolean {
  return frame.type === "commande.created" && frame.data.commande.id === commande.id;
}

function isChanged(frame: Frame, commande: Schemas["CommandeView"]): boolean {
  return frame.type === "commande.updated" && frame.data.commande.commentaire === commande.commentaire;
}
