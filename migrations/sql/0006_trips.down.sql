DROP INDEX carpool.ix_bookings_contested, carpool.ix_bookings_departure_time;
DROP INDEX carpool.ix_trips_departure_time, carpool.ix_trips_prices;
ALTER TABLE carpool.trips DROP COLUMN stopped_for, DROP COLUMN women_only;
ALTER TABLE carpool.users DROP COLUMN gender_confirmed_by, DROP COLUMN confirmed_gender;
