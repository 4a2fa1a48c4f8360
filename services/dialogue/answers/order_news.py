"""What is known of orders: where they are, which there are, where the money is."""

from servicekit.errors import Conflict, NotFound
from services.dialogue import texts
from services.dialogue.answers.knowing import Knowing
from services.dialogue.flows import Flow
from services.dialogue.order_picker import refunding
from services.dialogue.orders.order import CaseKind, CaseState, Order, OrderState, Shipment
from services.dialogue.ports import Orders
from services.dialogue.state import Task
from services.dialogue.turn import Turn

LISTED = 5
SURE = 0.75
"""Confidence of an article that is told beside the news."""
_CASES = {
    CaseState.REQUESTED: "refund-requested",
    CaseState.RECEIVED: "refund-received",
    CaseState.DONE: "refund-done",
}


class OrderNews:
    """Ends of flows; errors of the port are the flow runner's to tell."""

    def __init__(self, orders: Orders, knowing: Knowing) -> None:
        self._orders, self._knowing = orders, knowing

    async def track(self, turn: Turn, _flow: Flow, _task: Task, order: Order | None) -> None:
        if order is None:
            return
        state = texts.state(order, turn.language)
        turn.tell("order-state", order_id=order.order_id, items=texts.items(order, turn.language), state=state)
        turn.show_orders([order])
        if order.state is OrderState.CANCELLED:
            return
        try:
            shipment = await self._orders.track(turn.shopper, order.order_id)
        except (NotFound, Conflict):
            return
        self._tell_parcel(turn, shipment)

    def _tell_parcel(self, turn: Turn, shipment: Shipment) -> None:
        if shipment.carrier or shipment.tracking_number:
            turn.tell("tracking", carrier=shipment.carrier, number=shipment.tracking_number)
        if shipment.scans:
            scan = shipment.scans[0]
            status = f"scan-{scan.status}"
            what = texts.say(status, turn.language) if texts.known(status) else scan.status
            where = texts.joined([each for each in (scan.place, what) if each], turn.language)
            turn.tell("scan", when=texts.moment(scan.time_ms, turn.language), what=where)
        if shipment.estimated_ms and shipment.state is not OrderState.DELIVERED:
            turn.tell("estimate", when=texts.day(shipment.estimated_ms, turn.language))

    async def list_orders(self, turn: Turn, flow: Flow, _task: Task, _order: Order | None) -> None:
        orders = await self._orders.list(turn.shopper, LISTED)
        if not orders:
            turn.say(flow.nothing.get(turn.language, ""))
            return
        turn.say(flow.done.get(turn.language, ""))
        for order in orders:
            state = texts.state(order, turn.language)
            turn.tell("order-state", order_id=order.order_id, items=texts.items(order, turn.language), state=state)
        turn.show_orders(orders)

    async def refund(self, turn: Turn, flow: Flow, _task: Task, order: Order | None) -> None:
        orders = [order] if order else [each for each in await self._orders.list(turn.shopper, 20) if refunding(each)]
        if not orders:
            turn.say(flow.nothing.get(turn.language, ""))
            if turn.heard.question:
                await self._knowing.tell(turn, turn.heard.said.text, "ask-return-policy", SURE)
            return
        for each in orders[:3]:
            self._tell_refund(turn, each)
        turn.show_orders(orders[:3])
        turn.state.order_id = orders[0].order_id

    def _tell_refund(self, turn: Turn, order: Order) -> None:
        if order.state is OrderState.CANCELLED:
            turn.tell("refund-cancelled", order_id=order.order_id, total=texts.money(order.total))
            return
        returns = [case for case in order.cases if case.kind is CaseKind.RETURN]
        if not returns:
            turn.tell("refund-none", order_id=order.order_id)
        titles = {line.product_id: line.title for line in order.lines}
        for case in returns:
            refund = texts.money(case.refund) if case.refund else ""
            title = texts.short(titles.get(case.product_id, case.product_id))
            turn.tell(_CASES[case.state], order_id=order.order_id, title=title, refund=refund)
