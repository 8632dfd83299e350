"""The documentation's site: what would mislead a reader ends its build."""

from __future__ import annotations

import json
from pathlib import Path

import docs_site
import pytest


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A repository with a page, a decision and something to link to."""
    for name, text in {
        "CHANGELOG.md": "# Changes\n",
        "src/seats.py": "SEATS = 8\n",
        "docs/index.md": "# Start\n\n[seats](../src/seats.py), [why](decisions/), [all](../src)\n",
        "docs/decisions/0001-why.md": "# 1. Why\n",
    }.items():
        path = tmp_path / "repository" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return tmp_path / "repository"


def site(folder: Path, page: str, *, found: str = "payout", style: str = "") -> Path:
    (folder / "index.html").write_text(page)
    (folder / "style.css").write_text(style)
    (folder / "search.json").write_text(json.dumps({"items": [{"title": "Money", "text": f"<p>{found}</p>"}]}))
    return folder


def test_links_lead_to_copies_when_they_leave_the_docs(root: Path, tmp_path: Path) -> None:
    pages = tmp_path / "pages"
    docs_site.gather(root, pages)
    written = (pages / "index.md").read_text()
    assert "[seats](code/src/seats.py.txt), [why](decisions/index.md), [all](code/src.txt)" in written
    assert (pages / "code/src/seats.py.txt").read_text() == "SEATS = 8\n"
    assert (pages / "code/src.txt").read_text() == "seats.py"
    assert "- [1. Why](0001-why.md)" in (pages / "decisions/index.md").read_text()


def test_build_ends_when_a_link_leads_to_no_file(root: Path, tmp_path: Path) -> None:
    (root / "docs/index.md").write_text("[gone](../src/gone.py)")
    with pytest.raises(docs_site.Unfit, match=r"docs/index\.md links to \.\./src/gone\.py"):
        docs_site.gather(root, tmp_path / "pages")


def test_library_of_diagrams_comes_along_when_a_page_has_one(root: Path, tmp_path: Path) -> None:
    (root / "docs/decisions/0001-why.md").write_text("# 1. Why\n\n```mermaid\na --> b\n```\n")
    docs_site.gather(root, tmp_path / "pages")
    assert '<script src="../assets/mermaid.js">' in (tmp_path / "pages/decisions/0001-why.md").read_text()
    assert "<script" not in (tmp_path / "pages/index.md").read_text()


@pytest.mark.parametrize(
    "page",
    [
        '<script src="https://cdn.example/x.js"></script>',
        '<img src="//cdn.example/x.png">',
        '<link rel="stylesheet" href="https://fonts.example/css">',
        '<pre class="mermaid">a --> b</pre>',
    ],
)
def test_asset_is_named_when_it_is_of_another_host(page: str, tmp_path: Path) -> None:
    (found,) = docs_site.foreign_assets(site(tmp_path, page))
    assert found.startswith("index.html ")


def test_style_is_named_when_it_loads_from_another_host(tmp_path: Path) -> None:
    folder = site(tmp_path, "", style="@import 'https://fonts.example/css'; a { background: url(data:x) }")
    assert list(docs_site.foreign_assets(folder)) == ["style.css loads https://fonts.example/css"]


def test_nothing_is_named_when_all_is_at_home(tmp_path: Path) -> None:
    page = (
        '<a href="https://example.org">out</a><link rel="canonical" href="https://docs.example/">'
        '<pre class="mermaid">a</pre><script src="../assets/mermaid.js"></script>'
    )
    assert list(docs_site.foreign_assets(site(tmp_path, page, style="a { background: url(x.png) }"))) == []


def test_word_is_named_when_the_search_does_not_find_it(tmp_path: Path) -> None:
    folder = site(tmp_path, "", found="Payouts leave twice a day")
    assert list(docs_site.unfound(folder, ("payout", "ticket"))) == ["the search does not find 'ticket'"]
