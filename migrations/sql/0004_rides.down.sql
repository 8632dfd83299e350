DROP TABLE carpool.ride_links;
DROP TABLE carpool.ride_proofs;
DROP TABLE carpool.driver_locations;
