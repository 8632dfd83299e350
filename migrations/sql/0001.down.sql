-- Both schemas hold nothing but ours.
DROP SCHEMA carpool CASCADE;
DROP SCHEMA platform CASCADE;
