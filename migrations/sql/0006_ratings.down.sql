DROP TABLE carpool.ratings;
ALTER TABLE carpool.users DROP COLUMN demoted_until, DROP COLUMN rating_sum;
