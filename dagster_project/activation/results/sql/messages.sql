-- What the receiver reported, for each row listed to be sent: by the row's own id, else by another event of the same message,
-- else by scenario, step and the customer of the member id or address. One message id may stand for a whole campaign; then it
-- leads to a row only together with the customer, and never from another customer's row to this one's.
create or replace temp table result_events as
select events.message_id, events.action, events.party_key, events.feed_row_id
from core.int_core__message_events as events
inner join result_steps as steps on events.feed_row_id = steps.feed_row_id
where events.occurred_at < $cut_off_at and not steps.holdout;

-- Events that name no row of ours: of messages that another event leads to, and of our scenarios. Where there are none, hardly
-- any event is read.
create or replace temp table result_loose_events as
with named as (
    select events.message_id
    from core.int_core__message_events as events
    where events.scenario_id in (select steps.scenario_id from result_steps as steps)
        and events.occurred_at < $cut_off_at
        and (events.feed_row_id is null or events.feed_row_id not in (select steps.feed_row_id from result_steps as steps))
    union
    select events.message_id from result_events as events
),
loose as (
    select events.*
    from core.int_core__message_events as events
    semi join named on events.message_id = named.message_id
    where events.occurred_at < $cut_off_at
        and (events.feed_row_id is null or events.feed_row_id not in (select steps.feed_row_id from result_steps as steps))
)
select
    loose.source_key, loose.message_id, loose.action, loose.occurred_at, loose.scenario_id, loose.step,
    party_customers.customer_id
from loose
left join core.party_customers as party_customers on loose.party_key = party_customers.party_key;

create or replace temp table result_messages as
-- The newest row of scenario, step and customer before the message; a day early is still the same message.
with by_customer as (
    select loose.source_key, arg_max(steps.feed_row_id, row(steps.send_at, steps.feed_row_id)) as feed_row_id
    from result_loose_events as loose
    inner join result_steps as steps
        on loose.scenario_id = steps.scenario_id and loose.step = steps.step and loose.customer_id = steps.customer_id
        and loose.occurred_at >= steps.send_at - interval 1 day
    where not steps.holdout
    group by loose.source_key
),
direct as (
    select events.message_id, party_customers.customer_id, events.feed_row_id
    from result_events as events
    left join core.party_customers as party_customers on events.party_key = party_customers.party_key
    where events.message_id in (select loose.message_id from result_loose_events as loose)
    union all
    select loose.message_id, loose.customer_id, by_customer.feed_row_id
    from result_loose_events as loose
    inner join by_customer on loose.source_key = by_customer.source_key
    where loose.message_id not in (select events.message_id from result_events as events)
),
of_message as (
    select direct.message_id, min(direct.feed_row_id) as feed_row_id, min(steps.customer_id) as customer_id
    from direct
    inner join result_steps as steps on direct.feed_row_id = steps.feed_row_id
    group by direct.message_id
    having min(direct.feed_row_id) = max(direct.feed_row_id)
),
of_customer as (
    select message_id, customer_id, min(feed_row_id) as feed_row_id
    from direct
    where customer_id is not null
    group by message_id, customer_id
    having min(feed_row_id) = max(feed_row_id)
),
joined as (
    select feed_row_id, action from result_events
    union all
    select coalesce(of_message.feed_row_id, of_customer.feed_row_id, by_customer.feed_row_id), loose.action
    from result_loose_events as loose
    left join of_message
        on loose.message_id = of_message.message_id
        and (loose.customer_id is null or loose.customer_id = of_message.customer_id)
    left join of_customer on loose.message_id = of_customer.message_id and loose.customer_id = of_customer.customer_id
    left join by_customer on loose.source_key = by_customer.source_key
),
facts as (
    select
        feed_row_id,
        bool_or(action = 'message_opened') as has_opened,
        bool_or(action = 'message_clicked') as has_clicked,
        bool_or(action = 'message_bounced') as has_bounced,
        bool_or(action in ('message_unsubscribed', 'message_complained')) as has_left
    from joined
    where feed_row_id is not null
    group by feed_row_id
)
-- Whatever is told of a message tells that it was sent.
select
    steps.scenario_id, steps.step, steps.customer_id, steps.send_at, steps.cost,
    facts.feed_row_id is not null as was_sent,
    coalesce(facts.has_opened, false) as has_opened,
    coalesce(facts.has_clicked, false) as has_clicked,
    coalesce(facts.has_bounced, false) as has_bounced,
    coalesce(facts.has_left, false) as has_left
from result_steps as steps
left join facts on steps.feed_row_id = facts.feed_row_id
where not steps.holdout
