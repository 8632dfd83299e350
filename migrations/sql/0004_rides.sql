-- Where drivers were, a row every ten seconds at most, for seven days. The first index serves one trip's way, in order:
-- its proof, its last position, and whether its driver came; the second what is to be forgotten. That one is by the
-- day: by the instant it would bring all positions in order, and be taken for a way to a trip's last one.
CREATE TABLE carpool.driver_locations (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    trip_id uuid NOT NULL,
    driver_id uuid NOT NULL,
    point geography(POINT, 4326) NOT NULL,
    heading double precision,
    speed double precision,
    created_at timestamptz DEFAULT now() NOT NULL,
    CONSTRAINT pk_driver_locations PRIMARY KEY (id),
    CONSTRAINT fk_driver_locations_trip_id FOREIGN KEY (trip_id) REFERENCES carpool.trips (id) ON DELETE CASCADE,
    CONSTRAINT fk_driver_locations_driver_id FOREIGN KEY (driver_id) REFERENCES carpool.users (id),
    CONSTRAINT ck_driver_locations_heading CHECK (heading >= 0 AND heading <= 360),
    CONSTRAINT ck_driver_locations_speed CHECK (speed >= 0)
);
CREATE UNIQUE INDEX uq_driver_locations_trip_id_created_at ON carpool.driver_locations (trip_id, created_at);
CREATE INDEX ix_driver_locations_day ON carpool.driver_locations (((created_at AT TIME ZONE 'UTC')::date));
CREATE INDEX ix_driver_locations_driver_id ON carpool.driver_locations (driver_id);

-- What positions say of each ride, kept when they are forgotten.
CREATE TABLE carpool.ride_proofs (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    booking_id uuid NOT NULL,
    fixes integer NOT NULL,
    first_point geography(POINT, 4326) NOT NULL,
    first_at timestamptz NOT NULL,
    last_point geography(POINT, 4326) NOT NULL,
    last_at timestamptz NOT NULL,
    distance_m integer,
    pickup_distance_m integer NOT NULL,
    pickup_at timestamptz NOT NULL,
    dropoff_distance_m integer NOT NULL,
    dropoff_at timestamptz NOT NULL,
    created_at timestamptz DEFAULT now() NOT NULL,
    CONSTRAINT pk_ride_proofs PRIMARY KEY (id),
    CONSTRAINT uq_ride_proofs_booking_id UNIQUE (booking_id),
    CONSTRAINT fk_ride_proofs_booking_id FOREIGN KEY (booking_id) REFERENCES carpool.bookings (id),
    CONSTRAINT ck_ride_proofs_fixes CHECK (fixes > 0)
);

-- Links by which rides are followed; of each booking one works.
CREATE TABLE carpool.ride_links (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    booking_id uuid NOT NULL,
    token_hash text NOT NULL,
    expires_at timestamptz NOT NULL,
    revoked_at timestamptz,
    version integer DEFAULT 1 NOT NULL,
    created_at timestamptz DEFAULT now() NOT NULL,
    updated_at timestamptz DEFAULT now() NOT NULL,
    CONSTRAINT pk_ride_links PRIMARY KEY (id),
    CONSTRAINT uq_ride_links_token_hash UNIQUE (token_hash),
    CONSTRAINT fk_ride_links_booking_id FOREIGN KEY (booking_id) REFERENCES carpool.bookings (id)
);
CREATE UNIQUE INDEX uq_ride_links_live ON carpool.ride_links (booking_id) WHERE revoked_at IS NULL;
CREATE INDEX ix_ride_links_booking_id ON carpool.ride_links (booking_id);
CREATE INDEX ix_ride_links_expires_at ON carpool.ride_links (expires_at);

GRANT SELECT, INSERT, DELETE ON carpool.driver_locations TO allonova_app;
GRANT SELECT, INSERT ON carpool.ride_proofs TO allonova_app;
GRANT SELECT, INSERT, UPDATE, DELETE ON carpool.ride_links TO allonova_app;
