"""Write deploy/compose/.env from its example, with something random wherever nothing stands, unless it is there."""

import os
import secrets
from pathlib import Path

FOLDER = Path(__file__).resolve().parent.parent / "deploy/compose"


def main(folder: Path = FOLDER) -> None:
    """Write it, for its owner alone."""
    path = folder / ".env"
    if path.exists():
        return
    lines = (folder / ".env.example").read_text(encoding="utf-8").splitlines()
    text = "".join(f"{line}{secrets.token_hex(24) if line.endswith('=') else ''}\n" for line in lines)
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
        file.write(text)
    print(f"{path}: written, with passwords of its own")


if __name__ == "__main__":
    main()
