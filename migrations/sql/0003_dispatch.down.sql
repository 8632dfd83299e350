-- Back to a service without dispatch; what companies kept is lost, and links of their staff with it.

DROP SCHEMA dispatch CASCADE;
DROP TABLE platform.job_runs;
DELETE FROM platform.link_tokens WHERE purpose IN ('staff_invitation', 'staff_email', 'staff_password');
DELETE FROM platform.refresh_tokens USING platform.sessions
    WHERE sessions.id = refresh_tokens.session_id AND sessions.audience = 'nova';
DELETE FROM platform.sessions WHERE audience = 'nova';
ALTER TABLE carpool.bookings DROP CONSTRAINT ck_bookings_cancelled_by,
    ADD CONSTRAINT ck_bookings_cancelled_by CHECK (cancelled_by IN ('passenger', 'driver', 'owner', 'admin', 'system', 'provider'));
ALTER TABLE carpool.booking_events DROP CONSTRAINT ck_booking_events_by,
    ADD CONSTRAINT ck_booking_events_by CHECK (by IN ('passenger', 'driver', 'owner', 'admin', 'system', 'provider'));
ALTER TABLE platform.audit_logs DROP CONSTRAINT ck_audit_logs_actor_type,
    ADD CONSTRAINT ck_audit_logs_actor_type CHECK (actor_type IN ('passenger', 'driver', 'owner', 'admin', 'system', 'provider')) NOT VALID;
ALTER TABLE platform.link_tokens DROP CONSTRAINT ck_link_tokens_purpose,
    ADD CONSTRAINT ck_link_tokens_purpose CHECK (purpose IN ('email_verify', 'password_reset', 'admin_password'));
DROP EXTENSION IF EXISTS pg_trgm;
