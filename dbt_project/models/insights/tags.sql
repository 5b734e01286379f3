{{ config(materialized='view') }}

with tags as (
    select
        act_tags.customer_id,
        act_tags.tag,
        act_tags.value,
        act_tags.since
    from {{ ref('int_insights__act_tags') }} as act_tags
    union all
    select
        facts.customer_id,
        facts.tag,
        case facts.what
            when 'days_since_visit' then cast({{ days_between('facts.since', as_of()) }} as varchar)
            when 'subscription' then case when facts.until_on >= {{ as_of() }} then 'active' else 'ended' end
            else facts.value
        end as value,
        case when facts.until_on < {{ as_of() }} then {{ add_days('facts.until_on', 1) }} else facts.since end as since
    from {{ ref('int_insights__fact_tags') }} as facts
)

select * from tags
