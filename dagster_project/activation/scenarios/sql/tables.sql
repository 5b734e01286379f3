-- The tables of one run, empty. Scenario files become rows here, so that the statements beside this one are fixed text.
create schema if not exists activation;

create or replace table activation.scenario_rules (
    scenario_id varchar, trigger_kind varchar, trigger_nth integer, trigger_minute integer,
    cut_off_at timestamp, accounts_from_at timestamp, horizon_at timestamp, reach_back_at timestamp,
    expires_before_at timestamp, window_start integer, window_end integer, holdout_basis integer,
    ends_on_purchase boolean, ends_on_cart_emptied boolean, valid_from date, valid_until date,
    rule_version varchar
);

create or replace table activation.step_rules (
    scenario_id varchar, step varchar, step_no integer, previous_step varchar, months integer, days integer, hours integer
);

create or replace table activation.step_variants (
    scenario_id varchar, step varchar, variant_no integer, channel varchar, content_id varchar,
    product varchar, product_id varchar, attributes_asked integer
);

create or replace table activation.variant_conditions (
    scenario_id varchar, step varchar, variant_no integer, attribute varchar, value varchar
);

-- match_key tells a trigger from all others in a way that survives merges: an act's own key, or today's customer and the date.
create or replace table activation.triggers (
    scenario_id varchar, customer_id varchar, trigger_key varchar, triggered_at timestamp, match_key varchar,
    product_id varchar, purchased_at timestamp, cart_emptied_at timestamp
);

create or replace table activation.due_steps (
    scenario_id varchar, step varchar, step_no integer, customer_id varchar, trigger_key varchar, match_key varchar,
    triggered_at timestamp, due_at timestamp
);

-- continues: the next step counts from this one's send_at.
create or replace table activation.decisions (
    feed_row_id varchar, scenario_id varchar, step varchar, step_no integer, customer_id varchar, trigger_key varchar,
    match_key varchar, triggered_at timestamp, due_at timestamp, send_at timestamp, channel varchar, content_id varchar,
    product_id varchar, why varchar, suppression varchar, holdout boolean, continues boolean, rule_version varchar
);

create or replace table activation.customer_attributes (customer_id varchar, attribute varchar, value varchar);

create or replace table activation.line_products (product_id varchar, other_product_id varchar);
