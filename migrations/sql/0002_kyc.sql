CREATE TABLE carpool.uploads (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    user_id uuid NOT NULL,
    purpose text NOT NULL,
    object_key text NOT NULL,
    content_type text NOT NULL,
    size integer NOT NULL,
    copy_key text,
    expires_at timestamptz NOT NULL,
    closed_at timestamptz,
    swept_at timestamptz,
    version integer DEFAULT 1 NOT NULL,
    created_at timestamptz DEFAULT now() NOT NULL,
    CONSTRAINT pk_uploads PRIMARY KEY (id),
    CONSTRAINT uq_uploads_object_key UNIQUE (object_key),
    CONSTRAINT fk_uploads_user_id FOREIGN KEY (user_id) REFERENCES carpool.users (id),
    CONSTRAINT ck_uploads_purpose CHECK (purpose IN ('photo', 'paper')),
    CONSTRAINT ck_uploads_content_type CHECK (
        content_type IN ('image/jpeg', 'image/png', 'image/webp', 'application/pdf')
    ),
    CONSTRAINT ck_uploads_size CHECK (size > 0),
    CONSTRAINT ck_uploads_swept_is_closed CHECK (swept_at IS NULL OR closed_at IS NOT NULL)
);
CREATE INDEX ix_uploads_user_id ON carpool.uploads (user_id);
CREATE INDEX ix_uploads_due ON carpool.uploads (expires_at) WHERE swept_at IS NULL;
GRANT SELECT, INSERT, UPDATE, DELETE ON carpool.uploads TO allonova_app;

-- One paper of a kind that waits or has passed.
CREATE UNIQUE INDEX uq_kyc_documents_on_file ON carpool.kyc_documents (user_id, doc_type)
    WHERE status IN ('pending', 'approved');
