SET LOCAL lock_timeout = '5s';

-- Search by day: the index that leads with the instant reads ten times as many pages (docs/decisions/0037).
CREATE INDEX ix_trip_legs_search_new ON carpool.trip_legs
    USING gist (((departure_time AT TIME ZONE 'UTC')::date), origin, destination);
DROP INDEX carpool.ix_trip_legs_search;
ALTER INDEX carpool.ix_trip_legs_search_new RENAME TO ix_trip_legs_search;

-- Vehicles that are given up, trips that change, stops that are replaced under bookings that are over.

ALTER TABLE carpool.vehicles ADD COLUMN retired_at timestamptz;
CREATE UNIQUE INDEX uq_vehicles_plate_number_new ON carpool.vehicles (plate_number) WHERE retired_at IS NULL;
ALTER TABLE carpool.vehicles DROP CONSTRAINT uq_vehicles_plate_number;
ALTER INDEX carpool.uq_vehicles_plate_number_new RENAME TO uq_vehicles_plate_number;

ALTER TABLE carpool.trips
    ADD COLUMN agreed_departure timestamptz,
    ADD COLUMN rerouted_at timestamptz,
    ADD COLUMN cancel_reason text;

-- Who has an accepted or paid booking was promised the departure of today.
UPDATE carpool.trips AS t SET agreed_departure = t.departure_time
WHERE EXISTS (SELECT FROM unnest(t.seats_held || t.seats_sold) AS taken (seats) WHERE seats > 0);

ALTER TABLE carpool.bookings
    DROP CONSTRAINT fk_bookings_pickup_stop_id,
    DROP CONSTRAINT fk_bookings_dropoff_stop_id;
ALTER TABLE carpool.bookings
    ADD CONSTRAINT fk_bookings_pickup_stop_id FOREIGN KEY (pickup_stop_id)
        REFERENCES carpool.trip_stops (id) ON DELETE SET NULL NOT VALID,
    ADD CONSTRAINT fk_bookings_dropoff_stop_id FOREIGN KEY (dropoff_stop_id)
        REFERENCES carpool.trip_stops (id) ON DELETE SET NULL NOT VALID;
ALTER TABLE carpool.bookings VALIDATE CONSTRAINT fk_bookings_pickup_stop_id;
ALTER TABLE carpool.bookings VALIDATE CONSTRAINT fk_bookings_dropoff_stop_id;
