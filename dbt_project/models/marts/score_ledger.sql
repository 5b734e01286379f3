with acts as (
    select
        touchpoints.touchpoint_id,
        touchpoints.customer_id,
        touchpoints.occurred_at,
        touchpoints.occurred_on,
        touchpoints.action,
        touchpoints.score_category,
        touchpoints.information_kind,
        touchpoints.brand_id,
        touchpoints.product_id,
        touchpoints.order_id,
        touchpoints.is_first_line
    from {{ ref('touchpoints') }} as touchpoints
    inner join {{ ref('persons') }} as persons
        on touchpoints.customer_id = persons.customer_id
    where
        not persons.is_visitor
        and touchpoints.occurred_at < {{ as_of_end_at() }}
),

rules as (
    select
        rules.*,
        rules.action = 'purchase' and (rules.brand_id is not null or rules.product_id is not null) as is_of_lines
    from {{ ref('score_rules') }} as rules
),

-- an order scores once: on its first line, or on the first that a rule for a brand or product speaks of
scored as (
    select
        acts.touchpoint_id,
        rules.rule_id,
        acts.customer_id,
        acts.occurred_at,
        acts.occurred_on,
        acts.order_id,
        acts.is_first_line,
        rules.is_of_lines,
        rules.daily_cap,
        rules.product,
        rules.lifestyle,
        rules.lifestance
    from acts
    inner join rules
        on
            acts.action = rules.action
            and (rules.score_category is null or acts.score_category = rules.score_category)
            and (rules.information_kind is null or acts.information_kind = rules.information_kind)
            and (rules.brand_id is null or acts.brand_id = rules.brand_id)
            and (rules.product_id is null or acts.product_id = rules.product_id)
            and (rules.valid_from is null or acts.occurred_on >= rules.valid_from)
            and (rules.valid_to is null or acts.occurred_on <= rules.valid_to)
    where acts.action <> 'purchase' or acts.is_first_line or rules.is_of_lines
),

-- only rows of rules that count need an order among them
counted as (
    select
        scored.*,
        row_number() over (
            partition by scored.rule_id, case when scored.is_of_lines then scored.order_id else scored.touchpoint_id end
            order by scored.is_first_line desc nulls last, scored.touchpoint_id asc nulls last
        ) as line_of_order
    from scored
    where scored.is_of_lines or scored.daily_cap is not null
),

capped as (
    select
        counted.*,
        row_number() over (
            partition by counted.rule_id, counted.customer_id, counted.occurred_on
            order by counted.occurred_at asc nulls last, counted.touchpoint_id asc nulls last
        ) as place_of_day
    from counted
    where counted.line_of_order = 1
),

ledger as (
    select
        scored.touchpoint_id,
        scored.rule_id,
        scored.customer_id,
        scored.occurred_at,
        scored.product,
        scored.lifestyle,
        scored.lifestance
    from scored
    where not scored.is_of_lines and scored.daily_cap is null
    union all
    select
        capped.touchpoint_id,
        capped.rule_id,
        capped.customer_id,
        capped.occurred_at,
        capped.product,
        capped.lifestyle,
        capped.lifestance
    from capped
    where capped.daily_cap is null or capped.place_of_day <= capped.daily_cap
)

select * from ledger
