ALTER TABLE carpool.trips DROP COLUMN series_id, DROP COLUMN is_return;
DROP TABLE carpool.trip_series;
