ALTER TABLE carpool.users
    ADD COLUMN rating_sum integer DEFAULT 0 NOT NULL,
    ADD COLUMN demoted_until timestamptz;
UPDATE carpool.users SET rating_sum = round(rating_avg * rating_count) WHERE rating_count > 0;

CREATE TABLE carpool.ratings (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    booking_id uuid NOT NULL,
    from_user_id uuid NOT NULL,
    to_user_id uuid NOT NULL,
    role text NOT NULL,
    stars integer NOT NULL,
    comment text,
    closes_at timestamptz NOT NULL,
    shown_at timestamptz,
    comment_hidden boolean DEFAULT false NOT NULL,
    hidden_reason text,
    version integer DEFAULT 1 NOT NULL,
    created_at timestamptz DEFAULT now() NOT NULL,
    updated_at timestamptz DEFAULT now() NOT NULL,
    CONSTRAINT pk_ratings PRIMARY KEY (id),
    CONSTRAINT fk_ratings_booking_id FOREIGN KEY (booking_id) REFERENCES carpool.bookings (id),
    CONSTRAINT fk_ratings_from_user_id FOREIGN KEY (from_user_id) REFERENCES carpool.users (id),
    CONSTRAINT fk_ratings_to_user_id FOREIGN KEY (to_user_id) REFERENCES carpool.users (id),
    CONSTRAINT uq_ratings_booking_id_from_user_id UNIQUE (booking_id, from_user_id),
    CONSTRAINT ck_ratings_role CHECK (role IN ('driver', 'passenger')),
    CONSTRAINT ck_ratings_stars CHECK (stars BETWEEN 1 AND 5),
    CONSTRAINT ck_ratings_others CHECK (from_user_id <> to_user_id)
);
CREATE INDEX ix_ratings_shown ON carpool.ratings (to_user_id, created_at) WHERE shown_at IS NOT NULL;
CREATE INDEX ix_ratings_hidden ON carpool.ratings (closes_at) WHERE shown_at IS NULL;
CREATE INDEX ix_ratings_to_user_id ON carpool.ratings (to_user_id);
CREATE INDEX ix_ratings_from_user_id_created_at ON carpool.ratings (from_user_id, created_at);
CREATE INDEX ix_ratings_created_at ON carpool.ratings (created_at);

GRANT SELECT, INSERT, UPDATE, DELETE ON carpool.ratings TO allonova_app;
