"""Pages in Chinese say what the English ones say: the same headings, commands, tables and links."""

import os
import re
from pathlib import Path

import pytest

from texts.language import Language, _, speaking

ROOT = Path(__file__).parents[1]
# scripts/docs.py writes some pages in both languages; tests/test_docs.py holds them.
TRANSLATED = [
    "README.zh.md",
    *sorted(
        f"docs/zh/{path.name}"
        for path in (ROOT / "docs" / "zh").glob("*.md")
        if "Written by scripts/docs.py" not in path.read_text(encoding="utf-8")
    ),
]

# Pages for programmers, who press none.
WITHOUT_BUTTONS = [
    "docs/zh/cluster.md",
    "docs/zh/deployment.md",
    "docs/zh/responses.md",
    "docs/zh/scale.md",
    "docs/zh/trainer.md",
    "docs/zh/workspaces.md",
]

# Between fences, or indented by four after an empty line.
_BLOCK = re.compile(r"^( *)```[^\n]*\n.*?^\1```$|(?<=\n\n)(?: {4}[^\n]+\n|\n(?= {4}))+", re.MULTILINE | re.DOTALL)
_CODE = re.compile(r"`([^`\n]+)`")
_LINK = re.compile(r"\]\(([^)\s]+)\)")


def english_of(page: str) -> str:
    return page.replace("docs/zh/", "docs/").replace("README.zh.md", "README.md")


def text(page: str) -> str:
    return (ROOT / page).read_text(encoding="utf-8")


def prose(page: str) -> str:
    """Without blocks of code; what the lines of a paragraph break apart is joined."""
    return _BLOCK.sub("", text(page))


def blocks(page: str) -> list[str]:
    return [match[0].strip() for match in _BLOCK.finditer(text(page))]


def headings(page: str) -> list[int]:
    """Their levels, in order."""
    return [len(line.split()[0]) for line in prose(page).splitlines() if re.match(r"#+ ", line)]


def tables(page: str) -> list[list[int]]:
    """Of each table, the cells of each row."""
    found: list[list[int]] = [[]]
    for line in prose(page).splitlines():
        if line.startswith("|"):
            found[-1].append(len(re.findall(r"(?<!\\)\|", line)) - 1)
        elif found[-1]:
            found.append([])
    return [rows for rows in found if rows]


def items(page: str) -> int:
    """Of lists."""
    return len(re.findall(r"^ *(?:-|\d+\.) ", prose(page), re.MULTILINE))


def links(page: str) -> list[str]:
    """Whereto, from the root of the repository, each as its English page; places within a page are left out, for
    headings are translated."""
    found = []
    for target in _LINK.findall(prose(page)):
        if "://" in target:
            found.append(target)
        elif place := target.partition("#")[0]:
            path = os.path.normpath(Path(page).parent / place)
            assert (ROOT / path).exists(), f"{page} links to {target}"
            found.append(english_of(path))
    return sorted(set(found) - {english_of(page)})


def emphasised(page: str) -> set[str]:
    return set(re.findall(r"(?<!\*)\*([^*\n]+)\*(?!\*)", prose(page)))


def said(message: str) -> str:
    with speaking(Language.CHINESE):
        return _(message)


@pytest.mark.parametrize("page", TRANSLATED)
def test_a_page_in_chinese_is_built_like_the_english_one(page: str) -> None:
    english = english_of(page)
    assert headings(page) == headings(english)
    assert blocks(page) == blocks(english)
    assert tables(page) == tables(english)
    assert items(page) == items(english)
    assert links(page) == links(english)


@pytest.mark.parametrize("page", TRANSLATED)
def test_a_page_in_chinese_names_the_same_commands_settings_and_fields(page: str) -> None:
    known, named = set(_CODE.findall(prose(english_of(page)))), set(_CODE.findall(prose(page)))
    assert named - known == set()
    assert known - named == set()


@pytest.mark.parametrize("page", TRANSLATED)
def test_buttons_are_called_in_a_page_as_they_are_in_slack(page: str) -> None:
    labels = {label: said(label) for label in emphasised(english_of(page)) if said(label) != label}
    assert labels or page in WITHOUT_BUTTONS
    shown = emphasised(page)
    assert [label for label, chinese in labels.items() if not any(chinese in each for each in shown)] == []


@pytest.mark.parametrize("page", TRANSLATED)
def test_each_page_links_to_the_other(page: str) -> None:
    english = english_of(page)
    assert f"[English]({os.path.relpath(english, Path(page).parent)})" in text(page)
    assert f"[简体中文]({os.path.relpath(page, Path(english).parent)})" in text(english)
