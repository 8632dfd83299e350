-- What AlloCar's users are told: no words, which are made in the reader's language, but what they speak of.
CREATE TABLE carpool.notices (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    user_id uuid NOT NULL,
    type text NOT NULL,
    facts jsonb DEFAULT '{}'::jsonb NOT NULL,
    data jsonb DEFAULT '{}'::jsonb NOT NULL,
    until timestamptz,
    read_at timestamptz,
    version integer DEFAULT 1 NOT NULL,
    created_at timestamptz DEFAULT now() NOT NULL,
    CONSTRAINT pk_notices PRIMARY KEY (id),
    CONSTRAINT fk_notices_user_id FOREIGN KEY (user_id) REFERENCES carpool.users (id)
);
-- A reader's list, and how long it is, without reading the rows; the same of what he has not read.
CREATE INDEX ix_notices_reader ON carpool.notices (user_id, created_at, id);
CREATE INDEX ix_notices_unread ON carpool.notices (user_id, created_at, id) WHERE read_at IS NULL;

-- Who was reminded of which ride, how long before it: once each, though it may be moved.
CREATE TABLE carpool.reminders (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    trip_id uuid NOT NULL,
    user_id uuid NOT NULL,
    hours_before integer NOT NULL,
    created_at timestamptz DEFAULT now() NOT NULL,
    CONSTRAINT pk_reminders PRIMARY KEY (id),
    CONSTRAINT uq_reminders_trip_id_user_id_hours_before UNIQUE (trip_id, user_id, hours_before),
    CONSTRAINT fk_reminders_trip_id FOREIGN KEY (trip_id) REFERENCES carpool.trips (id),
    CONSTRAINT fk_reminders_user_id FOREIGN KEY (user_id) REFERENCES carpool.users (id),
    CONSTRAINT ck_reminders_hours_before CHECK (hours_before > 0)
);

-- Messages that were given up: few among many.
CREATE INDEX ix_outbox_dead ON platform.outbox (dead_at) WHERE dead_at IS NOT NULL;

GRANT SELECT, INSERT ON carpool.reminders TO allonova_app;
GRANT SELECT, INSERT, UPDATE, DELETE ON carpool.notices TO allonova_app;
