-- The oldest of each kind, for the clean-up.
CREATE INDEX ix_otp_codes_expires_at ON platform.otp_codes (expires_at);
CREATE INDEX ix_attempts_last ON platform.attempts ((times[cardinality(times)]));
CREATE INDEX ix_sessions_created_at ON platform.sessions (created_at);
CREATE INDEX ix_contact_changes_created_at ON carpool.contact_changes (created_at);
CREATE INDEX ix_devices_updated_at ON carpool.devices (updated_at);
CREATE INDEX ix_notices_created_at ON carpool.notices (created_at);
CREATE INDEX ix_reminders_created_at ON carpool.reminders (created_at);
CREATE INDEX ix_messages_kept ON carpool.messages (created_at) WHERE content IS NOT NULL;
CREATE INDEX ix_job_runs_lease_until ON platform.job_runs (lease_until);
CREATE INDEX ix_job_requests_created_at ON platform.job_requests (created_at);
CREATE INDEX ix_webhook_events_received_at ON platform.webhook_events (received_at);
CREATE INDEX ix_uploads_swept ON carpool.uploads (swept_at) WHERE swept_at IS NOT NULL;
CREATE INDEX ix_exports_updated_at ON platform.exports (updated_at);
CREATE INDEX ix_user_notes_created_at ON carpool.user_notes (created_at);
CREATE INDEX ix_user_reports_kept ON carpool.user_reports (updated_at) WHERE status = 'closed' AND reason <> '';
CREATE INDEX ix_disputes_decided ON carpool.disputes (resolved_at) WHERE resolved_at IS NOT NULL;
CREATE INDEX ix_ride_proofs_created_at ON carpool.ride_proofs (created_at);
CREATE INDEX ix_payments_words ON carpool.payments (updated_at) WHERE raw_payload IS NOT NULL OR intent IS NOT NULL;
CREATE INDEX ix_payouts_phones ON carpool.payouts (created_at) WHERE phone <> '';
CREATE INDEX ix_kyc_documents_refused ON carpool.kyc_documents (reviewed_at) WHERE status = 'rejected';
CREATE INDEX ix_users_erased ON carpool.users (erased_at) WHERE erased_at IS NOT NULL;
CREATE INDEX ix_devices_updated_at ON dispatch.devices (updated_at);
CREATE INDEX ix_notifications_created_at ON dispatch.notifications (created_at);
CREATE INDEX ix_deplacements_created_at ON dispatch.deplacements (created_at);

-- What sides wrote when they cancelled stays out of the history, which nobody can erase; it stands on the booking.
UPDATE carpool.booking_events SET meta = jsonb_set(meta, '{reason}', '"cancelled"')
WHERE to_status = 'cancelled' AND by IN ('passenger', 'driver')
    AND meta ->> 'reason' NOT IN ('cancelled', 'rejected', 'no_show', 'driver_no_show', 'contested');

-- When somebody was erased by his company.
ALTER TABLE dispatch.clients ADD COLUMN efface_at timestamptz;
ALTER TABLE dispatch.users ADD COLUMN efface_at timestamptz;

-- What is worked through and is no proof of anything.
GRANT DELETE ON platform.job_runs, platform.exports TO allonova_app;

-- What the application only adds to goes when its time is over, and no other way.
CREATE FUNCTION carpool.forget_reminders(since timestamptz, at_most integer) RETURNS bigint
    LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
    BEGIN ATOMIC
        WITH old AS (
            SELECT id FROM carpool.reminders WHERE created_at < since
            ORDER BY created_at LIMIT at_most FOR UPDATE SKIP LOCKED
        ), gone AS (
            DELETE FROM carpool.reminders WHERE id IN (SELECT id FROM old) RETURNING 1
        )
        SELECT count(*) FROM gone;
    END;

CREATE FUNCTION carpool.forget_ride_proofs(since timestamptz, at_most integer) RETURNS bigint
    LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
    BEGIN ATOMIC
        WITH old AS (
            SELECT id FROM carpool.ride_proofs WHERE created_at < since
            ORDER BY created_at LIMIT at_most FOR UPDATE SKIP LOCKED
        ), gone AS (
            DELETE FROM carpool.ride_proofs WHERE id IN (SELECT id FROM old) RETURNING 1
        )
        SELECT count(*) FROM gone;
    END;

-- Of all companies, past row-level security.
CREATE FUNCTION dispatch.forget_devices(since timestamptz, at_most integer) RETURNS bigint
    LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
    BEGIN ATOMIC
        WITH old AS (
            SELECT id FROM dispatch.devices WHERE updated_at < since
            ORDER BY updated_at LIMIT at_most FOR UPDATE SKIP LOCKED
        ), gone AS (
            DELETE FROM dispatch.devices WHERE id IN (SELECT id FROM old) RETURNING 1
        )
        SELECT count(*) FROM gone;
    END;

CREATE FUNCTION dispatch.forget_notifications(since timestamptz, at_most integer) RETURNS bigint
    LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
    BEGIN ATOMIC
        WITH old AS (
            SELECT id FROM dispatch.notifications WHERE created_at < since
            ORDER BY created_at LIMIT at_most FOR UPDATE SKIP LOCKED
        ), gone AS (
            DELETE FROM dispatch.notifications WHERE id IN (SELECT id FROM old) RETURNING 1
        )
        SELECT count(*) FROM gone;
    END;

CREATE FUNCTION dispatch.forget_deplacements(since timestamptz, at_most integer) RETURNS bigint
    LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
    BEGIN ATOMIC
        WITH old AS (
            SELECT id FROM dispatch.deplacements WHERE created_at < since
            ORDER BY created_at LIMIT at_most FOR UPDATE SKIP LOCKED
        ), gone AS (
            DELETE FROM dispatch.deplacements WHERE id IN (SELECT id FROM old) RETURNING 1
        )
        SELECT count(*) FROM gone;
    END;

REVOKE ALL ON FUNCTION
    carpool.forget_reminders, carpool.forget_ride_proofs,
    dispatch.forget_devices, dispatch.forget_notifications, dispatch.forget_deplacements
FROM PUBLIC;
GRANT EXECUTE ON FUNCTION
    carpool.forget_reminders, carpool.forget_ride_proofs,
    dispatch.forget_devices, dispatch.forget_notifications, dispatch.forget_deplacements
TO allonova_app;
