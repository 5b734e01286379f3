"""Messages that an earlier tool sent: newsletters every other week, and the scenario mail with its random
control group.
"""

import numpy as np
import pyarrow as pa

from dagster_project.sample.identifiers import Identifiers
from dagster_project.sample.people import MEMBER, People
from dagster_project.sample.purchases import Purchases
from dagster_project.sample.shop import DAY, Shop
from dagster_project.sample.text import choose, moments, numbered, pick

EVENTS = ("sent", "delivered", "opened", "clicked", "bounced", "unsubscribed", "complained")
HOURS = np.array([8, 12, 20])
OPENS, OPENS_BEST_HOUR, OPENS_BEST_CHANNEL = 0.12, 0.22, 0.20
EMAIL, LINE = 0, 1


def plan_messages(shop: Shop, people: People, purchases: Purchases) -> dict[str, np.ndarray]:
    """One entry per message: person, at, channel, is_scenario, and the seconds at which each event came (-1:
    never).
    """
    rng = shop.rng("messages")
    batches = []
    for day in range(3, shop.days, 14):
        for sent_on, consent in ((EMAIL, people.email_opt_in), (LINE, people.line_opt_in)):
            can = np.flatnonzero((people.kind == MEMBER) & (consent == 1) & (people.joined < day))
            who = can[rng.random(len(can)) < 0.14]
            hour = HOURS[rng.integers(0, len(HOURS), len(who))]
            sent = hour * 3600 + rng.integers(0, 900, len(who)) + day * DAY
            batches.append((who, sent, np.full(len(who), sent_on), np.zeros(len(who), bool)))
    mail = purchases.effects["welcome_mail"]
    who = mail["person"][mail["treated"]]
    at = mail["sent_at"][mail["treated"]] + 60
    batches.append((who, at, np.full(len(who), EMAIL), np.ones(len(who), bool)))
    person, at, channel, is_scenario = (np.concatenate([batch[i] for batch in batches]) for i in range(4))
    order = np.lexsort((channel, person, at))
    person, at, channel, is_scenario = person[order], at[order], channel[order], is_scenario[order]
    times = _fates(shop, rng, people, person, at, channel)
    # Whoever has unsubscribed gets no newsletter on that channel any more.
    gone = np.full((2, len(people.kind)), shop.days * DAY)
    left = times["unsubscribed"] >= 0
    np.minimum.at(gone, (channel[left], person[left]), times["unsubscribed"][left])
    kept = (at <= gone[channel, person]) | is_scenario
    times = {name: values[kept] for name, values in times.items()}
    return {
        "person": person[kept],
        "at": at[kept],
        "channel": channel[kept],
        "is_scenario": is_scenario[kept],
        **times,
    }


def _fates(
    shop: Shop,
    rng: np.random.Generator,
    people: People,
    person: np.ndarray,
    at: np.ndarray,
    channel: np.ndarray,
) -> dict[str, np.ndarray]:
    """When each event of each message came; opens are likelier at the person's own hour and on the person's
    own channel.
    """
    size = len(person)
    bounced = people.bounces[person] & (channel == EMAIL)
    chance = OPENS + OPENS_BEST_HOUR * (people.best_hour[person] == at % DAY // 3600)
    chance += OPENS_BEST_CHANNEL * (people.best_channel[person] == channel)
    opened = ~bounced & (rng.random(size) < chance)
    clicked = opened & (rng.random(size) < 0.25)
    unsubscribed = opened & (rng.random(size) < 0.012)
    complained = opened & ~unsubscribed & (rng.random(size) < 0.001)
    opened_at = at + 30 + rng.exponential(1500, size).astype(np.int64)
    events = {
        "sent": (at, np.ones(size, bool)),
        "delivered": (at + 8, ~bounced),
        "opened": (opened_at, opened),
        "clicked": (opened_at + 40, clicked),
        "bounced": (at + 9, bounced),
        "unsubscribed": (opened_at + 90, unsubscribed),
        "complained": (opened_at + 95, complained),
    }
    return {name: np.where(happened & (when <= shop.end), when, -1) for name, (when, happened) in events.items()}


def message_events(shop: Shop, people: People, plan: dict[str, np.ndarray], ids: Identifiers) -> pa.Table:
    """One row per event, in time order."""
    times = np.stack([plan[name] for name in EVENTS])
    event, message = np.nonzero(times >= 0)
    at = times[event, message]
    order = np.lexsort((event, message, at))
    event, message, at = event[order], message[order], at[order]
    person, channel, is_scenario = (
        plan["person"][message],
        plan["channel"][message],
        plan["is_scenario"][message],
    )
    by_member = (person * 7 + message) % 3 > 0  # the tool gives the member's id on two of three
    return pa.table(
        {
            "message_event_id": numbered("me", np.arange(len(at)) + 1, 10),
            "message_id": numbered("mg", message + 1, 9),
            "scenario_id": pick(["newsletter", "welcome_mail"], is_scenario.astype(int)),
            "step": pick(["1"], np.where(is_scenario, 0, -1)),
            "feed_row_id": pa.nulls(len(at), pa.string()),
            "channel": pick(["email", "line"], channel),
            "address": choose(channel, ids.email(person), ids.line(person)),
            "member_id": ids.member(np.where(by_member, person, -1)),
            "event": pick(list(EVENTS), event),
            "occurred_at": moments(shop, at, "utc"),
            "_day": pa.array(at // DAY),
        }
    )
