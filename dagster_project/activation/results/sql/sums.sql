-- One row per scenario and step, and per scenario (step null): the numbers that the figures are made of.
create or replace temp table result_outcomes as
select
    units.unit_no,
    bool_or(orders.is_counted) as has_converted,
    sum(orders.net_amount) as net_sales
from result_units as units
inner join core.orders as orders
    on units.customer_id = orders.customer_id
    and orders.ordered_at >= units.assigned_at and orders.ordered_at < units.until_at
where orders.ordered_at < $cut_off_at
group by units.unit_no;

create or replace temp table result_sums as
with outcomes as (
    select
        units.*,
        coalesce(outcomes.has_converted, false) as has_converted,
        cast(coalesce(outcomes.net_sales, 0) as decimal(18, 2)) as net_sales
    from result_units as units
    left join result_outcomes as outcomes on units.unit_no = outcomes.unit_no
),
people as (
    select
        scenario_id, step, max(window_days) as window_days,
        cast(min(assigned_at) + interval 9 hours as date) as first_assigned_on,
        cast(max(assigned_at) + interval 9 hours as date) as last_assigned_on,
        count(*) filter (not is_control) as assigned,
        count(*) filter (is_control) as control,
        count(*) filter (not is_control and is_late) as late,
        count(*) filter (is_control and is_late) as control_late,
        count(*) filter (not is_control and is_compared) as compared,
        count(*) filter (is_control and is_compared) as compared_control,
        count(*) filter (not is_control and has_converted) as converted,
        count(*) filter (is_control and has_converted) as control_converted,
        count(*) filter (not is_control and is_compared and has_converted) as compared_converted,
        count(*) filter (is_control and is_compared and has_converted) as compared_control_converted,
        coalesce(sum(net_sales) filter (not is_control), 0) as revenue,
        coalesce(sum(net_sales) filter (is_control), 0) as control_revenue,
        coalesce(sum(net_sales) filter (not is_control and is_compared), 0) as treated_sum,
        coalesce(sum(net_sales) filter (is_control and is_compared), 0) as control_sum,
        coalesce(sum(net_sales * net_sales) filter (not is_control and is_compared), 0) as treated_squares,
        coalesce(sum(net_sales * net_sales) filter (is_control and is_compared), 0) as control_squares
    from outcomes
    group by scenario_id, step
),
-- What a customer was sent in the days that are compared; a later trigger's messages are beyond them.
in_window as (
    select units.unit_no, messages.cost
    from result_units as units
    inner join result_messages as messages
        on units.scenario_id = messages.scenario_id and units.customer_id = messages.customer_id
        and messages.send_at >= units.assigned_at and messages.send_at < units.until_at
        and (units.step is null or units.step = messages.step)
    where units.is_compared and not units.is_control and messages.was_sent
),
compared_costs as (
    select units.scenario_id, units.step, sum(in_window.cost) as compared_cost
    from in_window
    inner join result_units as units on in_window.unit_no = units.unit_no
    group by units.scenario_id, units.step
),
mail as (
    select
        scenario_id, step,
        count(*) as listed,
        count(*) filter (was_sent) as sent,
        count(*) filter (has_opened) as opened,
        count(*) filter (has_clicked) as clicked,
        count(*) filter (has_bounced) as bounced,
        count(*) filter (has_left) as unsubscribed,
        sum(cost) filter (was_sent) as cost,
        count(*) filter (was_sent and cost is null) = 0 as has_cost
    from result_messages
    group by grouping sets ((scenario_id, step), (scenario_id))
)
select
    people.*,
    later_steps.step is null as begins,
    coalesce(mail.listed, 0) as listed,
    coalesce(mail.sent, 0) as sent,
    coalesce(mail.opened, 0) as opened,
    coalesce(mail.clicked, 0) as clicked,
    coalesce(mail.bounced, 0) as bounced,
    coalesce(mail.unsubscribed, 0) as unsubscribed,
    case when coalesce(mail.sent, 0) = 0 then 0 when mail.has_cost then mail.cost end as cost,
    case when mail.has_cost then compared_costs.compared_cost end as compared_cost
from people
left join mail on people.scenario_id = mail.scenario_id and people.step is not distinct from mail.step
left join compared_costs
    on people.scenario_id = compared_costs.scenario_id and people.step is not distinct from compared_costs.step
left join result_later_steps as later_steps on people.scenario_id = later_steps.scenario_id and people.step = later_steps.step
