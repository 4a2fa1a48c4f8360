"""Pieces of words and phrases, learned from texts, and the codes that stand beside them.

Byte-pair encoding whose pieces may reach over a space but not over a full stop or comma: phrases that return often
become one step of the model.
"""

from collections.abc import Iterable, Sequence
from functools import cached_property

from tokenizers import Regex, Tokenizer
from tokenizers.models import BPE
from tokenizers.pre_tokenizers import Metaspace, Split
from tokenizers.pre_tokenizers import Sequence as Steps
from tokenizers.trainers import BpeTrainer

PAD, BEGIN, END, UNKNOWN = "<pad>", "<s>", "</s>", "<unk>"
_SPACE = "▁"
_STOPS = Regex(r"[，。！？；：、…,.!?;:\n]")
_LONGEST_PIECE = 20


class Vocabulary:
    """Encoding loses nothing that training has seen: pieces put together are the text, spaces and all."""

    def __init__(self, tokenizer: Tokenizer) -> None:
        self._tokenizer = tokenizer
        self.size: int = tokenizer.get_vocab_size()
        self.pad, self.begin, self.end = (self.code(name) for name in (PAD, BEGIN, END))

    @classmethod
    def learn(cls, texts: Iterable[str], codes: Sequence[str], size: int) -> "Vocabulary":
        tokenizer = Tokenizer(BPE(unk_token=UNKNOWN))
        tokenizer.pre_tokenizer = Steps([Split(_STOPS, "isolated"), Metaspace(prepend_scheme="never", split=False)])
        trainer = BpeTrainer(
            vocab_size=size,
            min_frequency=2,
            special_tokens=[PAD, BEGIN, END, UNKNOWN, *codes],
            max_token_length=_LONGEST_PIECE,
            show_progress=False,
        )
        tokenizer.train_from_iterator(texts, trainer)
        return cls(tokenizer)

    @classmethod
    def from_json(cls, text: str) -> "Vocabulary":
        return cls(Tokenizer.from_str(text))

    def to_json(self) -> str:
        return str(self._tokenizer.to_str())

    def code(self, name: str) -> int:
        """Raises KeyError for one that is not known."""
        found = self._tokenizer.token_to_id(name)
        if found is None:
            raise KeyError(name)
        return int(found)

    def known(self, name: str) -> bool:
        return self._tokenizer.token_to_id(name) is not None

    def encode(self, text: str) -> list[int]:
        return list(self._tokenizer.encode(text, add_special_tokens=False).ids)

    def text(self, piece: int) -> str:
        return self.pieces[piece]

    @cached_property
    def pieces(self) -> Sequence[str]:
        """The text of each; "" of codes."""
        names = [str(self._tokenizer.id_to_token(number)) for number in range(self.size)]
        codes = {number for number, name in enumerate(names) if len(name) > 2 and name[0] == "<" and name[-1] == ">"}
        return ["" if number in codes else name.replace(_SPACE, " ") for number, name in enumerate(names)]
