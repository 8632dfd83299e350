-- Who uses the database, and carpooling: people, papers, vehicles, trips, bookings, payments.

CREATE EXTENSION IF NOT EXISTS postgis WITH SCHEMA public;
CREATE EXTENSION IF NOT EXISTS btree_gist WITH SCHEMA public;

-- Roles belong to the whole cluster: another database may have made it, or be making it now.
DO $$
BEGIN
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'allonova_app') THEN
        CREATE ROLE allonova_app NOLOGIN;
    END IF;
EXCEPTION WHEN duplicate_object OR unique_violation THEN
    NULL;
END
$$;

-- Who migrates is who logs in: the pool then becomes the role that owns nothing.
DO $$
BEGIN
    IF NOT pg_has_role(current_user, 'allonova_app', 'MEMBER') THEN
        EXECUTE format('GRANT allonova_app TO %I', current_user);
    END IF;
END
$$;

CREATE SCHEMA carpool;
CREATE SCHEMA platform;

CREATE FUNCTION carpool.seats_fit(total integer, held integer[], sold integer[]) RETURNS boolean
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN cardinality(held) > 0
        AND cardinality(held) = cardinality(sold)
        AND NOT EXISTS (
            SELECT FROM unnest(held, sold) AS stretch (h, s)
            WHERE h IS NULL OR s IS NULL OR h < 0 OR s < 0 OR h + s > total
        );
COMMENT ON FUNCTION carpool.seats_fit IS 'No stretch of a trip has more seats held and sold than there are.';

CREATE TABLE carpool.users (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    phone text,
    email text,
    password_hash text,
    first_name text,
    last_name text,
    gender text,
    birthdate date,
    photo_url text,
    language text DEFAULT 'en' NOT NULL,
    is_driver boolean DEFAULT false NOT NULL,
    is_active boolean DEFAULT true NOT NULL,
    is_phone_verified boolean DEFAULT false NOT NULL,
    is_email_verified boolean DEFAULT false NOT NULL,
    rating_avg numeric(3, 2) DEFAULT 0 NOT NULL,
    rating_count integer DEFAULT 0 NOT NULL,
    version integer DEFAULT 1 NOT NULL,
    created_at timestamptz DEFAULT now() NOT NULL,
    updated_at timestamptz DEFAULT now() NOT NULL,
    CONSTRAINT pk_users PRIMARY KEY (id),
    CONSTRAINT uq_users_phone UNIQUE (phone),
    CONSTRAINT ck_users_gender CHECK (gender IN ('female', 'male', 'other'))
);
CREATE UNIQUE INDEX uq_users_email ON carpool.users (lower(email));
CREATE INDEX ix_users_created_at ON carpool.users (created_at);

CREATE TABLE carpool.kyc_documents (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    user_id uuid NOT NULL,
    doc_type text NOT NULL,
    doc_number text NOT NULL,
    front_url text NOT NULL,
    back_url text,
    status text DEFAULT 'pending' NOT NULL,
    notes text,
    reviewed_by uuid,
    reviewed_at timestamptz,
    version integer DEFAULT 1 NOT NULL,
    created_at timestamptz DEFAULT now() NOT NULL,
    updated_at timestamptz DEFAULT now() NOT NULL,
    CONSTRAINT pk_kyc_documents PRIMARY KEY (id),
    CONSTRAINT fk_kyc_documents_user_id FOREIGN KEY (user_id) REFERENCES carpool.users (id),
    CONSTRAINT ck_kyc_documents_doc_type CHECK (doc_type IN ('cni', 'passport', 'permis')),
    CONSTRAINT ck_kyc_documents_status CHECK (status IN ('pending', 'approved', 'rejected'))
);
CREATE INDEX ix_kyc_documents_user_id_status ON carpool.kyc_documents (user_id, status);
CREATE INDEX ix_kyc_documents_status_created_at ON carpool.kyc_documents (status, created_at);
CREATE INDEX ix_kyc_documents_created_at ON carpool.kyc_documents (created_at);

CREATE TABLE carpool.vehicles (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    user_id uuid NOT NULL,
    make text NOT NULL,
    model text NOT NULL,
    color text NOT NULL,
    plate_number text NOT NULL,
    seats_total integer NOT NULL,
    comfort_level text NOT NULL,
    year integer,
    verified boolean DEFAULT false NOT NULL,
    version integer DEFAULT 1 NOT NULL,
    created_at timestamptz DEFAULT now() NOT NULL,
    updated_at timestamptz DEFAULT now() NOT NULL,
    CONSTRAINT pk_vehicles PRIMARY KEY (id),
    CONSTRAINT uq_vehicles_plate_number UNIQUE (plate_number),
    CONSTRAINT fk_vehicles_user_id FOREIGN KEY (user_id) REFERENCES carpool.users (id),
    CONSTRAINT ck_vehicles_comfort_level CHECK (comfort_level IN ('basic', 'standard', 'comfort'))
);
CREATE INDEX ix_vehicles_user_id_created_at ON carpool.vehicles (user_id, created_at);
CREATE INDEX ix_vehicles_created_at ON carpool.vehicles (created_at);

CREATE TABLE carpool.trips (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    driver_id uuid NOT NULL,
    vehicle_id uuid NOT NULL,
    origin_point geography(POINT, 4326) NOT NULL,
    origin_text text NOT NULL,
    destination_point geography(POINT, 4326) NOT NULL,
    destination_text text NOT NULL,
    departure_time timestamptz NOT NULL,
    arrival_eta timestamptz NOT NULL,
    distance_m integer NOT NULL,
    price_per_seat numeric(12, 2) NOT NULL,
    seats_total integer NOT NULL,
    seats_available integer NOT NULL,
    seats_held integer[] NOT NULL,
    seats_sold integer[] NOT NULL,
    luggage_policy text,
    rules text,
    allow_auto_accept boolean DEFAULT false NOT NULL,
    status text DEFAULT 'draft' NOT NULL,
    version integer DEFAULT 1 NOT NULL,
    created_at timestamptz DEFAULT now() NOT NULL,
    updated_at timestamptz DEFAULT now() NOT NULL,
    CONSTRAINT pk_trips PRIMARY KEY (id),
    CONSTRAINT fk_trips_driver_id FOREIGN KEY (driver_id) REFERENCES carpool.users (id),
    CONSTRAINT fk_trips_vehicle_id FOREIGN KEY (vehicle_id) REFERENCES carpool.vehicles (id),
    CONSTRAINT ck_trips_price_per_seat CHECK (price_per_seat >= 0 AND price_per_seat = trunc(price_per_seat)),
    CONSTRAINT ck_trips_status CHECK (status IN ('draft', 'published', 'ongoing', 'completed', 'cancelled')),
    CONSTRAINT ck_trips_times CHECK (departure_time < arrival_eta),
    CONSTRAINT ck_trips_seats CHECK (carpool.seats_fit(seats_total, seats_held, seats_sold)),
    CONSTRAINT ck_trips_seats_available CHECK (seats_available BETWEEN 0 AND seats_total),
    CONSTRAINT ex_trips_driver_time EXCLUDE USING gist
        (driver_id WITH =, tstzrange(departure_time, arrival_eta) WITH &&)
        WHERE (status IN ('published', 'ongoing'))
);
CREATE INDEX ix_trips_origin_point ON carpool.trips USING gist (origin_point);
CREATE INDEX ix_trips_destination_point ON carpool.trips USING gist (destination_point);
CREATE INDEX ix_trips_driver_id_departure_time ON carpool.trips (driver_id, departure_time);
CREATE INDEX ix_trips_vehicle_id ON carpool.trips (vehicle_id);
CREATE INDEX ix_trips_status_departure_time ON carpool.trips (status, departure_time);
CREATE INDEX ix_trips_created_at ON carpool.trips (created_at);

CREATE TABLE carpool.trip_stops (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    trip_id uuid NOT NULL,
    "order" integer NOT NULL,
    point geography(POINT, 4326) NOT NULL,
    label text NOT NULL,
    pickup_allowed boolean DEFAULT true NOT NULL,
    dropoff_allowed boolean DEFAULT true NOT NULL,
    price_from_origin numeric(12, 2) NOT NULL,
    distance_m integer NOT NULL,
    eta timestamptz NOT NULL,
    CONSTRAINT pk_trip_stops PRIMARY KEY (id),
    CONSTRAINT fk_trip_stops_trip_id FOREIGN KEY (trip_id) REFERENCES carpool.trips (id) ON DELETE CASCADE,
    CONSTRAINT uq_trip_stops_trip_id_order UNIQUE (trip_id, "order") DEFERRABLE INITIALLY IMMEDIATE,
    CONSTRAINT ck_trip_stops_price_from_origin
        CHECK (price_from_origin >= 0 AND price_from_origin = trunc(price_from_origin))
);
CREATE INDEX ix_trip_stops_point ON carpool.trip_stops USING gist (point);

CREATE TABLE carpool.trip_legs (
    trip_id uuid NOT NULL,
    board integer NOT NULL,
    alight integer NOT NULL,
    departure_time timestamptz NOT NULL,
    origin geography(POINT, 4326) NOT NULL,
    destination geography(POINT, 4326) NOT NULL,
    price numeric(12, 2) NOT NULL,
    CONSTRAINT pk_trip_legs PRIMARY KEY (trip_id, board, alight),
    CONSTRAINT fk_trip_legs_trip_id FOREIGN KEY (trip_id) REFERENCES carpool.trips (id) ON DELETE CASCADE,
    CONSTRAINT ck_trip_legs_price CHECK (price >= 0 AND price = trunc(price)),
    CONSTRAINT ck_trip_legs_ride CHECK (0 <= board AND board < alight)
);
CREATE INDEX ix_trip_legs_search ON carpool.trip_legs USING gist (departure_time, origin, destination);

CREATE TABLE carpool.bookings (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    trip_id uuid NOT NULL,
    passenger_id uuid NOT NULL,
    seats integer NOT NULL,
    board integer NOT NULL,
    alight integer NOT NULL,
    pickup_stop_id uuid,
    dropoff_stop_id uuid,
    departure_time timestamptz NOT NULL,
    amount_total numeric(12, 2) NOT NULL,
    fees numeric(12, 2) NOT NULL,
    currency text DEFAULT 'XOF' NOT NULL,
    status text DEFAULT 'pending' NOT NULL,
    qr_code text NOT NULL,
    hold_expires_at timestamptz,
    paid_at timestamptz,
    checked_in_at timestamptz,
    started_at timestamptz,
    ended_at timestamptz,
    cancelled_by text,
    cancel_reason text,
    version integer DEFAULT 1 NOT NULL,
    created_at timestamptz DEFAULT now() NOT NULL,
    updated_at timestamptz DEFAULT now() NOT NULL,
    CONSTRAINT pk_bookings PRIMARY KEY (id),
    CONSTRAINT fk_bookings_trip_id FOREIGN KEY (trip_id) REFERENCES carpool.trips (id),
    CONSTRAINT fk_bookings_passenger_id FOREIGN KEY (passenger_id) REFERENCES carpool.users (id),
    CONSTRAINT fk_bookings_pickup_stop_id FOREIGN KEY (pickup_stop_id) REFERENCES carpool.trip_stops (id),
    CONSTRAINT fk_bookings_dropoff_stop_id FOREIGN KEY (dropoff_stop_id) REFERENCES carpool.trip_stops (id),
    CONSTRAINT ck_bookings_amount_total CHECK (amount_total >= 0 AND amount_total = trunc(amount_total)),
    CONSTRAINT ck_bookings_fees CHECK (fees >= 0 AND fees = trunc(fees)),
    CONSTRAINT ck_bookings_fees_within CHECK (fees <= amount_total),
    CONSTRAINT ck_bookings_currency CHECK (currency = 'XOF'),
    CONSTRAINT ck_bookings_seats CHECK (seats > 0),
    CONSTRAINT ck_bookings_ride CHECK (0 <= board AND board < alight),
    CONSTRAINT ck_bookings_status CHECK (status IN ('pending', 'accepted', 'paid', 'completed', 'cancelled')),
    CONSTRAINT ck_bookings_cancelled_by
        CHECK (cancelled_by IN ('passenger', 'driver', 'owner', 'admin', 'system', 'provider'))
);
CREATE UNIQUE INDEX uq_bookings_live ON carpool.bookings (trip_id, passenger_id)
    WHERE status IN ('pending', 'accepted', 'paid');
CREATE INDEX ix_bookings_trip_id ON carpool.bookings (trip_id);
CREATE INDEX ix_bookings_passenger_id_created_at ON carpool.bookings (passenger_id, created_at);
CREATE INDEX ix_bookings_status_created_at ON carpool.bookings (status, created_at);
CREATE INDEX ix_bookings_created_at ON carpool.bookings (created_at);
CREATE INDEX ix_bookings_waiting ON carpool.bookings (created_at) WHERE status IN ('pending', 'accepted');
CREATE INDEX ix_bookings_pickup_stop_id ON carpool.bookings (pickup_stop_id) WHERE pickup_stop_id IS NOT NULL;
CREATE INDEX ix_bookings_dropoff_stop_id ON carpool.bookings (dropoff_stop_id) WHERE dropoff_stop_id IS NOT NULL;

CREATE TABLE carpool.booking_events (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    seq bigint GENERATED ALWAYS AS IDENTITY,
    booking_id uuid NOT NULL,
    from_status text,
    to_status text NOT NULL,
    by text NOT NULL,
    by_id uuid,
    meta jsonb DEFAULT '{}'::jsonb NOT NULL,
    created_at timestamptz DEFAULT now() NOT NULL,
    CONSTRAINT pk_booking_events PRIMARY KEY (id),
    CONSTRAINT fk_booking_events_booking_id FOREIGN KEY (booking_id) REFERENCES carpool.bookings (id),
    CONSTRAINT ck_booking_events_by CHECK (by IN ('passenger', 'driver', 'owner', 'admin', 'system', 'provider'))
);
CREATE INDEX ix_booking_events_booking_id_seq ON carpool.booking_events (booking_id, seq);
CREATE INDEX ix_booking_events_created_at ON carpool.booking_events (created_at);

CREATE TABLE carpool.payments (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    booking_id uuid,
    user_id uuid NOT NULL,
    method text NOT NULL,
    provider_ref text,
    provider_url text NOT NULL,
    amount numeric(12, 2) NOT NULL,
    currency text DEFAULT 'XOF' NOT NULL,
    fees numeric(12, 2) DEFAULT 0 NOT NULL,
    refunded_amount numeric(12, 2) DEFAULT 0 NOT NULL,
    status text DEFAULT 'init' NOT NULL,
    flags text[] DEFAULT '{}'::text[] NOT NULL,
    failure_code text,
    failure_message text,
    intent jsonb,
    raw_payload jsonb,
    version integer DEFAULT 1 NOT NULL,
    created_at timestamptz DEFAULT now() NOT NULL,
    updated_at timestamptz DEFAULT now() NOT NULL,
    CONSTRAINT pk_payments PRIMARY KEY (id),
    CONSTRAINT uq_payments_provider_ref UNIQUE (method, provider_ref),
    CONSTRAINT fk_payments_booking_id FOREIGN KEY (booking_id) REFERENCES carpool.bookings (id),
    CONSTRAINT fk_payments_user_id FOREIGN KEY (user_id) REFERENCES carpool.users (id),
    CONSTRAINT ck_payments_method CHECK (method IN ('wave', 'orange', 'mtn', 'card', 'wallet')),
    CONSTRAINT ck_payments_amount CHECK (amount >= 0 AND amount = trunc(amount)),
    CONSTRAINT ck_payments_currency CHECK (currency = 'XOF'),
    CONSTRAINT ck_payments_fees CHECK (fees >= 0 AND fees = trunc(fees)),
    CONSTRAINT ck_payments_refunded_amount CHECK (refunded_amount >= 0 AND refunded_amount = trunc(refunded_amount)),
    CONSTRAINT ck_payments_refunds CHECK (refunded_amount <= amount),
    CONSTRAINT ck_payments_status CHECK (status IN ('init', 'authorized', 'paid', 'failed', 'refunded'))
);
CREATE UNIQUE INDEX uq_payments_open ON carpool.payments (booking_id) WHERE status IN ('init', 'authorized');
CREATE INDEX ix_payments_booking_id ON carpool.payments (booking_id);
CREATE INDEX ix_payments_user_id_created_at ON carpool.payments (user_id, created_at);
CREATE INDEX ix_payments_status_created_at ON carpool.payments (status, created_at);
CREATE INDEX ix_payments_created_at ON carpool.payments (created_at);
