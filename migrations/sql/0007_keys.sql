-- Which key a hash was derived by; what is there already does not say.
ALTER TABLE platform.suppressed_addresses ADD COLUMN kid text;

-- Payout numbers in clear: codes that wait for an answer have to be asked for again, and counters begin anew.
DELETE FROM platform.otp_codes WHERE purpose IN ('payout_wave', 'payout_mtn');
DELETE FROM platform.attempts WHERE key ~ '^(otp-send|otp-try|link-send):';
