DROP INDEX platform.ix_outbox_dead;
DROP TABLE carpool.reminders;
DROP TABLE carpool.notices;
