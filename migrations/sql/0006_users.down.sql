DROP INDEX carpool.ix_user_reports_created_at;
DROP TABLE carpool.moderation_reviews;
ALTER TABLE carpool.messages DROP COLUMN hidden_at;
DROP TABLE carpool.user_segments;
DROP TABLE carpool.user_notes;
DROP INDEX carpool.ix_users_closed;
DROP INDEX carpool.ix_users_sought;
DROP FUNCTION carpool.sought;
ALTER TABLE carpool.users DROP COLUMN erased_at, DROP COLUMN needs_code;
