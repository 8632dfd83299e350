-- NOVA: companies, staff, fleet, clients, orders and offers. Every row names its company.

CREATE EXTENSION IF NOT EXISTS pg_trgm WITH SCHEMA public;

CREATE SCHEMA dispatch;

-- What a search finds a text by: each word from each of its letters on while three are left (words end at punctuation
-- here), and the first two letters behind a space, all behind eight digits of the company. So an index says for certain who has a piece of a word, and
-- nobody's row need be read to know it. Its price keeps the planner from working it out for a row.
CREATE FUNCTION dispatch.termes(societe uuid, recherche text) RETURNS tsvector
    LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE STRICT COST 1000000 AS $$
DECLARE
    points CONSTANT text := '!"#$%&''()*+,-./:;<=>?@[\]^_`{|}~';
    own text := left(societe::text, 8);
    found text[] := '{}';
    mot text;
BEGIN
    FOREACH mot IN ARRAY string_to_array(recherche, ' ') LOOP
        IF mot <> '' THEN
            found := found || (own || ' ' || left(mot, 2));
        END IF;
    END LOOP;
    FOREACH mot IN ARRAY string_to_array(translate(recherche, points, repeat(' ', length(points))), ' ') LOOP
        FOR n IN 1 .. length(mot) - 2 LOOP
            found := found || (own || substr(mot, n, 64));
        END LOOP;
    END LOOP;
    RETURN array_to_tsvector(found);
END
$$;

CREATE TABLE dispatch.societes (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    nom text NOT NULL,
    slug text NOT NULL,
    siret text,
    adresse text NOT NULL,
    telephone text NOT NULL,
    email text NOT NULL,
    pays text NOT NULL,
    fuseau text NOT NULL,
    sla_minutes integer DEFAULT 120 NOT NULL,
    dispatch_auto boolean DEFAULT false NOT NULL,
    demande_secondes integer DEFAULT 180 NOT NULL,
    version_obligatoire boolean DEFAULT false NOT NULL,
    version integer DEFAULT 1 NOT NULL,
    created_at timestamptz DEFAULT now() NOT NULL,
    updated_at timestamptz DEFAULT now() NOT NULL,
    CONSTRAINT pk_societes PRIMARY KEY (id),
    CONSTRAINT uq_societes_slug UNIQUE (slug),
    CONSTRAINT ck_societes_sla_minutes CHECK (sla_minutes BETWEEN 1 AND 10080),
    CONSTRAINT ck_societes_demande_secondes CHECK (demande_secondes BETWEEN 30 AND 600)
);

CREATE TABLE dispatch.clients (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    societe_id uuid NOT NULL,
    type text NOT NULL,
    nom text NOT NULL,
    contact_email text,
    contact_phone text,
    adresse text,
    active boolean DEFAULT true NOT NULL,
    recherche text NOT NULL,
    version integer DEFAULT 1 NOT NULL,
    created_at timestamptz DEFAULT now() NOT NULL,
    updated_at timestamptz DEFAULT now() NOT NULL,
    CONSTRAINT pk_clients PRIMARY KEY (id),
    CONSTRAINT uq_clients_id_type UNIQUE (id, type),
    CONSTRAINT ck_clients_type CHECK (type IN ('particulier', 'entreprise', 'hotel', 'hopital')),
    CONSTRAINT fk_clients_societe_id FOREIGN KEY (societe_id) REFERENCES dispatch.societes (id)
);
CREATE INDEX ix_clients_contact_email ON dispatch.clients (societe_id, lower(contact_email)) WHERE contact_email IS NOT NULL;
CREATE INDEX ix_clients_nom ON dispatch.clients (societe_id, left(recherche, 64), id);
CREATE INDEX ix_clients_recherche ON dispatch.clients USING gin (recherche gin_trgm_ops);
CREATE INDEX ix_clients_societe_id_created_at ON dispatch.clients (societe_id, created_at);

CREATE TABLE dispatch.compteurs (
    societe_id uuid NOT NULL,
    annee integer NOT NULL,
    dernier integer NOT NULL,
    CONSTRAINT pk_compteurs PRIMARY KEY (societe_id, annee),
    CONSTRAINT fk_compteurs_societe_id FOREIGN KEY (societe_id) REFERENCES dispatch.societes (id)
);

CREATE TABLE dispatch.taxis (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    societe_id uuid NOT NULL,
    numero text NOT NULL,
    plaque text NOT NULL,
    vignette text NOT NULL,
    statut text DEFAULT 'disponible' NOT NULL,
    active boolean DEFAULT true NOT NULL,
    recherche text NOT NULL,
    version integer DEFAULT 1 NOT NULL,
    created_at timestamptz DEFAULT now() NOT NULL,
    updated_at timestamptz DEFAULT now() NOT NULL,
    CONSTRAINT pk_taxis PRIMARY KEY (id),
    CONSTRAINT ck_taxis_statut CHECK (statut IN ('disponible', 'en-course', 'hors-service')),
    CONSTRAINT fk_taxis_societe_id FOREIGN KEY (societe_id) REFERENCES dispatch.societes (id)
);
CREATE UNIQUE INDEX uq_taxis_societe_id_numero ON dispatch.taxis (societe_id, numero) WHERE active;
CREATE UNIQUE INDEX uq_taxis_societe_id_plaque ON dispatch.taxis (societe_id, plaque) WHERE active;

CREATE TABLE dispatch.users (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    societe_id uuid NOT NULL,
    email text NOT NULL,
    password_hash text,
    role text NOT NULL,
    name text NOT NULL,
    phone text,
    taxi_id uuid,
    active boolean DEFAULT true NOT NULL,
    email_confirmed_at timestamptz,
    last_login timestamptz,
    recherche text NOT NULL,
    version integer DEFAULT 1 NOT NULL,
    created_at timestamptz DEFAULT now() NOT NULL,
    updated_at timestamptz DEFAULT now() NOT NULL,
    CONSTRAINT pk_users PRIMARY KEY (id),
    CONSTRAINT ck_users_role CHECK (role IN ('admin', 'chauffeur')),
    CONSTRAINT fk_users_societe_id FOREIGN KEY (societe_id) REFERENCES dispatch.societes (id),
    CONSTRAINT fk_users_taxi_id FOREIGN KEY (taxi_id) REFERENCES dispatch.taxis (id)
);
CREATE INDEX ix_users_societe_id_created_at ON dispatch.users (societe_id, created_at);
CREATE UNIQUE INDEX uq_users_email ON dispatch.users (lower(email));
CREATE UNIQUE INDEX uq_users_taxi_id ON dispatch.users (taxi_id) WHERE active AND taxi_id IS NOT NULL;

CREATE TABLE dispatch.audit_log (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    societe_id uuid NOT NULL,
    user_id uuid,
    action text NOT NULL,
    entity text NOT NULL,
    entity_id uuid NOT NULL,
    payload jsonb DEFAULT '{}' NOT NULL,
    ts timestamptz NOT NULL,
    CONSTRAINT pk_audit_log PRIMARY KEY (id),
    CONSTRAINT fk_audit_log_societe_id FOREIGN KEY (societe_id) REFERENCES dispatch.societes (id),
    CONSTRAINT fk_audit_log_user_id FOREIGN KEY (user_id) REFERENCES dispatch.users (id)
);
CREATE INDEX ix_audit_log_entity_id_ts ON dispatch.audit_log (entity_id, ts);
CREATE INDEX ix_audit_log_societe_id_ts_id ON dispatch.audit_log (societe_id, ts, id);
CREATE INDEX ix_audit_log_user_id_ts ON dispatch.audit_log (user_id, ts);

CREATE TABLE dispatch.commandes (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    societe_id uuid NOT NULL,
    reference text NOT NULL,
    client_id uuid NOT NULL,
    client_type text NOT NULL,
    prise_en_charge text NOT NULL,
    destination text NOT NULL,
    prise_en_charge_point geography(Point, 4326),
    destination_point geography(Point, 4326),
    date_iso timestamptz NOT NULL,
    duree_minutes integer DEFAULT 60 NOT NULL,
    fin_iso timestamptz NOT NULL,
    passagers integer DEFAULT 1 NOT NULL,
    bagages integer DEFAULT 0 NOT NULL,
    vol text,
    commentaire text,
    statut text DEFAULT 'en-attente' NOT NULL,
    source text DEFAULT 'admin' NOT NULL,
    taxi_id uuid,
    chauffeur_id uuid,
    chevauchement_force boolean DEFAULT false NOT NULL,
    en_attente_depuis timestamptz NOT NULL,
    sla_signale_at timestamptz,
    auto_at timestamptz,
    essais_auto integer DEFAULT 0 NOT NULL,
    assignee_at timestamptz,
    commencee_at timestamptz,
    terminee_at timestamptz,
    annulee_at timestamptz,
    motif_annulation text,
    cree_par uuid,
    suivi_hash text,
    recherche text NOT NULL,
    version integer DEFAULT 1 NOT NULL,
    created_at timestamptz DEFAULT now() NOT NULL,
    updated_at timestamptz DEFAULT now() NOT NULL,
    CONSTRAINT pk_commandes PRIMARY KEY (id),
    CONSTRAINT ck_commandes_statut CHECK (statut IN ('en-attente', 'assignee', 'en-cours', 'terminee', 'annulee')),
    CONSTRAINT ck_commandes_source CHECK (source IN ('admin', 'public')),
    CONSTRAINT uq_commandes_societe_id_reference UNIQUE (societe_id, reference),
    CONSTRAINT uq_commandes_suivi_hash UNIQUE (suivi_hash),
    CONSTRAINT ck_commandes_duree_minutes CHECK (duree_minutes > 0),
    CONSTRAINT ck_commandes_fin_iso CHECK (extract(epoch FROM fin_iso - date_iso) = duree_minutes * 60),
    CONSTRAINT ck_commandes_passagers CHECK (passagers > 0 AND bagages >= 0),
    CONSTRAINT ck_commandes_chauffeur CHECK (statut NOT IN ('assignee', 'en-cours', 'terminee') OR (taxi_id IS NOT NULL AND chauffeur_id IS NOT NULL)),
    CONSTRAINT ex_commandes_taxi EXCLUDE USING gist (taxi_id WITH =, tstzrange(date_iso, fin_iso) WITH &&) WHERE (statut IN ('assignee', 'en-cours') AND NOT chevauchement_force),
    CONSTRAINT ex_commandes_chauffeur EXCLUDE USING gist (chauffeur_id WITH =, tstzrange(date_iso, fin_iso) WITH &&) WHERE (statut IN ('assignee', 'en-cours') AND NOT chevauchement_force),
    CONSTRAINT fk_commandes_societe_id FOREIGN KEY (societe_id) REFERENCES dispatch.societes (id),
    CONSTRAINT fk_commandes_client_id FOREIGN KEY (client_id, client_type) REFERENCES dispatch.clients (id, type) ON UPDATE CASCADE,
    CONSTRAINT fk_commandes_taxi_id FOREIGN KEY (taxi_id) REFERENCES dispatch.taxis (id),
    CONSTRAINT fk_commandes_chauffeur_id FOREIGN KEY (chauffeur_id) REFERENCES dispatch.users (id),
    CONSTRAINT fk_commandes_cree_par FOREIGN KEY (cree_par) REFERENCES dispatch.users (id)
);
CREATE INDEX ix_commandes_auto_at ON dispatch.commandes (auto_at) WHERE auto_at IS NOT NULL;
CREATE INDEX ix_commandes_chauffeur_id_date_iso ON dispatch.commandes (chauffeur_id, date_iso) WHERE chauffeur_id IS NOT NULL;
CREATE INDEX ix_commandes_chauffeur_id_terminee_at ON dispatch.commandes (chauffeur_id, terminee_at) WHERE terminee_at IS NOT NULL;
CREATE INDEX ix_commandes_client_id ON dispatch.commandes (client_id);
CREATE INDEX ix_commandes_pool ON dispatch.commandes (societe_id, date_iso, id) WHERE taxi_id IS NULL;
CREATE INDEX ix_commandes_societe_id_created_at_id ON dispatch.commandes (societe_id, created_at, id);
CREATE INDEX ix_commandes_societe_id_date_iso_id ON dispatch.commandes (societe_id, date_iso, id) INCLUDE (statut, client_type);
CREATE INDEX ix_commandes_societe_id_statut_client_type ON dispatch.commandes (societe_id, statut, client_type);
CREATE INDEX ix_commandes_societe_id_statut_date_iso_id ON dispatch.commandes (societe_id, statut, date_iso, id);
CREATE INDEX ix_commandes_taxi_id_date_iso ON dispatch.commandes (taxi_id, date_iso) WHERE taxi_id IS NOT NULL;
CREATE INDEX ix_commandes_termes ON dispatch.commandes USING gin (dispatch.termes(societe_id, recherche)) WITH (fastupdate = off);
-- Statistics of it would take each analysis seconds to work out, and tell the planner nothing that the count does not.
ALTER INDEX dispatch.ix_commandes_termes ALTER COLUMN 1 SET STATISTICS 0;
CREATE INDEX ix_commandes_waiting ON dispatch.commandes (en_attente_depuis) WHERE statut = 'en-attente';

CREATE TABLE dispatch.devices (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    societe_id uuid NOT NULL,
    user_id uuid NOT NULL,
    platform text NOT NULL,
    kind text DEFAULT 'token' NOT NULL,
    token text NOT NULL,
    token_hash text NOT NULL,
    version integer DEFAULT 1 NOT NULL,
    created_at timestamptz DEFAULT now() NOT NULL,
    updated_at timestamptz DEFAULT now() NOT NULL,
    CONSTRAINT pk_devices PRIMARY KEY (id),
    CONSTRAINT ck_devices_platform CHECK (platform IN ('ios', 'android', 'web')),
    CONSTRAINT ck_devices_kind CHECK (kind IN ('token', 'fid')),
    CONSTRAINT uq_devices_token_hash UNIQUE (token_hash),
    CONSTRAINT fk_devices_societe_id FOREIGN KEY (societe_id) REFERENCES dispatch.societes (id),
    CONSTRAINT fk_devices_user_id FOREIGN KEY (user_id) REFERENCES dispatch.users (id)
);
CREATE INDEX ix_devices_user_id ON dispatch.devices (user_id);

CREATE TABLE dispatch.notifications (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    societe_id uuid NOT NULL,
    user_id uuid NOT NULL,
    type text NOT NULL,
    titre text NOT NULL,
    description text NOT NULL,
    lu_at timestamptz,
    data jsonb DEFAULT '{}' NOT NULL,
    version integer DEFAULT 1 NOT NULL,
    created_at timestamptz DEFAULT now() NOT NULL,
    CONSTRAINT pk_notifications PRIMARY KEY (id),
    CONSTRAINT ck_notifications_type CHECK (type IN ('commande.creee', 'commande.assignee', 'commande.modifiee', 'commande.annulee', 'demande.recue', 'demande.refusee', 'demande.expiree', 'sla.depasse', 'intervention.creee', 'sauvegarde.echouee')),
    CONSTRAINT fk_notifications_societe_id FOREIGN KEY (societe_id) REFERENCES dispatch.societes (id),
    CONSTRAINT fk_notifications_user_id FOREIGN KEY (user_id) REFERENCES dispatch.users (id)
);
CREATE INDEX ix_notifications_reader ON dispatch.notifications (user_id, created_at, id, societe_id);
CREATE INDEX ix_notifications_unread ON dispatch.notifications (user_id, created_at, id, societe_id) WHERE lu_at IS NULL;

CREATE TABLE dispatch.positions (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    societe_id uuid NOT NULL,
    taxi_id uuid NOT NULL,
    chauffeur_id uuid NOT NULL,
    point geography(Point, 4326) NOT NULL,
    at timestamptz NOT NULL,
    CONSTRAINT pk_positions PRIMARY KEY (id),
    CONSTRAINT fk_positions_societe_id FOREIGN KEY (societe_id) REFERENCES dispatch.societes (id),
    CONSTRAINT fk_positions_taxi_id FOREIGN KEY (taxi_id) REFERENCES dispatch.taxis (id),
    CONSTRAINT fk_positions_chauffeur_id FOREIGN KEY (chauffeur_id) REFERENCES dispatch.users (id)
);
CREATE INDEX ix_positions_at ON dispatch.positions (at);
CREATE INDEX ix_positions_taxi_id_at ON dispatch.positions (taxi_id, at);

CREATE TABLE dispatch.semaines (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    societe_id uuid NOT NULL,
    chauffeur_id uuid NOT NULL,
    debut date NOT NULL,
    courses integer NOT NULL,
    proposees integer NOT NULL,
    acceptees integer NOT NULL,
    minutes integer NOT NULL,
    jours jsonb DEFAULT '{}' NOT NULL,
    created_at timestamptz DEFAULT now() NOT NULL,
    CONSTRAINT pk_semaines PRIMARY KEY (id),
    CONSTRAINT uq_semaines_chauffeur_id_debut UNIQUE (chauffeur_id, debut),
    CONSTRAINT fk_semaines_societe_id FOREIGN KEY (societe_id) REFERENCES dispatch.societes (id),
    CONSTRAINT fk_semaines_chauffeur_id FOREIGN KEY (chauffeur_id) REFERENCES dispatch.users (id)
);
CREATE INDEX ix_semaines_societe_id_debut ON dispatch.semaines (societe_id, debut);

CREATE TABLE dispatch.taxi_positions (
    taxi_id uuid NOT NULL,
    societe_id uuid NOT NULL,
    chauffeur_id uuid NOT NULL,
    point geography(Point, 4326) NOT NULL,
    at timestamptz NOT NULL,
    CONSTRAINT pk_taxi_positions PRIMARY KEY (taxi_id),
    CONSTRAINT fk_taxi_positions_taxi_id FOREIGN KEY (taxi_id) REFERENCES dispatch.taxis (id),
    CONSTRAINT fk_taxi_positions_societe_id FOREIGN KEY (societe_id) REFERENCES dispatch.societes (id),
    CONSTRAINT fk_taxi_positions_chauffeur_id FOREIGN KEY (chauffeur_id) REFERENCES dispatch.users (id)
);
CREATE INDEX ix_taxi_positions_point ON dispatch.taxi_positions USING gist (societe_id, point);

CREATE TABLE dispatch.demandes (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    societe_id uuid NOT NULL,
    commande_id uuid NOT NULL,
    chauffeur_id uuid NOT NULL,
    taxi_id uuid NOT NULL,
    statut text DEFAULT 'proposee' NOT NULL,
    origine text DEFAULT 'proposition' NOT NULL,
    force boolean DEFAULT false NOT NULL,
    expire_at timestamptz NOT NULL,
    repondue_at timestamptz,
    motif text,
    version integer DEFAULT 1 NOT NULL,
    created_at timestamptz DEFAULT now() NOT NULL,
    updated_at timestamptz DEFAULT now() NOT NULL,
    CONSTRAINT pk_demandes PRIMARY KEY (id),
    CONSTRAINT ck_demandes_statut CHECK (statut IN ('proposee', 'acceptee', 'refusee', 'expiree', 'annulee')),
    CONSTRAINT ck_demandes_origine CHECK (origine IN ('proposition', 'diffusion', 'auto')),
    CONSTRAINT fk_demandes_societe_id FOREIGN KEY (societe_id) REFERENCES dispatch.societes (id),
    CONSTRAINT fk_demandes_commande_id FOREIGN KEY (commande_id) REFERENCES dispatch.commandes (id),
    CONSTRAINT fk_demandes_chauffeur_id FOREIGN KEY (chauffeur_id) REFERENCES dispatch.users (id),
    CONSTRAINT fk_demandes_taxi_id FOREIGN KEY (taxi_id) REFERENCES dispatch.taxis (id)
);
CREATE INDEX ix_demandes_chauffeur_id_created_at ON dispatch.demandes (chauffeur_id, created_at);
CREATE INDEX ix_demandes_chauffeur_id_repondue_at ON dispatch.demandes (chauffeur_id, repondue_at) WHERE repondue_at IS NOT NULL;
CREATE INDEX ix_demandes_commande_id_created_at ON dispatch.demandes (commande_id, created_at);
CREATE INDEX ix_demandes_due ON dispatch.demandes (expire_at) WHERE statut = 'proposee';
CREATE INDEX ix_demandes_taxi_open ON dispatch.demandes (taxi_id) WHERE statut = 'proposee';
CREATE UNIQUE INDEX uq_demandes_open ON dispatch.demandes (commande_id, chauffeur_id) WHERE statut = 'proposee';
CREATE UNIQUE INDEX uq_demandes_winner ON dispatch.demandes (commande_id) WHERE statut = 'acceptee';

CREATE TABLE dispatch.deplacements (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    societe_id uuid NOT NULL,
    commande_id uuid NOT NULL,
    user_id uuid NOT NULL,
    statut text NOT NULL,
    date_iso timestamptz NOT NULL,
    duree_minutes integer NOT NULL,
    taxi_id uuid,
    chauffeur_id uuid,
    chevauchement_force boolean DEFAULT false NOT NULL,
    version_after integer NOT NULL,
    undone_at timestamptz,
    version integer DEFAULT 1 NOT NULL,
    created_at timestamptz DEFAULT now() NOT NULL,
    CONSTRAINT pk_deplacements PRIMARY KEY (id),
    CONSTRAINT ck_deplacements_statut CHECK (statut IN ('en-attente', 'assignee', 'en-cours', 'terminee', 'annulee')),
    CONSTRAINT fk_deplacements_societe_id FOREIGN KEY (societe_id) REFERENCES dispatch.societes (id),
    CONSTRAINT fk_deplacements_commande_id FOREIGN KEY (commande_id) REFERENCES dispatch.commandes (id),
    CONSTRAINT fk_deplacements_user_id FOREIGN KEY (user_id) REFERENCES dispatch.users (id),
    CONSTRAINT fk_deplacements_taxi_id FOREIGN KEY (taxi_id) REFERENCES dispatch.taxis (id),
    CONSTRAINT fk_deplacements_chauffeur_id FOREIGN KEY (chauffeur_id) REFERENCES dispatch.users (id)
);
CREATE INDEX ix_deplacements_commande_id_user_id_created_at ON dispatch.deplacements (commande_id, user_id, created_at);

CREATE TABLE dispatch.interventions (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    societe_id uuid NOT NULL,
    commande_id uuid,
    taxi_id uuid,
    type text NOT NULL,
    titre text NOT NULL,
    description text NOT NULL,
    statut text DEFAULT 'ouverte' NOT NULL,
    priorite text DEFAULT 'normale' NOT NULL,
    attente_depuis timestamptz,
    cree_par uuid,
    resolu_at timestamptz,
    version integer DEFAULT 1 NOT NULL,
    created_at timestamptz DEFAULT now() NOT NULL,
    updated_at timestamptz DEFAULT now() NOT NULL,
    CONSTRAINT pk_interventions PRIMARY KEY (id),
    CONSTRAINT ck_interventions_type CHECK (type IN ('prise-en-charge', 'panne', 'retard', 'reclamation', 'autre')),
    CONSTRAINT ck_interventions_statut CHECK (statut IN ('ouverte', 'en-cours', 'resolue')),
    CONSTRAINT ck_interventions_priorite CHECK (priorite IN ('basse', 'normale', 'haute', 'critique')),
    CONSTRAINT ck_interventions_subject CHECK (num_nonnulls(commande_id, taxi_id) = 1),
    CONSTRAINT fk_interventions_societe_id FOREIGN KEY (societe_id) REFERENCES dispatch.societes (id),
    CONSTRAINT fk_interventions_commande_id FOREIGN KEY (commande_id) REFERENCES dispatch.commandes (id),
    CONSTRAINT fk_interventions_taxi_id FOREIGN KEY (taxi_id) REFERENCES dispatch.taxis (id),
    CONSTRAINT fk_interventions_cree_par FOREIGN KEY (cree_par) REFERENCES dispatch.users (id)
);
CREATE INDEX ix_interventions_commande_id ON dispatch.interventions (commande_id) WHERE commande_id IS NOT NULL;
CREATE INDEX ix_interventions_societe_id_created_at ON dispatch.interventions (societe_id, created_at);
CREATE INDEX ix_interventions_societe_id_statut_created_at ON dispatch.interventions (societe_id, statut, created_at);
CREATE INDEX ix_interventions_taxi_id ON dispatch.interventions (taxi_id) WHERE taxi_id IS NOT NULL;
CREATE UNIQUE INDEX uq_interventions_wait ON dispatch.interventions (commande_id, attente_depuis) WHERE attente_depuis IS NOT NULL;

-- Ticks of jobs whose effect lies outside the database.
CREATE TABLE platform.job_runs (
    job text NOT NULL,
    tick text NOT NULL,
    lease_until timestamptz NOT NULL,
    finished_at timestamptz,
    error text,
    CONSTRAINT pk_job_runs PRIMARY KEY (job, tick)
);

-- A chauffeur is a party of his own; links have new purposes. Existing rows obey already, so nothing is scanned under
-- the lock.
ALTER TABLE carpool.bookings DROP CONSTRAINT ck_bookings_cancelled_by,
    ADD CONSTRAINT ck_bookings_cancelled_by CHECK (cancelled_by IN ('passenger', 'driver', 'chauffeur', 'owner', 'admin', 'system', 'provider')) NOT VALID;
ALTER TABLE carpool.booking_events DROP CONSTRAINT ck_booking_events_by,
    ADD CONSTRAINT ck_booking_events_by CHECK (by IN ('passenger', 'driver', 'chauffeur', 'owner', 'admin', 'system', 'provider')) NOT VALID;
ALTER TABLE platform.audit_logs DROP CONSTRAINT ck_audit_logs_actor_type,
    ADD CONSTRAINT ck_audit_logs_actor_type CHECK (actor_type IN ('passenger', 'driver', 'chauffeur', 'owner', 'admin', 'system', 'provider')) NOT VALID;
ALTER TABLE platform.link_tokens DROP CONSTRAINT ck_link_tokens_purpose,
    ADD CONSTRAINT ck_link_tokens_purpose CHECK (purpose IN ('email_verify', 'password_reset', 'admin_password',
        'staff_invitation', 'staff_email', 'staff_password')) NOT VALID;
ALTER TABLE carpool.bookings VALIDATE CONSTRAINT ck_bookings_cancelled_by;
ALTER TABLE carpool.booking_events VALIDATE CONSTRAINT ck_booking_events_by;
ALTER TABLE platform.audit_logs VALIDATE CONSTRAINT ck_audit_logs_actor_type;
ALTER TABLE platform.link_tokens VALIDATE CONSTRAINT ck_link_tokens_purpose;

-- The company that a transaction was opened for; null where it was opened for none, and null equals nothing.
CREATE FUNCTION dispatch.societe_courante() RETURNS uuid
    LANGUAGE sql STABLE PARALLEL SAFE
    RETURN nullif(current_setting('allonova.societe', true), '')::uuid;

-- Whoever owns the tables (migrations, dumps) sees all rows; the application's role owns none.
DO $$
DECLARE
    name text;
BEGIN
    FOREACH name IN ARRAY ARRAY[
        'users', 'taxis', 'clients', 'compteurs', 'commandes', 'demandes', 'deplacements', 'interventions',
        'notifications', 'audit_log', 'devices', 'positions', 'taxi_positions', 'semaines'
    ] LOOP
        EXECUTE format('ALTER TABLE dispatch.%I ENABLE ROW LEVEL SECURITY', name);
        -- The sub-select is computed once a statement, not once a row.
        EXECUTE format(
            'CREATE POLICY societe ON dispatch.%I USING (societe_id = (SELECT dispatch.societe_courante()))', name
        );
    END LOOP;
END
$$;
ALTER TABLE dispatch.societes ENABLE ROW LEVEL SECURITY;
CREATE POLICY societe ON dispatch.societes USING (id = (SELECT dispatch.societe_courante()));

-- Look-ups across companies: each tells whoever has none yet which one is his, and nothing else.
CREATE FUNCTION dispatch.societe_of_email(address text) RETURNS uuid
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
    RETURN (SELECT societe_id FROM dispatch.users WHERE lower(email) = lower(address));

CREATE FUNCTION dispatch.societe_of_user(account uuid) RETURNS uuid
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
    RETURN (SELECT societe_id FROM dispatch.users WHERE id = account);

CREATE FUNCTION dispatch.societe_of_form(wanted text) RETURNS uuid
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
    RETURN CASE
        WHEN wanted IS NOT NULL THEN (SELECT id FROM dispatch.societes WHERE slug = wanted)
        WHEN (SELECT count(*) FROM (SELECT FROM dispatch.societes LIMIT 2) AS few) = 1
            THEN (SELECT id FROM dispatch.societes)
    END;

CREATE FUNCTION dispatch.societe_of_suivi(number text, hash text) RETURNS uuid
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
    RETURN (SELECT societe_id FROM dispatch.commandes WHERE suivi_hash = hash AND reference = number);

CREATE FUNCTION dispatch.is_slug_free(wanted text) RETURNS boolean
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
    RETURN NOT EXISTS (SELECT FROM dispatch.societes WHERE slug = wanted);

CREATE FUNCTION dispatch.zones() RETURNS TABLE (societe_id uuid, fuseau text, since timestamptz, semaine date)
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
    BEGIN ATOMIC
        SELECT s.id, s.fuseau, s.created_at,
            (SELECT max(k.debut) FROM dispatch.semaines AS k WHERE k.societe_id = s.id)
        FROM dispatch.societes AS s ORDER BY s.created_at, s.id;
    END;

-- The first instant of a day where the company is. Where clocks go back at midnight PostgreSQL means the second one.
CREATE FUNCTION dispatch.minuit(jour date) RETURNS timestamptz
    LANGUAGE sql STABLE
    BEGIN ATOMIC
        SELECT CASE WHEN (second_one - interval '1 hour') AT TIME ZONE fuseau = jour::timestamp
            THEN second_one - interval '1 hour' ELSE second_one END
        FROM (
            SELECT fuseau, jour::timestamp AT TIME ZONE fuseau AS second_one
            FROM dispatch.societes WHERE id = (SELECT dispatch.societe_courante())
        ) AS here;
    END;

-- A commande says of what type its client is, so that lists need not ask; the foreign key keeps that true.
CREATE FUNCTION dispatch.type_du_client() RETURNS trigger
    LANGUAGE plpgsql AS $$
BEGIN
    NEW.client_type := coalesce((SELECT type FROM dispatch.clients WHERE id = NEW.client_id), '');
    RETURN NEW;
END
$$;
CREATE TRIGGER client_type_added BEFORE INSERT ON dispatch.commandes
    FOR EACH ROW EXECUTE FUNCTION dispatch.type_du_client();
CREATE TRIGGER client_type_changed BEFORE UPDATE OF client_id ON dispatch.commandes
    FOR EACH ROW WHEN (OLD.client_id IS DISTINCT FROM NEW.client_id) EXECUTE FUNCTION dispatch.type_du_client();

CREATE FUNCTION dispatch.overdue_demandes(at timestamptz, at_most integer)
    RETURNS TABLE (societe_id uuid, commande_id uuid)
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
    BEGIN ATOMIC
        SELECT DISTINCT due.societe_id, due.commande_id FROM (
            SELECT d.societe_id, d.commande_id FROM dispatch.demandes AS d
            WHERE d.statut = 'proposee' AND d.expire_at <= at ORDER BY d.expire_at LIMIT at_most
        ) AS due;
    END;

CREATE FUNCTION dispatch.waiting_too_long(at timestamptz, at_most integer)
    RETURNS TABLE (societe_id uuid, commande_id uuid)
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
    BEGIN ATOMIC
        SELECT c.societe_id, c.id FROM dispatch.commandes AS c JOIN dispatch.societes AS s ON s.id = c.societe_id
        WHERE c.statut = 'en-attente' AND c.sla_signale_at IS NULL
          AND greatest(c.en_attente_depuis, c.date_iso - interval '24 hours')
              + s.sla_minutes * interval '1 minute' <= at
        ORDER BY c.en_attente_depuis LIMIT at_most;
    END;

CREATE FUNCTION dispatch.to_dispatch(at timestamptz, at_most integer)
    RETURNS TABLE (societe_id uuid, commande_id uuid)
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
    BEGIN ATOMIC
        SELECT c.societe_id, c.id FROM dispatch.commandes AS c
        WHERE c.auto_at <= at AND c.statut = 'en-attente' ORDER BY c.auto_at LIMIT at_most;
    END;

-- Row-level security keeps LIKE from an index: it could tell of rows that the policy hides, so it is asked after the
-- policy, of every row. Here the company is asked for by name.
CREATE FUNCTION dispatch.chercher_clients(patterns text[]) RETURNS SETOF uuid
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
    BEGIN ATOMIC
        SELECT id FROM dispatch.clients
        WHERE societe_id = (SELECT dispatch.societe_courante()) AND recherche LIKE ANY (patterns);
    END;

-- A phone that has changed hands, maybe to another company: whoever has its token has the phone.
CREATE FUNCTION dispatch.give_up_device(hash text) RETURNS void
    LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
    BEGIN ATOMIC
        DELETE FROM dispatch.devices WHERE token_hash = hash;
    END;

CREATE FUNCTION dispatch.forget_positions(since timestamptz, at_most integer) RETURNS bigint
    LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
    BEGIN ATOMIC
        WITH old AS (
            SELECT id FROM dispatch.positions WHERE at < since ORDER BY at LIMIT at_most FOR UPDATE SKIP LOCKED
        ), gone AS (
            DELETE FROM dispatch.positions WHERE id IN (SELECT id FROM old) RETURNING 1
        ), parked AS (
            DELETE FROM dispatch.taxi_positions WHERE at < since
        )
        SELECT count(*) FROM gone;
    END;

REVOKE ALL ON ALL FUNCTIONS IN SCHEMA dispatch FROM PUBLIC;
GRANT USAGE ON SCHEMA dispatch TO allonova_app;
GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA dispatch TO allonova_app;
GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA dispatch TO allonova_app;
REVOKE UPDATE, DELETE ON dispatch.audit_log FROM allonova_app;

-- What a list of commandes is found by. Row-level security lets no search and few estimates near its tables; here the
-- company is a condition like any other, and nobody can leave it out.
CREATE VIEW dispatch.registre AS
    SELECT id, societe_id, reference, statut, client_id, client_type, taxi_id, chauffeur_id, date_iso, created_at,
        recherche
    FROM dispatch.commandes WHERE societe_id = dispatch.societe_courante();
-- The same for a search, whose terms name the company already: written so that no index by company is read beside them.
CREATE VIEW dispatch.registre_cherche AS
    SELECT id, societe_id, reference, statut, client_id, client_type, taxi_id, chauffeur_id, date_iso, created_at,
        recherche
    FROM dispatch.commandes WHERE societe_id IS NOT DISTINCT FROM (SELECT dispatch.societe_courante());
GRANT SELECT ON dispatch.registre, dispatch.registre_cherche TO allonova_app;
GRANT SELECT, INSERT, UPDATE ON platform.job_runs TO allonova_app;
