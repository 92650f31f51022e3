"""The plan file: what it refuses, with which words."""

import pytest
import yaml

from klimastep.config import Config, load_config, template
from klimastep.errors import PlanError
from klimastep.settings import Solar

PLAN = {"name": "ort", "title_de": "Ort", "sources": [{"reader": "areas", "path": "x.gpkg"}]}


def _write(folder, **changed):
    path = folder / "plan.yaml"
    path.write_text(yaml.safe_dump(PLAN | changed, allow_unicode=True), encoding="utf-8")
    return path


def test_template_is_a_valid_plan_with_every_key(tmp_path):
    path = tmp_path / "plan.yaml"
    path.write_text(template(), encoding="utf-8")
    config = load_config(path)
    assert set(yaml.safe_load(template())) == {f.alias or n for n, f in Config.model_fields.items()}
    assert config.zones.source == "auto"


def test_every_key_is_described():
    for model in (
        Config,
        *(f.annotation for f in Config.model_fields.values() if hasattr(f.annotation, "model_fields")),
    ):
        for name, field in model.model_fields.items():
            assert field.description, f"{model.__name__}.{name}"


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"zonez": {}}, "zonez: unknown key, did you mean 'zones'?"),
        ({"heat": {"target_stat": "usual"}}, "heat.target_stat: unknown key, did you mean 'target_state'?"),
        ({"heat": {"target_state": "super"}}, "heat.target_state: Input should be 'usual' or 'advanced', got 'super'"),
        ({"crs": "EPSG:4326"}, "expected a projected CRS in metres"),
        ({"crs": "Gauss"}, "pyproj does not know 'Gauss'"),
        ({"name": "../weg"}, "expected lower-case letters"),
        ({"sources": []}, "sources"),
        ({"zones": {"weights": {"heat_density": -1}}}, "at least one weight above zero"),
        ({"zones": {"from": "strassen"}}, "expected auto, districts, blocks, zones or grid"),
    ],
)
def test_refusals_name_the_place(tmp_path, changed, words):
    with pytest.raises(PlanError) as caught:
        load_config(_write(tmp_path, **changed))
    assert words in str(caught.value)


def test_all_mistakes_come_in_one_message(tmp_path):
    with pytest.raises(PlanError) as caught:
        load_config(_write(tmp_path, zonez={}, crs="EPSG:4326"))
    assert len(str(caught.value).splitlines()) == 2


def test_missing_file_bad_yaml_and_wrong_encoding(tmp_path):
    with pytest.raises(PlanError, match="klimastep init"):
        load_config(tmp_path / "nichts.yaml")
    broken = tmp_path / "broken.yaml"
    broken.write_text("name: [", encoding="utf-8")
    with pytest.raises(PlanError, match="not valid YAML"):
        load_config(broken)
    latin = tmp_path / "latin.yaml"
    latin.write_bytes("title_de: Oßweil".encode("latin-1"))
    with pytest.raises(PlanError, match="save the plan as UTF-8"):
        load_config(latin)


@pytest.mark.parametrize("value", [[0.5] * 11, [1.5] * 12, [-0.1] * 12])
def test_crowns_let_through_twelve_shares(value):
    assert Solar(crown_light_share=[0.5] * 12).crown_light_share == (0.5,) * 12
    with pytest.raises(ValueError, match="twelve shares between 0 and 1"):
        Solar(crown_light_share=value)
