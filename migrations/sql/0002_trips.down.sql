SET LOCAL lock_timeout = '5s';

ALTER TABLE carpool.bookings
    DROP CONSTRAINT fk_bookings_pickup_stop_id,
    DROP CONSTRAINT fk_bookings_dropoff_stop_id;
ALTER TABLE carpool.bookings
    ADD CONSTRAINT fk_bookings_pickup_stop_id FOREIGN KEY (pickup_stop_id)
        REFERENCES carpool.trip_stops (id) NOT VALID,
    ADD CONSTRAINT fk_bookings_dropoff_stop_id FOREIGN KEY (dropoff_stop_id)
        REFERENCES carpool.trip_stops (id) NOT VALID;
ALTER TABLE carpool.bookings VALIDATE CONSTRAINT fk_bookings_pickup_stop_id;
ALTER TABLE carpool.bookings VALIDATE CONSTRAINT fk_bookings_dropoff_stop_id;

ALTER TABLE carpool.trips
    DROP COLUMN cancel_reason,
    DROP COLUMN rerouted_at,
    DROP COLUMN agreed_departure;

-- Two vehicles of one plate, one of them retired, cannot both keep it.
UPDATE carpool.vehicles SET plate_number = plate_number || ' ' || id::text WHERE retired_at IS NOT NULL;
DROP INDEX carpool.uq_vehicles_plate_number;
ALTER TABLE carpool.vehicles ADD CONSTRAINT uq_vehicles_plate_number UNIQUE (plate_number);
ALTER TABLE carpool.vehicles DROP COLUMN retired_at;

DROP INDEX carpool.ix_trip_legs_search;
CREATE INDEX ix_trip_legs_search ON carpool.trip_legs USING gist (departure_time, origin, destination);
