"""Build the documentation as a site that needs nobody else's server: `make site` writes build/site.

Pages come from docs/ and CHANGELOG.md. What they link to outside of these is copied beside them as text, so that a
reader without the repository gets there too. A link or anchor that leads nowhere, an asset of another host and a search
that does not find its words end the build.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path

from npm import install

ROOT = Path(__file__).resolve().parents[1]
BUILD = ROOT / "build/docs-site"
SITE = ROOT / "build/site"
PARTS = ROOT / "docs/site"
DIAGRAMS = "node_modules/@mermaid-js/tiny/dist/mermaid.tiny.js"
LINK = re.compile(r"\]\((?![a-z]+:|#)([^)#\s]+)(#[^)\s]*)?\)")
FENCE = re.compile(r"(^ *```.*?^ *```)", re.DOTALL | re.MULTILINE)
DECISION = re.compile(r"# (\d+)\. (.+)")
ASSETS = {"script": "src", "img": "src", "iframe": "src", "source": "src", "link": "href"}
FOREIGN = re.compile(r"(?:https?:)?//")
WANTED = ("payout", "idempotency", "chauffeur", "restore", "ticket")  # words that a reader looks for


class Unfit(Exception):
    """The site would mislead its readers."""


def main() -> None:
    """Build the site anew, or say why it is none."""
    shutil.rmtree(BUILD, ignore_errors=True)
    pages = BUILD / "pages"
    gather(ROOT, pages)
    shutil.copy(PARTS / "zensical.toml", BUILD)
    (pages / "assets").mkdir()
    shutil.copy(_diagrams(), pages / "assets/mermaid.js")
    command = [sys.executable, "-m", "zensical", "build", "--strict"]
    done = subprocess.run(command, cwd=BUILD, capture_output=True, text=True, check=False)
    if done.returncode:
        raise Unfit(re.sub(r"\x1b\[[\d;]*m", "", done.stdout + done.stderr).partition("Traceback")[0])
    if found := [*foreign_assets(BUILD / "site"), *unfound(BUILD / "site", WANTED)]:
        raise Unfit("\n".join(found))
    shutil.rmtree(SITE, ignore_errors=True)
    shutil.move(BUILD / "site", SITE)
    print(f"{SITE.relative_to(ROOT)}: {sum(1 for _ in SITE.rglob('*.html'))} pages")


def gather(root: Path, pages: Path) -> None:
    """Bring the pages of a repository together, with their pictures and what they link to.

    Raises:
        Unfit: a link leads to nothing.
    """
    docs = root / "docs"
    sources = [path for path in docs.rglob("*.md") if not path.is_relative_to(docs / "site")]
    lost: list[str] = []
    for source in [*sorted(sources), root / "CHANGELOG.md"]:
        target = pages / (source.relative_to(docs) if source.is_relative_to(docs) else source.name)
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(_page(source, target, root, pages, lost), encoding="utf-8")
    if (docs / "pictures").is_dir():
        shutil.copytree(docs / "pictures", pages / "pictures")
    (pages / "decisions/index.md").write_text(_decisions(docs / "decisions"), encoding="utf-8")
    if lost:
        raise Unfit("\n".join(lost))


def foreign_assets(site: Path) -> Iterator[str]:
    """What a page or a style would load from another host."""
    for path in sorted(site.rglob("*.html")):
        reader = _Assets()
        reader.feed(path.read_text(encoding="utf-8"))
        yield from (f"{path.relative_to(site)} loads {asset}" for asset in reader.found if FOREIGN.match(asset))
        if reader.has_diagram and not any(asset.endswith("assets/mermaid.js") for asset in reader.found):
            yield f"{path.relative_to(site)} has a diagram, and would load its library from elsewhere"
    for path in sorted(site.rglob("*.css")):
        for asset in re.findall(r"(?:url\(|@import )[\"']?((?:https?:)?//[^\"')]+)", path.read_text(encoding="utf-8")):
            yield f"{path.relative_to(site)} loads {asset}"


def unfound(site: Path, words: tuple[str, ...]) -> Iterator[str]:
    """Words that the site's own search would not find."""
    index = json.loads((site / "search.json").read_text(encoding="utf-8"))
    texts = [f"{item['title']} {item['text']}".lower() for item in index["items"]]
    yield from (f"the search does not find '{word}'" for word in words if not any(word in text for text in texts))


class _Assets(HTMLParser):
    """Reads what a page loads by itself."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []
        self.has_diagram = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        said = dict(attrs)
        self.has_diagram = self.has_diagram or "mermaid" in (said.get("class") or "").split()
        if tag == "link" and (said.get("rel") or "") in {"canonical", "next", "prev"}:
            return  # names a page and loads nothing
        if asset := said.get(ASSETS.get(tag, "")):
            self.found.append(asset)


def _page(source: Path, target: Path, root: Path, pages: Path, lost: list[str]) -> str:
    """A page's text with links that work in the site."""

    def led(match: re.Match[str]) -> str:
        name, anchor = match[1], match[2] or ""
        path = Path(os.path.normpath(source.parent / name))
        if not path.exists():
            lost.append(f"{source.relative_to(root)} links to {name}, which is not there")
            return match[0]
        leads_to = _place(path, root, pages)
        return f"]({Path(os.path.relpath(leads_to, target.parent)).as_posix()}{anchor})"

    parts = FENCE.split(source.read_text(encoding="utf-8"))
    text = "".join(part if index % 2 else LINK.sub(led, part) for index, part in enumerate(parts))
    if "```mermaid" not in text:
        return text
    up = Path(os.path.relpath(pages / "assets/mermaid.js", target.parent)).as_posix()
    return f'{text}\n<script src="{up}"></script>\n'


def _place(path: Path, root: Path, pages: Path) -> Path:
    """Where something of the repository is in the site."""
    docs = root / "docs"
    if path == docs / "decisions":
        return pages / "decisions/index.md"
    if path == root / "CHANGELOG.md":
        return pages / "CHANGELOG.md"
    if path.is_relative_to(docs) and path.suffix in {".md", ".png"}:
        return pages / path.relative_to(docs)
    copy = pages / "code" / f"{path.relative_to(root)}.txt"
    copy.parent.mkdir(parents=True, exist_ok=True)
    if path.is_dir():
        copy.write_text("\n".join(sorted(child.name for child in path.iterdir())), encoding="utf-8")
    else:
        shutil.copyfile(path, copy)
    return copy


def _decisions(folder: Path) -> str:
    """The list of decisions, from their headings."""
    headings = {path: DECISION.match(path.read_text(encoding="utf-8")) for path in sorted(folder.glob("*.md"))}
    lines = [f"- [{said[1]}. {said[2]}]({path.name})" for path, said in headings.items() if said]
    return "\n".join(["# Decisions", "", "Why it is so, one page each.", "", *lines, ""])


def _diagrams() -> Path:
    """The library that draws diagrams, as docs/site/package-lock.json says."""
    install(PARTS)
    return PARTS / DIAGRAMS


if __name__ == "__main__":
    try:
        main()
    except Unfit as fault:
        sys.exit(f"no site: {fault}")
