"""Standard markdown as HTML, as far as Slack's markdown block and streamed text go. No raw HTML gets through.

docs.slack.dev/reference/block-kit/blocks/markdown-block (read 2026-11-21).
"""

import html
import re
from collections.abc import Callable

from sandbox.emoji import shortcodes
from sandbox.mrkdwn import SAFE_SCHEMES


def to_html(text: str) -> str:
    """Headings, lists, quotes, fences, tables, rules, paragraphs. Unfinished text (a stream) is fine too."""
    return "\n".join(_blocks(text.replace("\x00", "").split("\n")))


def _blocks(lines: list[str]) -> list[str]:
    out: list[str] = []
    paragraph: list[str] = []
    i = 0

    def flush() -> None:
        if paragraph:
            out.append(f"<p>{'<br>'.join(map(inline, paragraph))}</p>")
            paragraph.clear()

    while i < len(lines):
        line = lines[i]
        if fence := re.match(r"\s*(```|~~~)\s*([\w+-]*)\s*$", line):
            flush()
            end = next((j for j in range(i + 1, len(lines)) if lines[j].strip() == fence[1]), len(lines))
            out.append(f"<pre>{html.escape(chr(10).join(lines[i + 1 : end]))}</pre>")
            i = end + 1
            continue
        if heading := re.match(r"(#{1,6})\s+(.+?)\s*#*$", line):
            flush()
            level = min(6, len(heading[1]) + 2)  # the page itself has the first two
            out.append(f"<h{level}>{inline(heading[2])}</h{level}>")
        elif re.fullmatch(r"\s*([-*_])(\s*\1){2,}\s*", line):
            flush()
            out.append("<hr>")
        elif line.startswith(">"):
            flush()
            quoted = _run(lines, i, lambda text: text.startswith(">"))
            inner = _blocks([re.sub(r"^> ?", "", q) for q in quoted])
            out.append(f"<blockquote>{''.join(inner)}</blockquote>")
            i += len(quoted)
            continue
        elif _ITEM.match(line):
            flush()
            items = _run(lines, i, lambda text: bool(_ITEM.match(text) or re.match(r"\s{2,}\S", text)))
            out.append(_list(items))
            i += len(items)
            continue
        elif "|" in line and i + 1 < len(lines) and re.fullmatch(r"[\s|:-]*-[\s|:-]*", lines[i + 1]):
            flush()
            rows = _run(lines, i, lambda text: "|" in text)
            out.append(_table(rows))
            i += len(rows)
            continue
        elif line.strip():
            paragraph.append(line.strip())
        else:
            flush()
        i += 1
    flush()
    return out


def inline(text: str) -> str:
    """Code, links, emphasis within a line."""
    stash: list[str] = []

    def keep(markup: str) -> str:
        stash.append(markup)
        return f"\x00{len(stash) - 1}\x00"

    def link(match: re.Match[str]) -> str:
        if not match[2].startswith(SAFE_SCHEMES):
            return match[0]
        address = html.escape(match[2])
        return keep(f'<a href="{address}" target="_blank" rel="noopener noreferrer">{inline(match[1])}</a>')

    text = re.sub(r"`([^`]+)`", lambda m: keep(f"<code>{html.escape(m[1])}</code>"), text)
    text = re.sub(r"!?\[([^\]]*)\]\((\S+?)\)", link, text)
    text = re.sub(r"(?<!\()\bhttps?://[^\s<>)]+", lambda m: keep(_bare(m[0])), text)
    text = re.sub(r"\\([\\`*_{}\[\]()#+.!~|>-])", lambda m: keep(html.escape(m[1])), text)
    text = html.escape(text)
    text = re.sub(r"\*\*(?=\S)(.+?)(?<=\S)\*\*|__(?=\S)(.+?)(?<=\S)__", _tag("strong"), text)
    text = re.sub(r"(?<![*\w])\*(?=\S)([^*]+?)(?<=\S)\*(?!\*)|(?<!\w)_(?=\S)([^_]+?)(?<=\S)_(?!\w)", _tag("em"), text)
    text = re.sub(r"~~(?=\S)(.+?)(?<=\S)~~()", _tag("s"), text)
    text = shortcodes(text)
    while "\x00" in text:
        text = re.sub("\x00(\\d+)\x00", lambda m: stash[int(m[1])], text)
    return text


def _bare(address: str) -> str:
    safe = html.escape(address)
    return f'<a href="{safe}" target="_blank" rel="noopener noreferrer">{safe}</a>'


_ITEM = re.compile(r"(\s*)([-*+]|\d{1,9}[.)])\s+(.*)")


def _tag(name: str) -> Callable[[re.Match[str]], str]:
    return lambda m: f"<{name}>{m[1] or m[2]}</{name}>"


def _run(lines: list[str], start: int, belongs: Callable[[str], bool]) -> list[str]:
    """The lines from `start` on that belong together."""
    end = start
    while end < len(lines) and belongs(lines[end]):
        end += 1
    return lines[start:end]


def _list(lines: list[str]) -> str:
    """Items of one list; deeper indentation is a list within the item."""
    first = _ITEM.match(lines[0])
    assert first is not None
    indent = len(first[1])
    tag = "ol" if first[2][0].isdigit() else "ul"
    items: list[tuple[str, list[str]]] = []
    for line in lines:
        match = _ITEM.match(line)
        if match is not None and len(match[1]) <= indent:
            items.append((match[3], []))
        elif items:
            items[-1][1].append(line)
    body = ""
    for text, below in items:
        nested = below and _ITEM.match(below[0])
        body += f"<li>{_task(text)}{_list(below) if nested else ' '.join(inline(b.strip()) for b in below)}</li>"
    start = f' start="{int(first[2][:-1])}"' if tag == "ol" and first[2][:-1] != "1" else ""
    return f"<{tag}{start}>{body}</{tag}>"


def _task(text: str) -> str:
    if text.startswith(("[ ] ", "[x] ", "[X] ")):
        return ("☑ " if text[1] in "xX" else "☐ ") + inline(text[4:])
    return inline(text)


def _table(rows: list[str]) -> str:
    cells = [[c.strip() for c in row.strip().strip("|").split("|")] for row in rows]
    head = "".join(f"<th>{inline(c)}</th>" for c in cells[0])
    body = "".join(f"<tr>{''.join(f'<td>{inline(c)}</td>' for c in row)}</tr>" for row in cells[2:])
    return f'<div class="table"><table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>'
