CREATE TABLE carpool.trip_series (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    driver_id uuid NOT NULL,
    weekdays integer[] NOT NULL,
    until date NOT NULL,
    exceptions date[] NOT NULL,
    has_return boolean DEFAULT false NOT NULL,
    version integer DEFAULT 1 NOT NULL,
    created_at timestamptz DEFAULT now() NOT NULL,
    updated_at timestamptz DEFAULT now() NOT NULL,
    CONSTRAINT pk_trip_series PRIMARY KEY (id),
    CONSTRAINT fk_trip_series_driver_id FOREIGN KEY (driver_id) REFERENCES carpool.users (id),
    CONSTRAINT ck_trip_series_weekdays CHECK (weekdays <@ '{1,2,3,4,5,6,7}'::integer[] AND weekdays <> '{}')
);
CREATE INDEX ix_trip_series_driver_id_created_at ON carpool.trip_series (driver_id, created_at);

ALTER TABLE carpool.trips
    ADD COLUMN series_id uuid,
    ADD COLUMN is_return boolean DEFAULT false NOT NULL,
    ADD CONSTRAINT fk_trips_series_id FOREIGN KEY (series_id) REFERENCES carpool.trip_series (id);
-- What follows in a series; trips of none are not in it.
CREATE INDEX ix_trips_series_id_departure_time ON carpool.trips (series_id, departure_time) WHERE series_id IS NOT NULL;

GRANT SELECT, INSERT, UPDATE ON carpool.trip_series TO allonova_app;
