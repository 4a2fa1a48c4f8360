"""Words for an answer: the generator's, or the template where it has none in time."""

from servicekit.errors import DeadlineExceeded, Overloaded, ServiceError, Unavailable
from services.dialogue import texts
from services.dialogue.ports import Wish, Writer
from services.dialogue.turn import GENERATOR, Turn

Facts = list[tuple[str, str]]


class Wording:
    """`writer`: None where there is no generator."""

    def __init__(self, writer: Writer | None) -> None:
        self._writer = writer

    async def tell(self, turn: Turn, act: str, facts: Facts, template: str, **values: object) -> None:
        """Says it in the generator's words; in those of the template if it has none."""
        turn.act = act
        turn.say(await self._worded(turn, act, facts) or texts.say(template, turn.language, **values))

    async def _worded(self, turn: Turn, act: str, facts: Facts) -> str:
        if self._writer is None:
            turn.missing(GENERATOR)
            return ""
        task = turn.state.task
        wish = Wish(act, facts, task.flow if task else "", turn.number, turn.state.mood)
        try:
            return (await self._writer.word(wish, turn.language, turn.history)).strip()
        except (Unavailable, DeadlineExceeded, Overloaded):
            turn.missing(GENERATOR)
        except ServiceError:
            # An act or a fact that the generator does not take: the template says it as well.
            pass
        return ""
