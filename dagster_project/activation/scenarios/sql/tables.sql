-- What one run comes to, empty: triggers, the steps that fall due, and what is decided on the way.
-- match_key tells a trigger from all others in a way that survives merges: an act's own key, or today's customer and the date.
-- since_at: what the customer did after it counts as done since the trigger.
create or replace table activation.triggers (
    scenario_id varchar, customer_id varchar, trigger_key varchar, triggered_at timestamp, match_key varchar,
    since_at timestamp, product_id varchar, brand_id varchar, content_id varchar, store_id varchar, campaign_id varchar,
    purchased_at timestamp, cart_emptied_at timestamp
);

create or replace table activation.due_steps (
    scenario_id varchar, step varchar, step_no integer, customer_id varchar, trigger_key varchar, match_key varchar,
    triggered_at timestamp, since_at timestamp, previous_at timestamp, due_at timestamp, product_id varchar,
    brand_id varchar, content_id varchar, store_id varchar, campaign_id varchar
);

-- Triggers that entered a scenario that may be entered only so often. each_value: the product (store ...) of which it is so
-- often, '' where it is of none; null in ledgers of earlier versions, which did not say.
create or replace table activation.entries (
    scenario_id varchar, customer_id varchar, match_key varchar, triggered_at timestamp, each_value varchar
);

create or replace table activation.exits_met (
    scenario_id varchar, step varchar, match_key varchar, position integer, reason varchar, ends boolean
);

create or replace table activation.variants_met (
    scenario_id varchar, step varchar, match_key varchar, variant_no integer
);

-- Due steps judged by all but caps. continues: the next step counts from this one's send_at. about: what the trigger is about,
-- while product_id and content_id are what the message says.
create or replace table activation.candidates (
    scenario_id varchar, step varchar, step_no integer, customer_id varchar, trigger_key varchar, match_key varchar,
    triggered_at timestamp, since_at timestamp, previous_at timestamp, due_at timestamp, send_at timestamp,
    channel varchar, content_id varchar, product_id varchar, brand_id varchar, store_id varchar, campaign_id varchar,
    about struct(product_id varchar, brand_id varchar, content_id varchar, store_id varchar, campaign_id varchar),
    cost decimal(18, 2), is_transactional boolean, is_held_out boolean, is_held_out_globally boolean, suppression varchar, detail varchar,
    continues boolean, rule_version varchar, priority integer
);

-- Messages that caps count, once for each cap: listed by other runs, or accepted in this one.
create or replace table activation.counted_messages (
    customer_id varchar, cap_id varchar, counted_at timestamp, origin varchar, scenario_id varchar, priority integer
);

create or replace table activation.cap_outcomes (
    scenario_id varchar, step varchar, match_key varchar, suppression varchar, winner varchar, detail varchar
);

create or replace table activation.line_products (product_id varchar, other_product_id varchar);

create or replace table activation.recommended_products (customer_id varchar, kind varchar, product_id varchar);

create or replace table activation.message_acts (
    scenario_id varchar, step varchar, customer_id varchar, match_key varchar, product_id varchar, brand_id varchar,
    event varchar, occurred_at timestamp
);

create or replace temp macro minute_at(zone, moment) as
    hour(timezone(zone, timezone('UTC', moment))) * 60 + minute(timezone(zone, timezone('UTC', moment)));

create or replace temp macro is_open(at_minute, window_start, window_end, quiet_start, quiet_end) as
    at_minute >= window_start and at_minute < window_end and not coalesce(
        case
            when quiet_start < quiet_end then at_minute >= quiet_start and at_minute < quiet_end
            else at_minute >= quiet_start or at_minute < quiet_end
        end, false
    );

-- When a step is due that counts from `moment`. Calendar months are months in Tokyo.
create or replace temp macro due_after(moment, months, days, hours) as
    moment + interval 9 hours + to_months(months) + to_days(days) + to_hours(hours) - interval 9 hours;

create or replace temp macro falls_due(moment, months, days, hours, from_at, until_at) as
    due_after(moment, months, days, hours) >= from_at and due_after(moment, months, days, hours) < until_at;

-- Whether a step of a trigger may be decided in this run: `is_under_way` of its chain, or where the first step is not decided
-- yet, by bounds of time that are compared and not reckoned for each trigger. live_triggers decides exactly.
create or replace temp macro may_be_decided(is_under_way, moment, from_at, before_at) as
    coalesce(is_under_way, moment >= from_at and moment < before_at);

-- A trigger's match_key under today's customer id.
create or replace temp macro todays_key(match_key, trigger_key, customer_id) as
    case when match_key = trigger_key then match_key else customer_id || '|' || trigger_key end;

create or replace temp macro each_of(attribute, product_id, brand_id, content_id, store_id, campaign_id) as
    case attribute
        when 'product_id' then product_id
        when 'brand_id' then brand_id
        when 'content_id' then content_id
        when 'store_id' then store_id
        when 'campaign_id' then campaign_id
        else ''
    end;

-- Messages of this very hour as it ran before: they have gone out and stand, whoever would come before them now.
create or replace table activation.standing_messages (
    scenario_id varchar, step varchar, match_key varchar, feed_row_id varchar, customer_id varchar, channel varchar,
    send_at timestamp
)
