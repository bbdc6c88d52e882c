"""A line that is said to need no repair needs none: the long way comes to the same."""

import json
from pathlib import Path

import pytest

from training_files.errors import TrainingFileError
from training_files.repair import passes, plan_repairs, repair_file, source

EXAMPLES = sorted((Path(__file__).parents[3] / "examples").glob("*.jsonl"))
KEY = "sk-proj-Ab3dE5gH1jK2mN4pQ6rS8tU0vW1xY3z"


def chat(question, answer, *, system=None, **more):
    messages = [{"role": "user", "content": question}, {"role": "assistant", "content": answer, **more}]
    return {"messages": [{"role": "system", "content": system}, *messages] if system else messages}


def varied():
    for n in range(300):
        yield chat(f"How much is {n} + 1?", f"{n + 1}", system=f"Add{'.' * (n % 100 == 0)}")
    yield chat("Is it so?", f"Use {KEY}")
    yield chat("Who is it?", "jane.roe@gmail.com, 手机13812345678")
    yield chat("bell \x07", "ding")
    yield chat("mark \ufeff", "taken off")
    yield chat("How much is 1 + 1?", "2", system="Add.")
    yield chat("Long?", "word " * 30_000)
    yield chat("Does it count?", "No", weight=0)
    yield chat("Does it count?", "Yes", weight=1)
    yield chat(" ", "blank")
    yield {"messages": [{"role": "user", "content": "Is anybody there?"}]}
    yield {"messages": [{"role": "human", "content": "Hi"}, {"role": "assistant", "content": "Hello"}]}
    yield {"prompt": "Hi", "completion": "Hello"}


FILES = {
    "varied": varied,
    "filler": lambda: (chat(f"Is {n} even?", f"Sure! {['Yes', 'No'][n % 2]}.") for n in range(200)),
    "alike": lambda: (chat(f"Tell me of the number {n} " + "and of what it is " * 9, "It is one.") for n in range(50)),
}


@pytest.fixture(params=[*EXAMPLES, *FILES], ids=lambda one: one.stem if isinstance(one, Path) else one)
def path(request, tmp_path):
    if isinstance(request.param, Path):
        return request.param
    written = tmp_path / "train.jsonl"
    written.write_text("".join(json.dumps(example) + "\n" for example in FILES[request.param]()))
    return written


@pytest.mark.parametrize("to", [None, "completion"])
def test_the_long_way_comes_to_the_same(path, to, tmp_path, monkeypatch):
    def all_of_it():
        out = tmp_path / "out.jsonl"
        try:
            plan = plan_repairs(path, model="gpt-4.1-mini", to=to)
            done = repair_file(path, out, chosen=[one.id for one in plan.repairs], model="gpt-4.1-mini", to=to)
        except TrainingFileError as error:
            return str(error)
        return plan, done, out.read_bytes()

    observe = passes.Passes._observe
    shortly = all_of_it()
    monkeypatch.setattr(source, "read_plain", lambda line: None)
    monkeypatch.setattr(passes.Passes, "_observe", lambda self, *given: observe(self, *given) and False)
    assert all_of_it() == shortly
