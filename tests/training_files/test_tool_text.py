"""Tools as OpenAI's models read them, held to what a published job was billed."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from training_files import check_file
from training_files.tokens import encoding
from training_files.tool_text import as_types


def function(name: str, required: list[str] | None = None, **properties: Any) -> dict[str, Any]:
    parameters: dict[str, Any] = {"type": "object", "properties": properties}
    if required:
        parameters["required"] = required
    return {"type": "function", "function": {"name": name, "parameters": parameters}}


def one_of(*values: str) -> dict[str, Any]:
    return {"type": "string", "enum": list(values)}


NUMBER = {"type": "integer"}
ON_OFF = one_of("on", "off")

DRONE = [
    function("takeoff_drone", ["altitude"], altitude=NUMBER),
    function(
        "land_drone", ["location"], location=one_of("current", "home_base", "custom"), coordinates={"type": "object"}
    ),
    function(
        "control_drone_movement",
        ["direction", "distance"],
        direction=one_of("forward", "backward", "left", "right", "up", "down"),
        distance=NUMBER,
    ),
    function("set_drone_speed", ["speed"], speed={"type": "integer", "minimum": 0}),
    function("control_camera", ["mode"], mode=one_of("photo", "video", "panorama"), duration=NUMBER),
    function("control_gimbal", ["tilt", "pan"], tilt=NUMBER, pan=NUMBER),
    function("set_drone_lighting", ["mode"], mode=one_of("on", "off", "blink", "sos")),
    function("return_to_home"),
    function("set_battery_saver_mode", ["status"], status=ON_OFF),
    function("set_obstacle_avoidance", ["mode"], mode=ON_OFF),
    function("set_follow_me_mode", ["status"], status=ON_OFF),
    function("calibrate_sensors"),
    function("set_autopilot", ["status"], status=ON_OFF),
    function(
        "configure_led_display",
        ["pattern"],
        pattern=one_of("solid", "blink", "pulse", "rainbow"),
        color=one_of("red", "blue", "green", "yellow", "white"),
    ),
    function("set_home_location", ["coordinates"], coordinates={"type": "object"}),
    function("reject_request"),
]
"""The functions of the cookbook's drone data."""


def test_the_functions_of_a_published_job_have_the_tokens_that_were_billed() -> None:
    """48,661 tokens an epoch for 103 examples of gpt-3.5-turbo are 379 more an example than their messages have."""
    assert encoding("cl100k_base").count([as_types(DRONE) or ""]) == [379]


def test_types_are_written_as_openai_describes_it() -> None:
    tools = [
        {"type": "function", "function": {"name": "where", "description": "Tells the place."}},
        function(
            "weather",
            ["place", "days"],
            place={"type": "string", "description": "A city.\nOr a village."},
            unit={"type": "string", "enum": ["celsius", "fahrenheit"], "default": "celsius"},
            days={"type": "array", "items": {"anyOf": [{"type": "string"}, {"type": "integer"}]}},
            more={"type": "object", "properties": {"wind": {"type": ["boolean", "null"]}}, "required": ["wind"]},
        ),
    ]
    assert as_types(tools) == "\n".join(
        [
            "namespace functions {",
            "",
            "// Tells the place.",
            "type where = () => any;",
            "",
            "type weather = (_: {",
            "// A city.",
            "// Or a village.",
            "place: string,",
            'unit?: "celsius" | "fahrenheit", // default: celsius',
            "days: (string | number)[],",
            "more?: {",
            "wind: boolean | null,",
            "},",
            "}) => any;",
            "",
            "} // namespace functions",
        ]
    )


def test_old_functions_read_like_tools() -> None:
    assert as_types([tool["function"] for tool in DRONE]) == as_types(DRONE)


def test_a_file_is_priced_by_what_its_tools_read_like(tmp_path: Path) -> None:
    """For OpenAI's models; a chat template of another model writes JSON."""
    lines = [
        {
            "messages": [{"role": "user", "content": f"Go {n}"}, {"role": "assistant", "content": "Yes"}],
            "tools": DRONE,
        }
        for n in range(10)
    ]
    with_tools, without = tmp_path / "with.jsonl", tmp_path / "without.jsonl"
    with_tools.write_text("\n".join(map(json.dumps, lines)), encoding="utf-8")
    without.write_text("\n".join(json.dumps({"messages": line["messages"]}) for line in lines), encoding="utf-8")

    def billed(path: Path, model: str) -> int:
        return check_file(path, model=model).tokens.billed

    openai = "gpt-4o-mini-2024-07-18"
    assert billed(with_tools, openai) - billed(without, openai) == 10 * 382
    trainer = "SmolLM2-135M-Instruct"
    json_text = json.dumps(DRONE, separators=(",", ":"))
    assert billed(with_tools, trainer) - billed(without, trainer) == 10 * encoding("o200k_base").count([json_text])[0]


schemas = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                [
                    "type",
                    "properties",
                    "items",
                    "anyOf",
                    "oneOf",
                    "enum",
                    "const",
                    "required",
                    "default",
                    "description",
                    "x",
                ]
            ),
            inner | st.sampled_from(["object", "array", "string"]),
            max_size=4,
        )
    ),
    max_leaves=20,
)


@given(schemas)
def test_whatever_stands_in_a_schema_is_read(schema: Any) -> None:
    assert as_types([{"name": "f", "parameters": schema}])


@pytest.mark.parametrize("tools", [None, {}, "x", [1], [{}], [{"type": "function"}], [{"function": {"name": 1}}]])
def test_what_is_no_list_of_functions_is_left_to_its_json(tools: Any) -> None:
    assert as_types(tools) is None


def test_work_stays_in_proportion_to_a_hostile_schema() -> None:
    schema: dict[str, Any] = {"type": "string"}
    for _ in range(200):
        schema = {"type": ["object", "array", "object"] * 10, "properties": {"a": schema}, "items": {"type": "string"}}
    assert len(as_types([{"name": "f", "parameters": schema}]) or "") < 100_000


def test_a_large_schema_is_not_gone_through_again_for_each_of_its_properties() -> None:
    compared = 0

    class Name(str):
        __hash__ = str.__hash__

        def __eq__(self, other: object) -> bool:
            nonlocal compared
            compared += 1
            return str.__eq__(self, other)

    names = [f"p{n}" for n in range(1_000)]
    parameters = {"properties": {name: {} for name in names}, "required": [Name(name) for name in names]}
    assert (as_types([{"name": "f", "parameters": parameters}]) or "").count("?:") == 0
    assert compared < 10 * len(names)
