-- The nth act of a customer that a scenario's filters let through (of each product, brand ...), or each of them. An order is
-- one act however many of its lines match, one for each product where acts are counted by product. Views recent_acts and
-- earlier_acts hold the touchpoints that match each scenario, with the times in which it looks.
create or replace temp table lately as
with known as (
    select * from recent_acts where each_value is not null
),
-- Those alone of which a step is to be decided: see live_triggers.
live as (
    select known.*, coalesce(chains.is_under_way, false) as is_under_way
    from known
    inner join activation.scenario_rules as rules on known.scenario_id = rules.scenario_id
    left join chains
        on known.scenario_id = chains.scenario_id and known.touchpoint_id = chains.match_key
    where may_be_decided(
        chains.is_under_way, known.occurred_at, rules.triggered_from_at, rules.triggered_before_at
    )
),
-- The last act of the same that was decided on. What comes to light later and was done before it is not the nth any more.
decided as (
    select known.scenario_id, known.customer_id, known.each_value, max(known.occurred_at) as occurred_at
    from known
    semi join chains on known.scenario_id = chains.scenario_id and known.touchpoint_id = chains.match_key
    group by known.scenario_id, known.customer_id, known.each_value
),
-- What the same customer did of the same: the other lines of an order, and acts that are counted with these.
alike as (
    select
        known.scenario_id, known.customer_id, known.each_value, known.act_key, known.occurred_at, known.touchpoint_id,
        known.order_id
    from known
    semi join live
        on known.scenario_id = live.scenario_id and known.customer_id = live.customer_id
        and known.each_value = live.each_value
),
lines as (
    select
        *,
        row_number() over (
            partition by scenario_id, customer_id, act_key, each_value
            order by occurred_at nulls last, touchpoint_id nulls last
        ) as line
    from alike
    where order_id is not null
),
firsts as (
    select scenario_id, customer_id, each_value, occurred_at, touchpoint_id from alike where order_id is null
    union all
    select scenario_id, customer_id, each_value, occurred_at, touchpoint_id from lines where line = 1
),
numbered as (
    select
        scenario_id, touchpoint_id,
        row_number() over (
            partition by scenario_id, customer_id, each_value order by occurred_at nulls last, touchpoint_id nulls last
        ) as act_no
    from firsts
)
select live.*, numbered.act_no, coalesce(decided.occurred_at > live.occurred_at, false) and not live.is_under_way as is_passed
from live
semi join insights.customers as customers on live.customer_id = customers.customer_id
inner join numbered on live.scenario_id = numbered.scenario_id and live.touchpoint_id = numbered.touchpoint_id
left join decided
    on live.scenario_id = decided.scenario_id and live.customer_id = decided.customer_id
    and live.each_value = decided.each_value;

insert into activation.triggers by name
with numbers as (
    select scenario_id, cast(value as bigint) as nth from activation.trigger_filters where attribute = 'nth'
),
-- Those that may be the nth, if there are as many before the days looked at as that takes.
numbering as (
    select lately.*
    from lately
    inner join (select scenario_id, max(nth) as last_nth from numbers group by scenario_id) as lasts
        on lately.scenario_id = lasts.scenario_id and lately.act_no <= lasts.last_nth
    where not lately.is_passed
),
earlier as (
    select acts.scenario_id, acts.customer_id, acts.each_value, count(distinct acts.act_key) as acts
    from earlier_acts as acts
    semi join numbering
        on acts.scenario_id = numbering.scenario_id and acts.customer_id = numbering.customer_id
        and acts.each_value = numbering.each_value
    group by acts.scenario_id, acts.customer_id, acts.each_value
),
triggering as (
    select lately.*
    from lately
    semi join activation.scenario_rules as rules on lately.scenario_id = rules.scenario_id and rules.trigger_every
    union all
    select numbering.*
    from numbering
    left join earlier
        on numbering.scenario_id = earlier.scenario_id and numbering.customer_id = earlier.customer_id
        and numbering.each_value = earlier.each_value
    semi join numbers
        on numbering.scenario_id = numbers.scenario_id and numbers.nth = coalesce(earlier.acts, 0) + numbering.act_no
),
-- Where the act must follow a message: one that was opened, about the same thing where the scenario says so.
following as (
    select triggering.*
    from triggering
    left join activation.messages_asked as asked on triggering.scenario_id = asked.scenario_id and asked.role = 'after'
    where asked.scenario_id is null or exists (
        select messages.event
        from activation.message_acts as messages
        where messages.customer_id = triggering.customer_id and messages.scenario_id = asked.asked_id
            and (asked.asked_step is null or messages.step = asked.asked_step) and messages.event = asked.event
            and messages.occurred_at < triggering.occurred_at
            and (asked.same is null or (asked.same = 'product_id' and messages.product_id = triggering.product_id)
                or (asked.same = 'brand_id' and messages.brand_id = triggering.brand_id))
    )
)
select
    scenario_id, customer_id, touchpoint_id as trigger_key, occurred_at as triggered_at, touchpoint_id as match_key,
    product_id, brand_id, content_id, store_id, campaign_id
from following
