with

known as (
    {{ recommended_at(backtest_day()) }}
),

-- One list of all kinds, as a page with few places shows it: everybody's first ones, then the second ones.
mixed as (
    select
        merged.customer_id,
        merged.product_id,
        row_number() over (
            partition by merged.customer_id
            order by merged.position asc nulls last, merged.kind_position asc nulls last, merged.product_id asc nulls last
        ) as position
    from (
        select
            known.customer_id,
            known.product_id,
            known.position,
            kinds.position as kind_position,
            row_number() over (
                partition by known.customer_id, known.product_id
                order by known.position asc nulls last, kinds.position asc nulls last
            ) as place
        from known
        inner join {{ ref('recommendation_kinds') }} as kinds on known.kind = kinds.kind
    ) as merged
    where merged.place = 1
),

lists as (
    select known.customer_id, known.kind as slice, known.product_id from known
    union all
    select mixed.customer_id, 'all' as slice, mixed.product_id from mixed
    where mixed.position <= {{ setting('backtest_positions', 'integer') }}
)

select * from lists
