ALTER TABLE carpool.users
    ADD COLUMN needs_code boolean DEFAULT false NOT NULL,
    ADD COLUMN erased_at timestamptz;
UPDATE carpool.users SET erased_at = updated_at WHERE NOT is_active AND phone IS NULL AND email IS NULL;

-- What the back office finds somebody by: without case and accents, a space before each word.
CREATE FUNCTION carpool.sought(phone text, email text, first_name text, last_name text) RETURNS text
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN regexp_replace(
        normalize(
            lower(
                ' ' || coalesce(phone, '') || ' ' || coalesce(email, '') || ' ' || coalesce(first_name, '') || ' '
                || coalesce(last_name, '')
            ),
            NFKD
        ),
        '[\u0300-\u036f]', '', 'g'
    );
CREATE INDEX ix_users_sought ON carpool.users
    USING gin (carpool.sought(phone, email, first_name, last_name) gin_trgm_ops);
CREATE INDEX ix_users_closed ON carpool.users (created_at) WHERE NOT is_active;

CREATE TABLE carpool.user_notes (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    user_id uuid NOT NULL,
    author_id uuid NOT NULL,
    text text,
    struck_at timestamptz,
    struck_by uuid,
    version integer DEFAULT 1 NOT NULL,
    created_at timestamptz DEFAULT now() NOT NULL,
    CONSTRAINT pk_user_notes PRIMARY KEY (id),
    CONSTRAINT fk_user_notes_user_id FOREIGN KEY (user_id) REFERENCES carpool.users (id),
    CONSTRAINT fk_user_notes_author_id FOREIGN KEY (author_id) REFERENCES carpool.admin_users (id),
    CONSTRAINT ck_user_notes_text CHECK (char_length(text) BETWEEN 1 AND 2000),
    CONSTRAINT ck_user_notes_struck CHECK ((text IS NULL) = (struck_at IS NOT NULL))
);
CREATE INDEX ix_user_notes_user_id_created_at ON carpool.user_notes (user_id, created_at);

CREATE TABLE carpool.user_segments (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    name text NOT NULL,
    filters jsonb NOT NULL,
    created_by uuid NOT NULL,
    version integer DEFAULT 1 NOT NULL,
    created_at timestamptz DEFAULT now() NOT NULL,
    updated_at timestamptz DEFAULT now() NOT NULL,
    CONSTRAINT pk_user_segments PRIMARY KEY (id)
);
CREATE UNIQUE INDEX uq_user_segments_name ON carpool.user_segments (lower(name));

ALTER TABLE carpool.messages ADD COLUMN hidden_at timestamptz;

CREATE TABLE carpool.moderation_reviews (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    kind text NOT NULL,
    subject_id uuid NOT NULL,
    outcome text NOT NULL,
    note text,
    admin_id uuid NOT NULL,
    version integer DEFAULT 1 NOT NULL,
    created_at timestamptz DEFAULT now() NOT NULL,
    updated_at timestamptz DEFAULT now() NOT NULL,
    CONSTRAINT pk_moderation_reviews PRIMARY KEY (id),
    CONSTRAINT uq_moderation_reviews_kind_subject_id UNIQUE (kind, subject_id),
    CONSTRAINT ck_moderation_reviews_kind CHECK (kind IN ('report', 'message')),
    CONSTRAINT ck_moderation_reviews_outcome CHECK (outcome IN ('reviewed', 'dismissed'))
);
CREATE INDEX ix_user_reports_created_at ON carpool.user_reports (created_at);

GRANT SELECT, INSERT, UPDATE, DELETE ON carpool.user_notes, carpool.user_segments TO allonova_app;
GRANT SELECT, INSERT, UPDATE ON carpool.moderation_reviews TO allonova_app;
