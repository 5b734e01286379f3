with judged as (
    select
        steps.k,
        steps.next_on is not null as is_next,
        {{ add_days('steps.ordered_on', setting('maturity_days', 'integer')) }} <= {{ as_of() }} as is_mature,
        {{ days_between('steps.ordered_on', 'steps.next_on') }} as days,
        {{ days_between('steps.ordered_on', 'steps.next_on') }} <= {{ setting('maturity_days', 'integer') }} as is_in_time
    from {{ ref('int_marts__order_steps') }} as steps
    where steps.k is not null
),

conversions as (
    select
        judged.k,
        cast(count(*) as bigint) as reached_k,
        cast(sum(case when judged.is_next then 1 else 0 end) as bigint) as reached_next,
        cast(sum(case when judged.is_mature then 1 else 0 end) as bigint) as mature_k,
        cast(sum(case when judged.is_mature and judged.is_in_time then 1 else 0 end) as bigint) as mature_next,
        cast(median(case when judged.is_mature and judged.is_in_time then judged.days end) as double) as median_days
    from judged
    group by judged.k
),

rates as (
    select
        conversions.k,
        conversions.reached_k,
        conversions.reached_next,
        conversions.mature_k,
        conversions.mature_next,
        cast(conversions.mature_next as double) / nullif(cast(conversions.mature_k as double), 0) as conversion,
        conversions.median_days
    from conversions
)

select * from rates
