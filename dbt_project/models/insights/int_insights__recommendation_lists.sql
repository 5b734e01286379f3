with

known as (
    {{ recommended_at(backtest_day(), recommendation_kinds()) }}
),

-- One list of all kinds, as a page with few places shows it: everybody's first ones, then the second ones.
mixed as (
    select
        merged.asked_no,
        merged.product_id,
        row_number() over (
            partition by merged.asked_no
            order by merged.position asc nulls last, merged.kind_position asc nulls last, merged.product_id asc nulls last
        ) as position
    from (
        select
            known.asked_no,
            known.product_id,
            known.position,
            kinds.position as kind_position,
            row_number() over (
                partition by known.asked_no, known.product_id
                order by known.position asc nulls last, kinds.position asc nulls last
            ) as place
        from known
        inner join {{ ref('recommendation_kinds') }} as kinds on known.kind = kinds.kind
    ) as merged
    where merged.place = 1
),

lists as (
    select known.asked_no, known.kind as slice, known.product_id from known
    union all
    select mixed.asked_no, 'all' as slice, mixed.product_id from mixed
    where mixed.position <= {{ setting('backtest_positions', 'integer') }}
)

select * from lists
