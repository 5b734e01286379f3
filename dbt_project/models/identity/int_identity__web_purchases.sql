{{ config(
    schema='pii', materialized='incremental', incremental_strategy='append', on_schema_change='fail',
    pre_hook=["{{ forget_withdrawn_files(keys_of_purchases) }}", "{{ mark_corrected_rows(['visitor_id']) }}"],
    post_hook="{{ touch_changed_rows(keys_of_purchases) }}"
) }}

with

purchases as (
    select
        'web_events' as source,
        base._file_id,
        {{ staged_generation("'web_events'") }} as _generation,
        '{{ invocation_id }}' as _batch,
        base.visitor_id,
        base.order_id,
        cast(min(base._line_no) as bigint) as first_line_no,
        cast(min(base._landing_no) as bigint) as landing_no,
        min(base.occurred_at) as first_seen_at,
        cast(count(*) as bigint) as observations
    from {{ ref('base_web_events') }} as base
    where {{ identity_rows({'source': 'web_events', 'versions': false, 'identifiers': {'visitor_id': 'base.visitor_id'}}) }}
        and base.event_name = 'purchase'
        and base.order_id is not null
    group by base._file_id, base.visitor_id, base.order_id
),

keyed as (
    select
        purchases.*,
        {{ key_of('visitor_id', 'purchases.visitor_id') }} as visitor_id_key
    from purchases
)

select * from keyed
