"""Which files the rows of a database count on; the files themselves are in no backup of it."""

from __future__ import annotations

from allonova.adapters.postgres.runner import Runner

# A photo's address is ours with its key at the end; one from elsewhere is not kept by us.
_KEPT = """
SELECT substring(photo_url FROM '^.*/files/(.+)$') FROM carpool.users WHERE photo_url LIKE '%/files/%'
UNION SELECT front_url FROM carpool.kyc_documents
UNION SELECT back_url FROM carpool.kyc_documents WHERE back_url IS NOT NULL
UNION SELECT object_key FROM carpool.dispute_evidence WHERE object_key IS NOT NULL
UNION SELECT content FROM carpool.messages WHERE type = 'image' AND content IS NOT NULL
UNION SELECT object_key FROM platform.exports WHERE object_key IS NOT NULL AND status = 'done'
ORDER BY 1
"""


async def kept_files(runner: Runner) -> list[str]:
    """Keys of what users, papers, disputes, chats and exports say is there."""
    return [row[0] for row in await runner.fetch(_KEPT)]
