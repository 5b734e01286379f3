-- The tables of results, empty, and room for what the scenarios' files say about them.
create schema if not exists activation;

create or replace table activation.result_rules (
    scenario_id varchar, step_window_days integer, scenario_window_days integer
);

create or replace table activation.scenario_results (
    scenario_id varchar, step varchar, claim varchar, method varchar, window_days bigint,
    first_assigned_on date, last_assigned_on date,
    assigned bigint, control bigint, late bigint, control_late bigint, waiting bigint, control_waiting bigint,
    compared bigint, compared_control bigint,
    listed bigint, sent bigint, opened bigint, clicked bigint, bounced bigint, unsubscribed bigint,
    converted bigint, control_converted bigint, compared_converted bigint, compared_control_converted bigint,
    open_rate double, click_rate double, conversion_rate double, control_rate double,
    lift double, ci_low double, ci_high double,
    revenue decimal(18, 2), control_revenue decimal(18, 2), revenue_difference decimal(18, 2),
    cost decimal(18, 2), compared_cost decimal(18, 2), iroas double, iroas_low double, iroas_high double,
    added_buyers double, spend_per_buyer decimal(18, 2), added_sales decimal(18, 2),
    is_mature boolean, is_conclusive boolean, verdict varchar
);

-- A scenario as a whole, over all its steps: the columns of its steps but the step.
create or replace table activation.scenario_totals as
select * exclude (step) from activation.scenario_results
