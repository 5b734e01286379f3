-- The nth act of a customer that a scenario's filters let through (of each product, brand ...), or each of them. An order is
-- one act however many of its lines match, one for each product where acts are counted by product. Views recent_acts and
-- earlier_acts hold the touchpoints that match each scenario, with the times in which it looks.
create or replace temp table lately as
with known as (
    select acts.*, rules.trigger_every
    from recent_acts as acts
    inner join activation.scenario_rules as rules on acts.scenario_id = rules.scenario_id
    semi join insights.customers as customers on acts.customer_id = customers.customer_id
    where acts.each_value is not null
),
-- Several lines of an order may be of one act: few are, and only these are put in order.
repeated as (
    select scenario_id, act_key, each_value
    from known
    where order_id is not null
    group by scenario_id, act_key, each_value
    having count(*) > 1
),
lines as (
    select
        known.*,
        row_number() over (
            partition by known.scenario_id, known.customer_id, known.act_key, known.each_value
            order by known.occurred_at nulls last, known.touchpoint_id nulls last
        ) as line
    from known
    semi join repeated
        on known.scenario_id = repeated.scenario_id and known.act_key = repeated.act_key
        and known.each_value = repeated.each_value
)
select * exclude (line) from lines where line = 1
union all
select known.*
from known
anti join repeated
    on known.scenario_id = repeated.scenario_id and known.act_key = repeated.act_key
    and known.each_value = repeated.each_value;

insert into activation.triggers by name
with numbering as (
    select distinct scenario_id, customer_id, each_value from lately where not trigger_every
),
earlier as (
    select acts.scenario_id, acts.customer_id, acts.each_value, count(distinct acts.act_key) as acts
    from earlier_acts as acts
    semi join numbering
        on acts.scenario_id = numbering.scenario_id and acts.customer_id = numbering.customer_id
        and acts.each_value = numbering.each_value
    group by acts.scenario_id, acts.customer_id, acts.each_value
),
numbered as (
    select
        lately.*,
        coalesce(earlier.acts, 0) + row_number() over (
            partition by lately.scenario_id, lately.customer_id, lately.each_value
            order by lately.occurred_at nulls last, lately.touchpoint_id nulls last
        ) as act_no
    from lately
    left join earlier
        on lately.scenario_id = earlier.scenario_id and lately.customer_id = earlier.customer_id
        and lately.each_value = earlier.each_value
    where not lately.trigger_every
),
triggering as (
    select * from lately where trigger_every
    union all
    select numbered.* exclude (act_no)
    from numbered
    semi join activation.trigger_filters as filters
        on numbered.scenario_id = filters.scenario_id and filters.attribute = 'nth'
        and numbered.act_no = cast(filters.value as bigint)
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
