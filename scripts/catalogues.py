#!/usr/bin/env python
"""Keep the catalogues of texts/: a file for each module and language, such as texts/zh/notices.po.

`update` writes into them what the modules say now: new messages without a translation, messages that are gone taken
out. `check` (part of scripts/check) writes nothing; exit code 1 and a line for each message that is missing, stale,
fuzzy, or does not fit its English: other placeholders, other code in backticks.
"""

import argparse
import ast
import io
import re
import sys
from collections.abc import Iterator
from pathlib import Path

from babel.messages.catalog import Catalog, Message
from babel.messages.pofile import read_po, write_po

from texts.language import Language
from texts.sentences import paragraphs

TEXTS = Path(__file__).parents[1] / "texts"
_COMMENT = "# Translators: "
_HEADER = """\
# The English of texts/{module} in {autonym}. Terms: docs/glossary.md. Written anew by scripts/catalogues.py update.
msgid ""
msgstr ""
"Language: {language}\\n"
"MIME-Version: 1.0\\n"
"Content-Type: text/plain; charset=utf-8\\n"
"Content-Transfer-Encoding: 8bit\\n"
"Plural-Forms: {plural_forms}\\n"

"""
_HAN = "\u3400-\u9fff"
# Slack sees a mark of bold or code only at the edge of a word, and Chinese has no spaces of its own.
_CRAMPED = re.compile(rf"[{_HAN}][`{{A-Za-z0-9]|[`}}A-Za-z0-9][{_HAN}]")
_HALF_WIDTH = re.compile(rf"[{_HAN}] ?[,;:!?()]|[,;:!?()] ?[{_HAN}]| [，。；：（）]|[，。；：（] ")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("action", choices=("update", "check"))
    if parser.parse_args().action == "update":
        for path, content in catalogues():
            if not path.exists() or path.read_text(encoding="utf-8") != content:
                path.parent.mkdir(exist_ok=True)
                path.write_text(content, encoding="utf-8")
                print(f"{path.relative_to(TEXTS.parent)} written.")
    found = list(problems())
    print(*found, sep="\n", end="\n" if found else "")
    return 1 if found else 0


def catalogues() -> Iterator[tuple[Path, str]]:
    """Each catalogue and what should stand in it: the messages of its module in their order there, with the
    translations that are known."""
    for language in set(Language) - {Language.ENGLISH}:
        known = {message.id: message for path in _written_before(language) for message in _read(path, language)}
        for module in sorted(TEXTS.rglob("*.py")):
            catalogue = Catalog(locale=language.locale)
            for message in _said(module):
                if message.id not in catalogue:
                    before = known.get(message.id)
                    string = before.string if before else None
                    added = catalogue.add(message.id, string, auto_comments=message.auto_comments)
                    added.flags = {"fuzzy"} if before and before.fuzzy else set()
            name = module.relative_to(TEXTS)
            if len(catalogue):
                yield TEXTS / language / name.with_suffix(".po"), _written(catalogue, name, language)


def _said(module: Path) -> Iterator[Message]:
    """The messages of a module in their order. (Babel's own extractor reads tokens, and stumbles over f-strings and
    calls among the arguments.) A comment for translators stands above: `# Translators: …`. What a finding's docstring
    says is a message of each paragraph: docs/findings.md is written in both languages."""
    source = module.read_text(encoding="utf-8")
    lines = source.splitlines()
    nodes = [node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Call | ast.FunctionDef)]
    for node in sorted(nodes, key=lambda node: (node.lineno, node.col_offset)):
        if isinstance(node, ast.FunctionDef):
            if "FINDINGS.sentence" in map(ast.unparse, node.decorator_list):
                yield from map(Message, paragraphs(ast.get_docstring(node) or ""))
            continue
        call = node
        if isinstance(call.func, ast.Name) and (forms := {"_": 1, "plural": 2}.get(call.func.id)):
            values = [argument.value for argument in call.args[:forms] if isinstance(argument, ast.Constant)]
            ids = [value for value in values if isinstance(value, str)]
            if len(ids) != forms:
                sys.exit(f"{module}:{call.lineno}: `{call.func.id}` takes a literal, which is what is translated.")
            above = lines[call.lineno - 2].strip() if call.lineno > 1 else ""
            comments = [above.removeprefix(_COMMENT)] if above.startswith(_COMMENT) else []
            yield Message(ids[0] if forms == 1 else tuple(ids), auto_comments=comments)


def problems() -> Iterator[str]:
    expected = dict(catalogues())
    for path, content in expected.items():
        name = path.relative_to(TEXTS.parent)
        if not path.exists() or path.read_text(encoding="utf-8") != content:
            yield f"{name}: not what its module says now. Run scripts/catalogues.py update."
    for language in set(Language) - {Language.ENGLISH}:
        translated: dict[object, object] = {}
        for path in _written_before(language):
            name = path.relative_to(TEXTS.parent)
            if path not in expected:
                yield f"{name}: its module is gone, or says nothing. Delete it."
            for message in _read(path, language):
                for problem in _wrong(message):
                    yield f"{name}: {problem}: {message.id!r}"
                if message.string != translated.setdefault(message.id, message.string):
                    yield f"{name}: translated otherwise elsewhere: {message.id!r}"


def _wrong(message: Message) -> Iterator[str]:
    originals = (message.id,) if isinstance(message.id, str) else tuple(message.id)
    forms = (message.string,) if isinstance(message.string, str) else tuple(message.string or ("",))
    if any(character in original for original in originals for character in "<>&"):
        yield "holds one of < > &, which Slack would take as markup"
    if not all(forms):
        yield "not translated"
        return
    if message.fuzzy:
        yield "marked as fuzzy"
    if {placeholder for form in forms for placeholder in _placeholders(form)} != _placeholders(originals[-1]):
        yield "other placeholders"
    if any(sorted(_code(form)) != sorted(_code(originals[-1])) for form in forms):
        yield "other code in backticks"
    if half := next(filter(None, (_HALF_WIDTH.search(re.sub("`[^`]*`", "`", form)) for form in forms)), None):
        yield f"punctuation of half width beside Chinese ({half[0]})"
    if cramped := next(filter(None, map(_CRAMPED.search, forms)), None):
        yield f"no space between Chinese and what stands beside it ({cramped[0]})"


def _placeholders(message: str) -> set[str]:
    return set(re.findall(r"\{(\w+)\}", message))


def _code(message: str) -> list[str]:
    return re.findall(r"`([^`]*)`", message)


def _written_before(language: Language) -> list[Path]:
    return sorted((TEXTS / language).rglob("*.po"))


def _read(path: Path, language: Language) -> list[Message]:
    with path.open("rb") as file:
        return [message for message in read_po(file, locale=language.locale) if message.id]


def _written(catalogue: Catalog, module: Path, language: Language) -> str:
    written = io.BytesIO()
    write_po(written, catalogue, no_location=True, omit_header=True, width=100)
    header = _HEADER.format(
        module=module.as_posix(), autonym=language.autonym, language=language, plural_forms=catalogue.plural_forms
    )
    return header + written.getvalue().decode().strip() + "\n"


if __name__ == "__main__":
    sys.exit(main())
