-- What a paper says of its owner's gender, as long as he says the same.
ALTER TABLE carpool.users
    ADD COLUMN confirmed_gender text,
    ADD COLUMN gender_confirmed_by uuid,
    ADD CONSTRAINT ck_users_confirmed_gender CHECK (confirmed_gender IN ('female', 'male', 'other')),
    ADD CONSTRAINT ck_users_confirmed_is_said CHECK (
        confirmed_gender IS NULL OR gender IS NOT DISTINCT FROM confirmed_gender
    ),
    ADD CONSTRAINT ck_users_confirmed_by CHECK ((confirmed_gender IS NULL) = (gender_confirmed_by IS NULL));

ALTER TABLE carpool.trips
    ADD COLUMN women_only boolean DEFAULT false NOT NULL,
    ADD COLUMN stopped_for text,
    ADD CONSTRAINT ck_trips_stopped_for CHECK (stopped_for IN ('safety', 'fraud', 'duplicate', 'other'));

-- What seats cost between two places lately.
CREATE INDEX ix_trips_prices ON carpool.trips
    USING gist (
        ((departure_time AT TIME ZONE 'UTC')::date), (origin_point::geometry), (destination_point::geometry)
    )
    WHERE status IN ('published', 'ongoing', 'completed');

-- The back office's lists.
CREATE INDEX ix_trips_departure_time ON carpool.trips (departure_time);
CREATE INDEX ix_bookings_departure_time ON carpool.bookings (departure_time);
CREATE INDEX ix_bookings_contested ON carpool.bookings (contested_at) WHERE is_frozen AND contested_at IS NOT NULL;
