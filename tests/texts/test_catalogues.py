"""scripts/catalogues.py finds what is wrong with a catalogue."""

import importlib.util
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).parents[2]
MODULE = '''
def jobs(count):
    """A docstring."""
    # Translators: heads a list.
    return _("{count} of all", count=count, more=_("Say `/finetune jobs`.")) + plural("{count} job", "{count} jobs", 2)
'''


@pytest.fixture
def catalogues(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """The script, over a folder of texts of its own with one module and its up-to-date catalogue."""
    spec = importlib.util.spec_from_file_location("catalogues", ROOT / "scripts" / "catalogues.py")
    assert spec is not None
    assert spec.loader is not None
    script = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(script)
    monkeypatch.setattr(script, "TEXTS", tmp_path / "texts")
    (tmp_path / "texts" / "zh").mkdir(parents=True)
    (tmp_path / "texts" / "jobs.py").write_text(MODULE, encoding="utf-8")
    update(script)
    return script


def update(script: ModuleType) -> None:
    for path, content in script.catalogues():
        path.parent.mkdir(exist_ok=True)
        path.write_text(content, encoding="utf-8")


def translate(script: ModuleType, *pairs: tuple[str, str]) -> Path:
    """Put the Chinese of each line of the catalogue (given whole) into it."""
    path: Path = script.TEXTS / "zh" / "jobs.po"
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


def test_a_complete_catalogue_has_no_problems_and_an_update_keeps_it(catalogues: ModuleType) -> None:
    path = translate(catalogues, OF_ALL, SAY, JOBS)
    assert list(catalogues.problems()) == []
    before = path.read_text(encoding="utf-8")
    assert "#. heads a list." in before
    update(catalogues)
    assert path.read_text(encoding="utf-8") == before


def test_a_missing_translation_is_found(catalogues: ModuleType) -> None:
    translate(catalogues, OF_ALL, SAY)
    assert [problem.partition(": ")[2] for problem in catalogues.problems()] == [
        "not translated: ('{count} job', '{count} jobs')"
    ]


def test_a_module_that_says_something_else_now_is_found_and_keeps_its_other_translations(
    catalogues: ModuleType,
) -> None:
    path = translate(catalogues, OF_ALL, SAY, JOBS)
    module = catalogues.TEXTS / "jobs.py"
    module.write_text(MODULE.replace("of all", "of them"), encoding="utf-8")
    assert "jobs.po: not what its module says now" in "".join(catalogues.problems())
    update(catalogues)
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
    catalogues: ModuleType, message: tuple[str, str], wrong: str, problem: str
) -> None:
    right = [each for each in (OF_ALL, SAY, JOBS) if each != message]
    translate(catalogues, *right, (message[0], wrong))
    assert [problem in found for found in catalogues.problems()] == [True]


def test_a_fuzzy_translation_is_found_and_stays_fuzzy(catalogues: ModuleType) -> None:
    path = translate(catalogues, OF_ALL, SAY, JOBS)
    text = path.read_text(encoding="utf-8").replace('msgid "{count} of all"', '#, fuzzy\nmsgid "{count} of all"')
    path.write_text(text, encoding="utf-8")
    update(catalogues)
    assert [found for found in catalogues.problems() if "fuzzy" in found] == list(catalogues.problems()) != []


def test_a_catalogue_without_its_module_is_found(catalogues: ModuleType) -> None:
    translate(catalogues, OF_ALL, SAY, JOBS)
    (catalogues.TEXTS / "jobs.py").rename(catalogues.TEXTS / "tasks.py")
    found = list(catalogues.problems())
    assert any("jobs.po: its module is gone" in problem for problem in found)


def test_a_module_in_a_folder_has_its_catalogue_in_a_folder(catalogues: ModuleType) -> None:
    (catalogues.TEXTS / "errors").mkdir()
    (catalogues.TEXTS / "jobs.py").rename(catalogues.TEXTS / "errors" / "jobs.py")
    before = translate(catalogues, OF_ALL, SAY, JOBS)
    update(catalogues)
    before.unlink()
    assert [path.name for path in before.parent.iterdir()] == ["errors"]
    assert list(catalogues.problems()) == []


def test_slacks_own_markup_does_not_belong_into_a_message(catalogues: ModuleType) -> None:
    (catalogues.TEXTS / "jobs.py").write_text('_("Tell <!channel>")', encoding="utf-8")
    update(catalogues)
    assert any("which Slack would take as markup" in problem for problem in catalogues.problems())
