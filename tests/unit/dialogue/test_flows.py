"""Flow files: those that ship are good, and what is wrong with one is said by file, field and value."""

from pathlib import Path

import pytest
import yaml

from services.dialogue import flows, texts
from tests.fakes_dialogue import FLOWS

GOOD = (FLOWS / "cancel-order.yaml").read_text()


def test_the_flows_that_ship_can_all_be_used() -> None:
    found, errors = flows.load({path.name: path.read_text() for path in FLOWS.glob("*.yaml")})
    assert list(errors) == []
    assert len(found) >= 10
    for flow in found:
        if flow.action in flows.CONFIRMED:
            assert flow.confirm
            assert flow.done


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"action": "launch-rocket"}, "cancel-order.yaml: action: 'launch-rocket' is not one of"),
        ({"colour": "red"}, "cancel-order.yaml: colour: is unknown"),
        ({"confirm": {"zh": "取消"}}, r"cancel-order.yaml: confirm: .* is not a text in zh and en"),
        ({"confirm": {"zh": "{order}", "en": "x"}}, r"confirm.zh: \{order\} is unknown"),
        ({"confirm": {"zh": "{order_id", "en": "x"}}, "confirm.zh: .* is no template"),
        ({"confirm": None}, "confirm: None is not a text in zh and en"),
        ({"refusals": {"lost": "ORDER_SHIPPED"}}, "refusals: 'lost' is not one of"),
        ({"refusals": {"shipped": "TOO_LATE"}}, "refusals.shipped: 'TOO_LATE' is not among the failures"),
        ({"slots": [{"name": "order_number", "kind": "order"}]}, r"slots\[0\].prompt: None is not a text"),
        ({"slots": [{"name": "x", "kind": "letter", "optional": True}]}, r"slots\[0\].kind: 'letter' is not one of"),
        ({"intents": "cancel-order"}, "intents: 'cancel-order' is not a list of texts"),
        ({"flow": "Cancel Order"}, "flow: 'Cancel Order' is not lower-case words"),
    ],
)
def test_what_is_wrong_is_named(change: dict[str, object], message: str) -> None:
    tree = {**yaml.safe_load(GOOD), **change}
    with pytest.raises(flows.FlowError, match=message):
        flows.read("cancel-order.yaml", yaml.safe_dump(tree, allow_unicode=True))


def test_no_yaml_is_named() -> None:
    with pytest.raises(flows.FlowError, match=r"(?s)broken.yaml: file: is no YAML: .*line 1"):
        flows.read("broken.yaml", "{")


def test_one_bad_file_leaves_the_others_at_work() -> None:
    files = {"a.yaml": GOOD, "b.yaml": "flow: nothing", "c.yaml": GOOD}
    found, errors = flows.load(files)
    assert [flow.name for flow in found] == ["cancel-order"]
    told = [str(error) for error in errors]
    assert any(each.startswith("b.yaml: ") for each in told)
    assert any(each == "c.yaml: flow: 'cancel-order' is there twice" for each in told)
    assert any("offers: 'track-order' is no flow" in each for each in told)


def test_every_template_of_the_staff_is_there_in_both_languages() -> None:
    tree = yaml.safe_load((Path(texts.__file__).parent / "words/texts.yaml").read_text(encoding="utf-8"))
    assert all(set(words) == {"zh", "en"} for words in tree.values())
