"""A small world of made-up sentences, and what a small model learns of it in a second or two."""

from dataclasses import replace
from functools import cache

from servicekit.progress import Progress
from services.nlu.augment import AugmentConfig
from services.nlu.examples import About, Example, Schema, Span
from services.nlu.features import FeatureConfig
from services.nlu.fit import FitConfig
from services.nlu.learned import Learned
from services.nlu.learning import LearningConfig, learn
from services.nlu.normalise.colours import table
from services.nlu.pretraining import PretrainingConfig

SCHEMA = Schema(
    {
        "find": About("Looks for a thing.", "找东西", ("product", "colour", "price")),
        "track": About("Where an order is.", "查物流", ("order_number", "date")),
        "greet": About("Hello.", "打招呼"),
    },
    {
        "product": About("A thing.", "商品", kind="text"),
        "colour": About("A colour.", "颜色", kind="colour"),
        "price": About("A budget.", "预算", kind="money"),
        "order_number": About("An order number.", "订单号", kind="order"),
        "date": About("A day.", "日期", kind="date"),
    },
)
COLOURS = table([("red", "Red"), ("红色", "Red"), ("navy", "Navy"), ("藏青色", "Navy")])
CONCEPTS = {
    "find": ["find", "want", "想买", "要"],
    "track": ["where", "parcel", "到哪", "快递"],
    "greet": ["hello", "你好"],
}
_THINGS = {"en": ("dress", "mug", "scarf", "kettle"), "zh": ("裙子", "杯子", "围巾", "水壶")}
_DAYS = ("yesterday", "today")
_SHADES = {"en": ("red", "navy"), "zh": ("红色", "藏青色")}


def marked(line: str, language: str, *intents: str) -> Example:
    """`find a <colour:red> <product:dress>` as an example."""
    text, spans = "", []
    for piece in line.replace(">", "<").split("<"):
        name, _, words = piece.partition(":")
        if name in SCHEMA.slots:
            spans.append(Span(name, len(text), len(text) + len(words)))
            text += words
        else:
            text += piece
    return Example(text, language, intents, tuple(spans))


def examples() -> list[Example]:
    """Sentences of both languages: three intents, two at once, and none."""
    found = []
    for thing_en, thing_zh in zip(_THINGS["en"], _THINGS["zh"], strict=True):
        for shade_en, shade_zh in zip(_SHADES["en"], _SHADES["zh"], strict=True):
            found += [
                marked(f"i want a <colour:{shade_en}> <product:{thing_en}>", "en", "find"),
                marked(f"find a <product:{thing_en}> <price:under 200>", "en", "find"),
                marked(f"想买<colour:{shade_zh}>的<product:{thing_zh}>", "zh", "find"),
                marked(f"要个<product:{thing_zh}>，<price:200以内>", "zh", "find"),
                marked(f"hello, i want a <colour:{shade_en}> <product:{thing_en}>", "en", "greet", "find"),
            ]
    for number in range(8):
        found += [
            marked(f"where is <order_number:SK1234567{number}>", "en", "track"),
            marked(f"我的快递<order_number:SK7654321{number}>到哪了", "zh", "track"),
            marked(f"where is the parcel of <date:{_DAYS[number % 2]}>", "en", "track"),
            marked("hello there"[: 5 + number], "en", "greet"),
            marked("你好" + "啊" * number, "zh", "greet"),
            marked(f"tell me a joke about {'cats' * (number + 1)}", "en"),
            marked(f"今天天气{'很' * number}好吗", "zh"),
        ]
    return found


CONFIG = LearningConfig(
    width=32,
    layers=1,
    threads=1,
    features=FeatureConfig(gram_buckets=512, line_buckets=1024),
    pretraining=PretrainingConfig(epochs=1, batch=32),
    fit=FitConfig(
        epochs=16, written_times=1, batch=16, rate=4e-3, line_epochs=8, augment=AugmentConfig(join=0.0, typo=0.0)
    ),
)


@cache
def tiny_learned(seed: int = 1) -> Learned:
    """The same object for the same seed: nobody changes it."""
    taught = examples()
    texts = [example.text for example in taught]
    return learn(SCHEMA, taught, taught, texts, CONCEPTS, COLOURS, replace(CONFIG, seed=seed), Progress())
