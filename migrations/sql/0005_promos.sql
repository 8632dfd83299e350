CREATE TABLE carpool.promos (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    code text NOT NULL,
    type text NOT NULL,
    value numeric(12, 2) NOT NULL,
    max_uses integer,
    per_user_limit integer,
    starts_at timestamptz NOT NULL,
    ends_at timestamptz,
    status text DEFAULT 'active' NOT NULL,
    uses integer DEFAULT 0 NOT NULL,
    version integer DEFAULT 1 NOT NULL,
    created_at timestamptz DEFAULT now() NOT NULL,
    updated_at timestamptz DEFAULT now() NOT NULL,
    CONSTRAINT pk_promos PRIMARY KEY (id),
    CONSTRAINT uq_promos_code UNIQUE (code),
    -- Unique without regard to case, by any way in.
    CONSTRAINT ck_promos_capitals CHECK (code = upper(code)),
    CONSTRAINT ck_promos_type CHECK (type IN ('amount', 'percent')),
    CONSTRAINT ck_promos_value CHECK (value >= 0 AND value = trunc(value)),
    CONSTRAINT ck_promos_gives CHECK (value > 0 AND (type = 'amount' OR value <= 100)),
    CONSTRAINT ck_promos_limits CHECK (max_uses > 0 AND per_user_limit > 0),
    CONSTRAINT ck_promos_period CHECK (ends_at > starts_at),
    CONSTRAINT ck_promos_status CHECK (status IN ('active', 'inactive')),
    CONSTRAINT ck_promos_uses CHECK (uses >= 0)
);
CREATE INDEX ix_promos_created_at ON carpool.promos (created_at);

ALTER TABLE carpool.payments
    ADD COLUMN promo_code text,
    ADD CONSTRAINT fk_payments_promo_id FOREIGN KEY (promo_id) REFERENCES carpool.promos (id);

CREATE TABLE carpool.promo_uses (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    promo_id uuid NOT NULL,
    user_id uuid NOT NULL,
    payment_id uuid NOT NULL,
    booking_id uuid NOT NULL,
    discount numeric(12, 2) NOT NULL,
    status text DEFAULT 'reserved' NOT NULL,
    version integer DEFAULT 1 NOT NULL,
    created_at timestamptz DEFAULT now() NOT NULL,
    updated_at timestamptz DEFAULT now() NOT NULL,
    CONSTRAINT pk_promo_uses PRIMARY KEY (id),
    CONSTRAINT uq_promo_uses_payment_id UNIQUE (payment_id),
    CONSTRAINT fk_promo_uses_promo_id FOREIGN KEY (promo_id) REFERENCES carpool.promos (id),
    CONSTRAINT fk_promo_uses_user_id FOREIGN KEY (user_id) REFERENCES carpool.users (id),
    CONSTRAINT fk_promo_uses_payment_id FOREIGN KEY (payment_id) REFERENCES carpool.payments (id),
    CONSTRAINT fk_promo_uses_booking_id FOREIGN KEY (booking_id) REFERENCES carpool.bookings (id),
    CONSTRAINT ck_promo_uses_discount CHECK (discount >= 0 AND discount = trunc(discount)),
    CONSTRAINT ck_promo_uses_gives CHECK (discount > 0),
    CONSTRAINT ck_promo_uses_status CHECK (status IN ('reserved', 'used', 'released'))
);
-- How many somebody has of one; all of one, the newest first.
CREATE INDEX ix_promo_uses_promo_id_user_id ON carpool.promo_uses (promo_id, user_id);
CREATE INDEX ix_promo_uses_promo_id_created_at ON carpool.promo_uses (promo_id, created_at);
CREATE INDEX ix_promo_uses_user_id ON carpool.promo_uses (user_id);
CREATE INDEX ix_promo_uses_booking_id ON carpool.promo_uses (booking_id);

CREATE TABLE carpool.referrals (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    referrer_id uuid NOT NULL,
    referee_id uuid NOT NULL,
    bonus_referrer numeric(12, 2) DEFAULT 0 NOT NULL,
    bonus_referee numeric(12, 2) DEFAULT 0 NOT NULL,
    status text DEFAULT 'pending' NOT NULL,
    booking_id uuid,
    earned_at timestamptz,
    version integer DEFAULT 1 NOT NULL,
    created_at timestamptz DEFAULT now() NOT NULL,
    updated_at timestamptz DEFAULT now() NOT NULL,
    CONSTRAINT pk_referrals PRIMARY KEY (id),
    CONSTRAINT uq_referrals_referee_id UNIQUE (referee_id),
    CONSTRAINT fk_referrals_referrer_id FOREIGN KEY (referrer_id) REFERENCES carpool.users (id),
    CONSTRAINT fk_referrals_referee_id FOREIGN KEY (referee_id) REFERENCES carpool.users (id),
    CONSTRAINT fk_referrals_booking_id FOREIGN KEY (booking_id) REFERENCES carpool.bookings (id),
    CONSTRAINT ck_referrals_bonus_referrer CHECK (bonus_referrer >= 0 AND bonus_referrer = trunc(bonus_referrer)),
    CONSTRAINT ck_referrals_bonus_referee CHECK (bonus_referee >= 0 AND bonus_referee = trunc(bonus_referee)),
    CONSTRAINT ck_referrals_others CHECK (referrer_id <> referee_id),
    CONSTRAINT ck_referrals_status CHECK (status IN ('pending', 'earned', 'void'))
);
CREATE INDEX ix_referrals_referrer_id ON carpool.referrals (referrer_id);
CREATE INDEX ix_referrals_booking_id ON carpool.referrals (booking_id) WHERE booking_id IS NOT NULL;
CREATE INDEX ix_referrals_status_created_at ON carpool.referrals (status, created_at);
CREATE INDEX ix_referrals_created_at ON carpool.referrals (created_at);

ALTER TABLE carpool.users ADD COLUMN referral_code text;
-- Nothing that looks like something else: no 0, 1, I, L, O. Whoever was erased gets none.
DO $$
BEGIN
    LOOP
        UPDATE carpool.users AS u SET referral_code = (
            SELECT string_agg(substr('23456789ABCDEFGHJKMNPQRSTUVWXYZ', 1 + floor(random() * 31)::integer, 1), '')
            FROM generate_series(1, 8) WHERE u.id IS NOT NULL
        )
        WHERE u.referral_code IS NULL AND (u.phone IS NOT NULL OR u.email IS NOT NULL);
        UPDATE carpool.users AS u SET referral_code = NULL
        FROM carpool.users AS other
        WHERE other.referral_code = u.referral_code AND other.id < u.id;
        EXIT WHEN NOT FOUND;
    END LOOP;
END
$$;
ALTER TABLE carpool.users ADD CONSTRAINT uq_users_referral_code UNIQUE (referral_code);

GRANT SELECT, INSERT, UPDATE ON carpool.promos, carpool.promo_uses TO allonova_app;
GRANT SELECT, INSERT, UPDATE, DELETE ON carpool.referrals TO allonova_app;
