"""Rows of the sources with what every test needs and nothing else; columns by name change or add to them."""

from tests.pipeline.handmade import Row

CONSENTS = {f"{channel}_opt_in": "" for channel in ("email", "line", "sms", "push", "dm")}


def member(member_id: str, **columns: str) -> Row:
    """A row of members."""
    return {
        "member_id": member_id,
        "email": "",
        "phone": "",
        "registered_at": "2025-01-01 09:00:00",
        "updated_at": "2025-01-01 09:00:00",
        "line_user_id": "",
        "gender": "",
        "birth_date": "",
        **CONSENTS,
    } | columns


def order(order_id: str, amount: str, **columns: str) -> Row:
    """A row of ec_orders, paid at noon of 10 March unless it says otherwise."""
    return {
        "order_id": order_id,
        "member_id": "",
        "email": "",
        "phone": "",
        "ordered_at": "2026-03-10T12:00:00",
        "status": "paid",
        "total_amount": amount,
        "is_gift": "",
        "updated_at": "",
    } | columns


def line(order_id: str, line_no: int, product_id: str, amount: str, quantity: str = "1", key: str = "order_id") -> Row:
    """A row of ec_order_items or, with key receipt_id, of pos_receipt_items."""
    return {key: order_id, "line_no": str(line_no), "product_id": product_id, "quantity": quantity, "amount": amount}


def receipt(
    receipt_id: str,
    amount: str,
    card_no: str = "",
    store_id: str = "s2",
    at: str = "2026-03-12 18:00:00",
    is_return: str = "",
) -> Row:
    """A row of pos_receipts."""
    return {
        "receipt_id": receipt_id,
        "store_id": store_id,
        "card_no": card_no,
        "receipted_at": at,
        "total_amount": amount,
        "is_return": is_return,
    }


def card(card_no: str, **columns: str) -> Row:
    """A row of store_cards."""
    return {
        "card_no": card_no,
        "member_id": "",
        "email": "",
        "phone": "",
        "registered_at": "2025-02-01 10:00:00",
        "updated_at": "2025-02-01 10:00:00",
    } | columns


def visit(visit_id: str, at: str, kind: str = "check_in", **columns: str) -> Row:
    """A row of store_visits in store s1."""
    return {
        "visit_id": visit_id,
        "store_id": "s1",
        "card_no": "",
        "member_id": "",
        "visited_at": at,
        "kind": kind,
    } | columns


def web(event_id: str, visitor_id: str, at: str, event_name: str = "page_view", **columns: str) -> Row:
    """A row of web_events."""
    return {
        "event_id": event_id,
        "occurred_at": at,
        "visitor_id": visitor_id,
        "member_id": "",
        "email": "",
        "event_name": event_name,
        "product_id": "",
        "content_id": "",
        "order_id": "",
        "quantity": "",
    } | columns


def message(event_id: str, event: str, at: str, **columns: str) -> Row:
    """A row of message_events by e-mail."""
    return {
        "message_event_id": event_id,
        "message_id": "x" + event_id,
        "channel": "email",
        "address": "",
        "member_id": "",
        "event": event,
        "occurred_at": at,
    } | columns


def request(request_id: str, kind: str, identifier_kind: str, identifier: str, at: str, channel: str = "") -> Row:
    """A row of privacy_requests."""
    return {
        "request_id": request_id,
        "identifier_kind": identifier_kind,
        "identifier": identifier,
        "kind": kind,
        "channel": channel,
        "requested_at": at,
    }
