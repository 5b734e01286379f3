-- Who of the customers with a due trigger was held out, or not, by an earlier run: the first assignment of a person decides
-- for good; of merged persons one who was held out holds the whole. scenario_id null: the hold-out of all scenarios.
create or replace table activation.assignments as
with triggered as (
    select distinct customer_id from activation.triggers
),
-- The ids under which they may have been assigned.
known_as as (
    select customer_id as decided_id, customer_id, cast(null as date) as until_on
    from triggered
    where customer_id not in (select alias_id from activation.persons_since)
    union all
    select persons.alias_id, persons.customer_id, persons.until_on
    from activation.persons_since as persons
    semi join triggered on persons.customer_id = triggered.customer_id
),
decided as (
    select as_of, scenario_id, step, customer_id, run_no, is_held_out, is_held_out_globally
    from activation.ledger_scenario_steps
    where is_held_out is not null or is_held_out_globally is not null
    union all
    select as_of, scenario_id, step, customer_id, run_no, is_held_out, is_held_out_globally
    from activation.ledger_suppressions
    where reason <> 'holdout' and (is_held_out is not null or is_held_out_globally is not null)
),
theirs as (
    select known_as.customer_id, known_as.decided_id, decided.* exclude (customer_id)
    from decided
    inner join known_as
        on decided.customer_id = known_as.decided_id
        and (known_as.until_on is null or decided.as_of <= known_as.until_on)
),
of_scenarios as (
    select scenario_id, customer_id, decided_id, arg_min(is_held_out, (run_no, step)) as is_held_out
    from theirs
    semi join activation.scenario_rules as rules on theirs.scenario_id = rules.scenario_id
    where is_held_out is not null
    group by scenario_id, customer_id, decided_id
),
of_all as (
    select
        cast(null as varchar) as scenario_id, customer_id, decided_id,
        arg_min(is_held_out_globally, (run_no, scenario_id, step)) as is_held_out
    from theirs
    where is_held_out_globally is not null
    group by customer_id, decided_id
),
first_ones as (
    select * from of_scenarios
    union all
    select * from of_all
)
select scenario_id, customer_id, bool_or(is_held_out) as is_held_out
from first_ones
group by scenario_id, customer_id
