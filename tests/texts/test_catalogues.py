"""scripts/catalogues.py finds what is wrong with a catalogue."""

from pathlib import Path

import pytest

from scripts import catalogues

MODULE = '''
def jobs(count):
    """A docstring."""
    # Translators: heads a list.
    return _("{count} of all", count=count, more=_("Say `/finetune jobs`.")) + plural("{count} job", "{count} jobs", 2)
'''


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of texts with one module and its up-to-date catalogue, over which the script goes."""
    folder = tmp_path / "texts"
    monkeypatch.setattr(catalogues, "TEXTS", folder)
    (folder / "zh").mkdir(parents=True)
    (folder / "jobs.py").write_text(MODULE, encoding="utf-8")
    update()
    return folder


def update() -> None:
    for path, content in catalogues.catalogues():
        path.parent.mkdir(exist_ok=True)
        path.write_text(content, encoding="utf-8")


def translate(folder: Path, *pairs: tuple[str, str]) -> Path:
    """Put the Chinese of each line of the catalogue (given whole) into it."""
    path = folder / "zh" / "jobs.po"
    text = path.read_text(encoding="utf-8")
    for line, chinese in pairs:
        key = "msgstr[0]" if "msgid_plural" in line else "msgstr"
        assert f'{line}\n{key} ""' in text
        text = text.replace(f'{line}\n{key} ""', f'{line}\n{key} "{chinese}"')
    path.write_text(text, encoding="utf-8")
    return path


OF_ALL = 'msgid "{count} of all"', "共 {count} 个"
SAY = 'msgid "Say `/finetune jobs`."', "请输入 `/finetune jobs`。"
JOBS = 'msgid "{count} job"\nmsgid_plural "{count} jobs"', "{count} 个任务"


def test_a_complete_catalogue_has_no_problems_and_an_update_keeps_it(folder: Path) -> None:
    path = translate(folder, OF_ALL, SAY, JOBS)
    assert list(catalogues.problems()) == []
    before = path.read_text(encoding="utf-8")
    assert "#. heads a list." in before
    update()
    assert path.read_text(encoding="utf-8") == before


def test_a_missing_translation_is_found(folder: Path) -> None:
    translate(folder, OF_ALL, SAY)
    assert [problem.partition(": ")[2] for problem in catalogues.problems()] == [
        "not translated: ('{count} job', '{count} jobs')"
    ]


def test_a_module_that_says_something_else_now_is_found_and_keeps_its_other_translations(
    folder: Path,
) -> None:
    path = translate(folder, OF_ALL, SAY, JOBS)
    module = folder / "jobs.py"
    module.write_text(MODULE.replace("of all", "of them"), encoding="utf-8")
    assert "jobs.po: not what its module says now" in "".join(catalogues.problems())
    update()
    assert "of all" not in path.read_text(encoding="utf-8")
    assert len(list(catalogues.problems())) == 1  # the new message, not translated yet


@pytest.mark.parametrize(
    ("message", "wrong", "problem"),
    [
        (OF_ALL, "共 {number} 个", "other placeholders"),
        (OF_ALL, "全部", "other placeholders"),
        (SAY, "请输入 `/finetune job`。", "other code in backticks"),
        (OF_ALL, "共{count} 个", "no space between Chinese"),
        (SAY, "请输入`/finetune jobs`。", "no space between Chinese"),
        (OF_ALL, "共 {count} 个 (全部)", "punctuation of half width"),
        (OF_ALL, "共 {count} 个 ，", "punctuation of half width"),
    ],
)
def test_a_translation_that_does_not_fit_is_found(
    folder: Path, message: tuple[str, str], wrong: str, problem: str
) -> None:
    right = [each for each in (OF_ALL, SAY, JOBS) if each != message]
    translate(folder, *right, (message[0], wrong))
    assert [problem in found for found in catalogues.problems()] == [True]


def test_a_fuzzy_translation_is_found_and_stays_fuzzy(folder: Path) -> None:
    path = translate(folder, OF_ALL, SAY, JOBS)
    text = path.read_text(encoding="utf-8").replace('msgid "{count} of all"', '#, fuzzy\nmsgid "{count} of all"')
    path.write_text(text, encoding="utf-8")
    update()
    assert [found for found in catalogues.problems() if "fuzzy" in found] == list(catalogues.problems()) != []


def test_a_catalogue_without_its_module_is_found(folder: Path) -> None:
    translate(folder, OF_ALL, SAY, JOBS)
    (folder / "jobs.py").rename(folder / "tasks.py")
    found = list(catalogues.problems())
    assert any("jobs.po: its module is gone" in problem for problem in found)


def test_a_module_in_a_folder_has_its_catalogue_in_a_folder(folder: Path) -> None:
    (folder / "errors").mkdir()
    (folder / "jobs.py").rename(folder / "errors" / "jobs.py")
    before = translate(folder, OF_ALL, SAY, JOBS)
    update()
    before.unlink()
    assert [path.name for path in before.parent.iterdir()] == ["errors"]
    assert list(catalogues.problems()) == []


def test_slacks_own_markup_does_not_belong_into_a_message(folder: Path) -> None:
    (folder / "jobs.py").write_text('_("Tell <!channel>")', encoding="utf-8")
    update()
    assert any("which Slack would take as markup" in problem for problem in catalogues.problems())
