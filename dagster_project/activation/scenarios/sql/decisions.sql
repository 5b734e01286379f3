-- What becomes of each due step number $step_no: listed, or suppressed with the first reason that holds.
insert into activation.decisions by name
with due as (
    select due_steps.*, triggers.product_id as trigger_product_id, triggers.purchased_at, triggers.cart_emptied_at
    from activation.due_steps as due_steps
    inner join activation.triggers as triggers
        on due_steps.scenario_id = triggers.scenario_id and due_steps.match_key = triggers.match_key
    where due_steps.step_no = $step_no
),
conditions_met as (
    select due.scenario_id, due.step, due.match_key, conditions.variant_no,
        cast(count(distinct conditions.attribute) as integer) as attributes_met
    from due
    inner join activation.variant_conditions as conditions
        on due.scenario_id = conditions.scenario_id and due.step = conditions.step
    inner join activation.customer_attributes as attributes
        on due.customer_id = attributes.customer_id and conditions.attribute = attributes.attribute
        and conditions.value = attributes.value
    group by due.scenario_id, due.step, due.match_key, conditions.variant_no
),
choices as (
    select due.scenario_id, due.step, due.match_key, min(variants.variant_no) as variant_no
    from due
    inner join activation.step_variants as variants
        on due.scenario_id = variants.scenario_id and due.step = variants.step
    left join conditions_met as met
        on due.scenario_id = met.scenario_id and due.step = met.step and due.match_key = met.match_key
        and variants.variant_no = met.variant_no
    where coalesce(met.attributes_met, 0) = variants.attributes_asked
    group by due.scenario_id, due.step, due.match_key
),
joined as (
    select
        due.*, variants.channel, variants.content_id, rules.cut_off_at, rules.window_start, rules.window_end,
        rules.ends_on_purchase, rules.ends_on_cart_emptied, rules.rule_version,
        case variants.product
            when 'trigger' then due.trigger_product_id
            when 'line' then line_products.other_product_id
            else variants.product_id
        end as product_id,
        coalesce(reach.has_consent, false) as has_consent,
        coalesce(reach.has_address, false) as has_address,
        greatest(due.due_at, rules.cut_off_at) + interval 9 hours as tokyo_at,
        due.due_at < rules.expires_before_at as is_expired,
        cast('0x' || substr(sha256($salt || '|holdout|global|' || due.customer_id), 1, 15) as bigint) % 10000
        < $global_holdout_basis
        or cast('0x' || substr(sha256($salt || '|holdout|' || due.scenario_id || '|' || due.customer_id), 1, 15) as bigint)
        % 10000 < rules.holdout_basis as is_held_out
    from due
    inner join activation.scenario_rules as rules on due.scenario_id = rules.scenario_id
    inner join choices
        on due.scenario_id = choices.scenario_id and due.step = choices.step and due.match_key = choices.match_key
    inner join activation.step_variants as variants
        on choices.scenario_id = variants.scenario_id and choices.step = variants.step
        and choices.variant_no = variants.variant_no
    left join activation.line_products as line_products on due.trigger_product_id = line_products.product_id
    left join activation.reach as reach on due.customer_id = reach.customer_id and variants.channel = reach.channel
),
windowed as (
    select
        *,
        date_trunc('day', tokyo_at) + to_minutes(window_start) as opens_at,
        date_trunc('day', tokyo_at) + to_minutes(window_end) as closes_at
    from joined
),
judged as (
    select
        *,
        case
            when tokyo_at < opens_at then opens_at
            when tokyo_at >= closes_at then opens_at + interval 1 day
            else tokyo_at
        end - interval 9 hours as send_at,
        case
            when ends_on_purchase and purchased_at is not null then 'purchased'
            when ends_on_cart_emptied and cart_emptied_at is not null then 'cart_emptied'
            when not has_consent then 'consent'
            when not has_address then 'no_address'
            when is_held_out then 'holdout'
            when is_expired then 'expired'
        end as suppression
    from windowed
)
select
    left(sha256(scenario_id || '|' || step || '|' || customer_id || '|' || trigger_key), 32) as feed_row_id,
    scenario_id,
    step,
    step_no,
    customer_id,
    trigger_key,
    match_key,
    triggered_at,
    due_at,
    send_at,
    channel,
    content_id,
    product_id,
    step || ' of ' || scenario_id || ', due ' || strftime(due_at + interval 9 hours, '%Y-%m-%d %H:%M')
    || ' Tokyo time, after ' || trigger_key as why,
    suppression,
    coalesce(suppression = 'holdout', false) as holdout,
    coalesce(suppression, 'holdout') in ('holdout', 'consent', 'no_address') and not is_expired as continues,
    rule_version
from judged
