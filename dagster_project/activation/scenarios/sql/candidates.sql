-- What becomes of each due step number $step_no, but for caps: the first reason that holds, or none.
insert into activation.candidates by name
with due as (
    select
        due_steps.*, exits.reason as exit_reason, coalesce(exits.ends, false) as exit_ends,
        struct_pack(
            product_id := due_steps.product_id, brand_id := due_steps.brand_id, content_id := due_steps.content_id,
            store_id := due_steps.store_id, campaign_id := due_steps.campaign_id
        ) as about
    from activation.due_steps as due_steps
    left join (
        select
            scenario_id, step, match_key, arg_min(reason, (not ends, position)) as reason, bool_or(ends) as ends
        from activation.exits_met
        group by scenario_id, step, match_key
    ) as exits
        on due_steps.scenario_id = exits.scenario_id and due_steps.step = exits.step
        and due_steps.match_key = exits.match_key
    where due_steps.step_no = $step_no
),
chosen as (
    select
        due.*, variants.channel, variants.content_id as usual_content_id, variants.product, variants.variant_no,
        variants.product_id as usual_product_id, variants.cost, send_times.send_at,
        cast(timezone(coalesce(people.zone, 'Asia/Tokyo'), timezone('UTC', send_times.send_at)) as date) as sent_on,
        coalesce(people.is_erased, true) as is_erased
    from due
    inner join activation.choices as choices
        on due.scenario_id = choices.scenario_id and due.step = choices.step and due.match_key = choices.match_key
    inner join activation.step_variants as variants
        on choices.scenario_id = variants.scenario_id and choices.step = variants.step
        and choices.variant_no = variants.variant_no
    inner join activation.send_times as send_times
        on due.scenario_id = send_times.scenario_id and due.step = send_times.step
        and due.match_key = send_times.match_key
    left join activation.people as people on due.customer_id = people.customer_id
),
filled as (
    select
        chosen.* replace (coalesce(scheduled.product_id, case
            when chosen.product = 'trigger' then chosen.product_id
            when chosen.product = 'line' then line_products.other_product_id
            when chosen.product is null then chosen.usual_product_id
            else recommended.product_id
        end) as product_id),
        coalesce(scheduled.content_id, chosen.usual_content_id) as said_content_id
    from chosen
    left join activation.scheduled_contents as scheduled
        on chosen.scenario_id = scheduled.scenario_id and chosen.step = scheduled.step
        and chosen.variant_no = scheduled.variant_no
        and chosen.sent_on between scheduled.from_on and scheduled.until_on
    left join activation.line_products as line_products on chosen.product_id = line_products.product_id
    left join activation.recommended_products as recommended
        on chosen.customer_id = recommended.customer_id and chosen.product = 'recommendation:' || recommended.kind
),
-- A share of nothing or of everybody is obeyed at once; in between the first assignment of a person holds.
assigned as (
    select
        filled.*, rules.rule_version, rules.priority, rules.is_transactional, rules.expires_before_at,
        case
            when rules.holdout_basis >= 10000 then true
            when rules.holdout_basis > 0 then coalesce(own.is_held_out, cast('0x' || substr(sha256(
                $salt || '|holdout|' || filled.scenario_id || '|' || filled.customer_id
            ), 1, 15) as bigint) % 10000 < rules.holdout_basis)
        end as is_held_out,
        case
            when rules.is_transactional then null
            when $global_holdout_basis >= 10000 then true
            when $global_holdout_basis > 0 then coalesce(overall.is_held_out, cast('0x' || substr(sha256(
                $salt || '|holdout|global|' || filled.customer_id
            ), 1, 15) as bigint) % 10000 < $global_holdout_basis)
        end as is_held_out_globally
    from filled
    inner join activation.scenario_rules as rules on filled.scenario_id = rules.scenario_id
    left join activation.assignments as own
        on filled.scenario_id = own.scenario_id and filled.customer_id = own.customer_id
    left join activation.assignments as overall
        on overall.scenario_id is null and filled.customer_id = overall.customer_id
),
judged as (
    select
        assigned.*, coalesce(poor_person.detail, poor.detail) as poor_detail, assigned.due_at < assigned.expires_before_at as is_expired,
        case
            when assigned.is_erased then 'erased'
            when coalesce(poor_person.detail, poor.detail) is not null then 'quality'
            when assigned.exit_reason is not null then assigned.exit_reason
            when not coalesce(reach.has_consent, false) then 'consent'
            when not coalesce(reach.has_address, false) then 'no_address'
            when assigned.is_held_out or assigned.is_held_out_globally then 'holdout'
            when assigned.due_at < assigned.expires_before_at then 'expired'
        end as suppression
    from assigned
    left join activation.reach as reach on assigned.customer_id = reach.customer_id and assigned.channel = reach.channel
    left join activation.poor_quality as poor
        on assigned.customer_id = poor.customer_id and poor.channel = assigned.channel
    left join activation.poor_quality as poor_person
        on assigned.customer_id = poor_person.customer_id and poor_person.channel is null
)
select
    scenario_id, step, step_no, customer_id, trigger_key, match_key, triggered_at, since_at, previous_at, due_at, send_at,
    channel, said_content_id as content_id, product_id, brand_id, store_id, campaign_id, about, cost, is_transactional,
    is_held_out, is_held_out_globally, suppression, rule_version, priority,
    case when suppression = 'quality' then poor_detail end as detail,
    not is_expired and not exit_ends and coalesce(suppression, '') <> 'erased' as continues
from judged
