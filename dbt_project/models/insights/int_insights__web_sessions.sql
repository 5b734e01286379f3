{{ config(
    materialized='incremental', incremental_strategy='append',
    pre_hook="{{ forget_customers_to_make('sessions_to_make', whose_events_left()) }}"
) }}

with

recent_events as (
    select
        customer_id,
        touchpoint_id,
        occurred_at,
        visit_source
    from {{ ref('touchpoints') }}
    where source = 'web_events'
        and customer_id is not null
        and occurred_at >= {{ as_of_end_at() }} - interval '30 days'
        and occurred_at < {{ as_of_end_at() }}
        and {{ of_customers_to_make('sessions_to_make', 'customer_id') }}
),

gaps as (
    select
        recent_events.*,
        lag(occurred_at) over (
            partition by customer_id order by occurred_at asc nulls last, touchpoint_id asc nulls last
        ) as previous_at
    from recent_events
),

session_starts as (
    select
        customer_id,
        visit_source,
        row_number() over (
            partition by customer_id order by occurred_at desc nulls last, touchpoint_id desc nulls last
        ) as newest_no
    from gaps
    where previous_at is null
        or previous_at + {{ setting('session_gap_minutes', 'integer') }} * interval '1 minute' <= occurred_at
),

web_sessions as (
    select
        customer_id,
        count(*) as web_sessions_30d,
        max(case when newest_no = 1 then visit_source end) as visit_source,
        '{{ invocation_id }}' as _batch
    from session_starts
    group by customer_id
)

select * from web_sessions
