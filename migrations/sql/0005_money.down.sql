DROP INDEX carpool.ix_wallet_txns_ref;
ALTER TABLE carpool.wallets DROP COLUMN spend_only;
DROP TABLE carpool.payouts, carpool.payout_batches;
UPDATE platform.journal_entries AS e SET ref_type = 'payment', ref_id = r.payment_id
FROM carpool.refunds AS r
WHERE e.kind IN ('refund_sent', 'refund_to_wallet') AND e.ref_type = 'refund' AND e.ref_id = r.id;
DROP TABLE carpool.refunds;
UPDATE platform.journal_entries AS e SET ref_type = 'booking', ref_id = p.booking_id
FROM carpool.payments AS p
WHERE e.kind = 'booking_paid' AND e.ref_type = 'payment' AND e.ref_id = p.id;
DROP INDEX carpool.ix_payments_flags;
ALTER TABLE carpool.payments
    DROP COLUMN provider_keys,
    DROP COLUMN notif_token,
    DROP COLUMN promo_id,
    DROP COLUMN discount,
    DROP COLUMN attempts,
    DROP COLUMN paid_at,
    DROP COLUMN checked_at;
ALTER TABLE platform.journal_entries DROP CONSTRAINT ck_journal_entries_kind;
ALTER TABLE platform.journal_entries ADD CONSTRAINT ck_journal_entries_kind CHECK (
    kind IN (
        'booking_paid', 'ride_completed', 'payment_without_booking', 'refund_sent', 'refund_to_wallet',
        'booking_cancelled', 'fee_from_wallet', 'driver_penalty'
    )
) NOT VALID;
ALTER TABLE platform.accounts DROP CONSTRAINT ck_accounts_kind;
ALTER TABLE platform.accounts ADD CONSTRAINT ck_accounts_kind CHECK (
    kind IN ('clearing', 'escrow', 'commission', 'driver_payable', 'refunds_due', 'wallet', 'penalties')
) NOT VALID;
