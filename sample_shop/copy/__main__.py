"""`python -m sample_shop.copy`: how many pairs there are, and some of them."""

import random
from collections import Counter

from sample_shop.copy.pairs import held_out, pairs

SAMPLES = 10


def main() -> None:
    found = list(pairs(1))
    products = {pair.product_id for pair in found}
    print(f"{len(found)} pairs, {len({pair.text for pair in found})} different texts, {len(products)} products")
    print(f"held out: {sum(map(held_out, products))} products")
    for name in ("language", "channel", "style", "length"):
        print(name, dict(Counter(getattr(pair, name) for pair in found)))
    for pair in random.Random(2).sample(found, SAMPLES):
        print(f"\n[{pair.product_id} {pair.language} {pair.channel} {pair.style} {pair.length}]\n{pair.text}")


if __name__ == "__main__":
    main()
