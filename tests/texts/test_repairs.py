"""Each repair has its name, and each remark about a file its sentence, in both languages."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from texts import repairs as texts
from texts.language import Language, speaking
from training_files.repair import Remark
from training_files.repair.repairs import REPAIRS
from training_files.report import Finding

ROOT = Path(__file__).parents[2]


def remarks() -> Iterator[tuple[str, set[str]]]:
    """Kind and values of each remark that is made of examples and rows."""
    for path in (*(ROOT / "training_files").glob("repair/*.py"), *(ROOT / "training_files").glob("tables/*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Name) or not node.args:
                continue
            kinds = [one.value for one in ast.walk(node.args[0]) if isinstance(one, ast.Constant) and one.value]
            if node.func.id in ("_lost", "Unusable") and kinds:
                for kind in filter(str.isidentifier, map(str, kinds)):
                    yield kind, {each.arg or "" for each in node.keywords}
            elif node.func.id == "Remark":
                values = node.args[1] if len(node.args) > 1 else ast.Dict([], [])
                if isinstance(values, ast.Dict):
                    names = {str(key.value) for key in values.keys if isinstance(key, ast.Constant)}
                    yield from ((str(kind), names) for kind in kinds)


def test_each_remark_has_a_sentence_that_takes_its_values() -> None:
    made = dict(remarks()) | {
        kind: {"line"} for kind in ("same_as_line", "nearly_same_as_line", "same_in_validation_file")
    }
    made |= {kind: set() for kind in ("row_no_json", "row_no_object", "half_a_character", "row_nested_too_deeply")}
    assert len(made) > 20
    assert made == {kind: set(texts.REMARKS.parameters(kind)) for kind in texts.REMARKS}


@pytest.mark.parametrize("language", Language)
def test_each_repair_has_a_name_of_its_own_and_says_what_it_does(language: Language) -> None:
    with speaking(language):
        assert len({texts.title(repair.id) for repair in REPAIRS}) == len(REPAIRS)
        assert all(texts.does(repair.id).endswith((".", "。")) for repair in REPAIRS)


def test_a_repair_is_named_with_what_it_writes() -> None:
    assert texts.title("separator", mark='" ->"') == 'End each prompt with the same separator: " ->"'
    with speaking(Language.CHINESE):
        assert texts.title("convert", format="chat", of_rows=True) == "把每一行转换为 chat 格式的样本"


def test_what_a_finding_says_is_said_as_it_stands() -> None:
    assert texts.remark(Finding("invalid_json", 3, message="It is cut off.")) == "It is cut off."
    assert texts.remark(Remark("Row 3 has no answer.")) == "Row 3 has no answer."


def test_the_documentation_lists_the_repairs_in_their_order() -> None:
    page = (ROOT / "docs" / "datasets.md").read_text(encoding="utf-8")
    rows = []
    for one in REPAIRS:
        recommended = "always" if one.always else "yes" if one.recommended else "no"
        rows.append(f"| `{one.id}` | {texts.title(one.id)} | {texts.does(one.id)} | {recommended} |")
    assert "\n".join(rows) in page
