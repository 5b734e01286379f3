-- The nth act of a customer that a scenario's filters let through (of each product, brand ...), or each of them. An order is
-- one act however many of its lines match, one for each product where acts are counted by product. Views recent_acts and
-- earlier_acts tell which touchpoints match which scenario.
create or replace temp table act_rules as
select rules.*, eachs.value as of_each
from activation.scenario_rules as rules
left join activation.trigger_filters as eachs on rules.scenario_id = eachs.scenario_id and eachs.attribute = 'of_each'
where rules.trigger_kind = 'act';

create or replace temp table lately as
with known as (
    select
        acts.*, coalesce(acts.order_id, acts.touchpoint_id) as act_key, rules.trigger_every,
        each_of(rules.of_each, product_id, brand_id, content_id, store_id, campaign_id) as each_value
    from recent_acts as acts
    inner join act_rules as rules on acts.scenario_id = rules.scenario_id
    semi join insights.customers as customers on acts.customer_id = customers.customer_id
    where acts.occurred_at >= rules.reach_back_at and acts.occurred_at < rules.cut_off_at
),
lines as (
    select
        *,
        row_number() over (
            partition by scenario_id, customer_id, act_key, each_value
            order by occurred_at nulls last, touchpoint_id nulls last
        ) as line
    from known
    where each_value is not null
)
select * exclude (line) from lines where line = 1;

insert into activation.triggers by name
with numbering as (
    select distinct scenario_id, customer_id from lately where not trigger_every
),
earlier as (
    select
        acts.scenario_id, acts.customer_id,
        each_of(rules.of_each, product_id, brand_id, content_id, store_id, campaign_id) as each_value,
        count(distinct coalesce(acts.order_id, acts.touchpoint_id)) as acts
    from earlier_acts as acts
    inner join act_rules as rules on acts.scenario_id = rules.scenario_id
    semi join numbering on acts.scenario_id = numbering.scenario_id and acts.customer_id = numbering.customer_id
    where acts.occurred_at < rules.reach_back_at
    group by all
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
),
triggering as (
    select numbered.*
    from numbered
    where numbered.trigger_every or exists (
        select filters.value
        from activation.trigger_filters as filters
        where filters.scenario_id = numbered.scenario_id and filters.attribute = 'nth'
            and cast(filters.value as bigint) = numbered.act_no
    )
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
