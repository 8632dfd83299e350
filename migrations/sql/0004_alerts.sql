-- Who wants nothing to do with whom. It works both ways, so it is looked up both ways.
CREATE TABLE carpool.blocks (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    user_id uuid NOT NULL,
    blocked_id uuid NOT NULL,
    created_at timestamptz DEFAULT now() NOT NULL,
    CONSTRAINT pk_blocks PRIMARY KEY (id),
    CONSTRAINT uq_blocks_user_id_blocked_id UNIQUE (user_id, blocked_id),
    CONSTRAINT fk_blocks_user_id FOREIGN KEY (user_id) REFERENCES carpool.users (id),
    CONSTRAINT fk_blocks_blocked_id FOREIGN KEY (blocked_id) REFERENCES carpool.users (id),
    CONSTRAINT ck_blocks_others CHECK (user_id <> blocked_id)
);
CREATE INDEX ix_blocks_blocked_id_user_id ON carpool.blocks (blocked_id, user_id);

-- Who says what of whom, for the back office.
CREATE TABLE carpool.user_reports (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    reporter_id uuid NOT NULL,
    reported_id uuid NOT NULL,
    booking_id uuid,
    reason text NOT NULL,
    status text DEFAULT 'open' NOT NULL,
    version integer DEFAULT 1 NOT NULL,
    created_at timestamptz DEFAULT now() NOT NULL,
    updated_at timestamptz DEFAULT now() NOT NULL,
    CONSTRAINT pk_user_reports PRIMARY KEY (id),
    CONSTRAINT fk_user_reports_reporter_id FOREIGN KEY (reporter_id) REFERENCES carpool.users (id),
    CONSTRAINT fk_user_reports_reported_id FOREIGN KEY (reported_id) REFERENCES carpool.users (id),
    CONSTRAINT fk_user_reports_booking_id FOREIGN KEY (booking_id) REFERENCES carpool.bookings (id),
    CONSTRAINT ck_user_reports_status CHECK (status IN ('open', 'closed')),
    CONSTRAINT ck_user_reports_others CHECK (reporter_id <> reported_id)
);
-- A report without a booking is one of a kind as well.
CREATE UNIQUE INDEX uq_user_reports_open ON carpool.user_reports (reporter_id, reported_id, booking_id)
    NULLS NOT DISTINCT WHERE status = 'open';
CREATE INDEX ix_user_reports_reporter_id_created_at ON carpool.user_reports (reporter_id, created_at);
CREATE INDEX ix_user_reports_status_created_at ON carpool.user_reports (status, created_at);
CREATE INDEX ix_user_reports_reported_id ON carpool.user_reports (reported_id);

-- Searches that people keep.
CREATE TABLE carpool.alerts (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    user_id uuid NOT NULL,
    origin_point geography(POINT, 4326) NOT NULL,
    origin_text text,
    destination_point geography(POINT, 4326) NOT NULL,
    destination_text text,
    radius_m integer NOT NULL,
    days integer[] NOT NULL,
    time_from time,
    time_to time,
    seats integer NOT NULL,
    price_max numeric(12, 2),
    expires_at timestamptz NOT NULL,
    version integer DEFAULT 1 NOT NULL,
    created_at timestamptz DEFAULT now() NOT NULL,
    updated_at timestamptz DEFAULT now() NOT NULL,
    CONSTRAINT pk_alerts PRIMARY KEY (id),
    CONSTRAINT fk_alerts_user_id FOREIGN KEY (user_id) REFERENCES carpool.users (id),
    CONSTRAINT ck_alerts_radius CHECK (radius_m BETWEEN 1 AND 100000),
    CONSTRAINT ck_alerts_days CHECK (days <@ '{1,2,3,4,5,6,7}'::integer[]),
    CONSTRAINT ck_alerts_times CHECK (time_from <= time_to),
    CONSTRAINT ck_alerts_seats CHECK (seats > 0),
    CONSTRAINT ck_alerts_price_max CHECK (price_max >= 0 AND price_max = trunc(price_max))
);
-- A trip looks for those that it matches: first for all whose points lie within the largest radius of its own.
CREATE INDEX ix_alerts_search ON carpool.alerts USING gist (origin_point, destination_point);
CREATE INDEX ix_alerts_user_id_created_at ON carpool.alerts (user_id, created_at);
CREATE INDEX ix_alerts_expires_at ON carpool.alerts (expires_at);

-- Of which trips somebody was told: of each once, whichever of his alerts it matched.
CREATE TABLE carpool.alert_matches (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    user_id uuid NOT NULL,
    alert_id uuid NOT NULL,
    trip_id uuid NOT NULL,
    created_at timestamptz DEFAULT now() NOT NULL,
    CONSTRAINT pk_alert_matches PRIMARY KEY (id),
    CONSTRAINT uq_alert_matches_trip_id_user_id UNIQUE (trip_id, user_id),
    CONSTRAINT fk_alert_matches_user_id FOREIGN KEY (user_id) REFERENCES carpool.users (id),
    CONSTRAINT fk_alert_matches_alert_id FOREIGN KEY (alert_id) REFERENCES carpool.alerts (id) ON DELETE CASCADE,
    CONSTRAINT fk_alert_matches_trip_id FOREIGN KEY (trip_id) REFERENCES carpool.trips (id) ON DELETE CASCADE
);
CREATE INDEX ix_alert_matches_alert_id ON carpool.alert_matches (alert_id);

GRANT SELECT, INSERT, DELETE ON carpool.alert_matches TO allonova_app;
GRANT SELECT, INSERT, UPDATE, DELETE ON carpool.alerts, carpool.blocks TO allonova_app;
GRANT SELECT, INSERT, UPDATE ON carpool.user_reports TO allonova_app;
