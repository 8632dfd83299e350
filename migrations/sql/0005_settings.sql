CREATE TABLE platform.settings (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    -- There is one record: no other row has the same truth in it.
    one boolean DEFAULT true NOT NULL,
    document jsonb DEFAULT '{}'::jsonb NOT NULL,
    version integer DEFAULT 1 NOT NULL,
    created_at timestamptz DEFAULT now() NOT NULL,
    updated_at timestamptz DEFAULT now() NOT NULL,
    CONSTRAINT pk_settings PRIMARY KEY (id),
    CONSTRAINT uq_settings_one UNIQUE (one),
    CONSTRAINT ck_settings_one CHECK (one)
);

CREATE TABLE platform.settings_history (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    version integer NOT NULL,
    admin_id uuid NOT NULL,
    changes jsonb NOT NULL,
    created_at timestamptz DEFAULT now() NOT NULL,
    CONSTRAINT pk_settings_history PRIMARY KEY (id),
    -- Each version was made once; this is also the order in which the history is read.
    CONSTRAINT uq_settings_history_version UNIQUE (version),
    CONSTRAINT fk_settings_history_admin_id FOREIGN KEY (admin_id) REFERENCES carpool.admin_users (id)
);

GRANT SELECT, INSERT, UPDATE ON platform.settings TO allonova_app;
GRANT SELECT, INSERT ON platform.settings_history TO allonova_app;
