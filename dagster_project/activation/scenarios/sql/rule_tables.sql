-- The tables of one run, empty. Scenario files become rows here, so that the statements beside this one are fixed text.
create schema if not exists activation;

-- triggered_from_at, triggered_before_at: from when to when, at the most, a trigger came whose first step falls due in this run.
-- opens_1, opens_2: minutes of the day at which sending becomes possible. holdout_basis: of 10,000 hash places.
create or replace table activation.scenario_rules (
    scenario_id varchar, priority integer, trigger_kind varchar, trigger_minute integer, trigger_every boolean,
    ahead_months integer, ahead_days integer, ahead_hours integer, cut_off_at timestamp, accounts_from_at timestamp,
    first_from_at timestamp, horizon_at timestamp, triggered_from_at timestamp, triggered_before_at timestamp,
    reach_back_at timestamp, expires_before_at timestamp,
    window_start integer, window_end integer, quiet_start integer, quiet_end integer, opens_1 integer, opens_2 integer,
    holdout_basis integer, valid_from date, valid_until date, is_transactional boolean, enters_once boolean,
    re_entry_months integer, re_entry_days integer, re_entry_hours integer, re_entry_each varchar,
    rule_version varchar
);

-- What a trigger names, by place of `attribute`: the numbers of an nth act, products, segments, dates, campaigns ...
create or replace table activation.trigger_filters (scenario_id varchar, attribute varchar, value varchar);

create or replace table activation.step_rules (
    scenario_id varchar, step varchar, step_no integer, previous_step varchar, months integer, days integer,
    hours integer, smart_channel boolean, smart_hour boolean
);

create or replace table activation.step_variants (
    scenario_id varchar, step varchar, variant_no integer, channel varchar, content_id varchar, product varchar,
    product_id varchar, cost decimal(18, 2), is_conditional boolean
);

create or replace table activation.scheduled_contents (
    scenario_id varchar, step varchar, variant_no integer, from_on date, until_on date, content_id varchar,
    product_id varchar
);

-- step null: of the whole scenario, which it ends. Those of a step leave that step out, and the scenario goes on. with_trials: a
-- trial order is a purchase too.
create or replace table activation.exit_rules (
    scenario_id varchar, step varchar, position integer, kind varchar, reason varchar, with_trials boolean
);

-- Channels that each cap counts, and how long it looks: calendar days in Tokyo, or hours.
create or replace table activation.cap_channels (
    cap_id varchar, channel varchar, max_messages integer, is_calendar boolean, span interval
);

-- Whose messages a scenario asks about: role `after`, before an act that triggers; `when`, before a step.
create or replace table activation.messages_asked (
    scenario_id varchar, role varchar, asked_id varchar, asked_step varchar, event varchar, same varchar
);

-- Days of the calendar that set scenarios off for everybody of their audience.
create or replace table activation.trigger_days (
    scenario_id varchar, trigger_key varchar, triggered_at timestamp, brand_id varchar, store_id varchar,
    campaign_id varchar
)
