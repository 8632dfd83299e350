-- What the two sides of a booking write to each other. Nothing of it is left in the row once its writer is erased.
CREATE TABLE carpool.messages (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    booking_id uuid NOT NULL,
    from_user_id uuid NOT NULL,
    type text NOT NULL,
    content text,
    client_id text,
    flags text[] DEFAULT '{}'::text[] NOT NULL,
    read_at timestamptz,
    version integer DEFAULT 1 NOT NULL,
    created_at timestamptz DEFAULT now() NOT NULL,
    CONSTRAINT pk_messages PRIMARY KEY (id),
    -- The order of a chat, and what its list and its read marks are looked up by.
    CONSTRAINT uq_messages_booking_id_created_at UNIQUE (booking_id, created_at),
    -- Also finds all that somebody wrote, to be exported or erased.
    CONSTRAINT uq_messages_from_user_id_client_id UNIQUE (from_user_id, client_id),
    CONSTRAINT fk_messages_booking_id FOREIGN KEY (booking_id) REFERENCES carpool.bookings (id),
    CONSTRAINT fk_messages_from_user_id FOREIGN KEY (from_user_id) REFERENCES carpool.users (id),
    CONSTRAINT ck_messages_type CHECK (type IN ('text', 'image')),
    CONSTRAINT ck_messages_content CHECK (char_length(content) BETWEEN 1 AND 2000),
    CONSTRAINT ck_messages_flags CHECK (flags <@ '{phone,link,money}'::text[])
);
-- What people of the back office look at: few among many.
CREATE INDEX ix_messages_flagged ON carpool.messages (created_at) WHERE flags <> '{}'::text[];

ALTER TABLE carpool.uploads DROP CONSTRAINT ck_uploads_purpose;
ALTER TABLE carpool.uploads ADD CONSTRAINT ck_uploads_purpose CHECK (purpose IN ('photo', 'paper', 'message'));

GRANT SELECT, INSERT, UPDATE ON carpool.messages TO allonova_app;
