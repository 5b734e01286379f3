{{ config(
    materialized='incremental', incremental_strategy='append',
    pre_hook="{{ forget_changed_profiles() }}"
) }}

with persons as (
    select persons.customer_id
    from {{ ref('persons') }} as persons
    where
        not persons.is_visitor
        and persons.first_seen_at < {{ as_of_end_at() }}
        and {{ of_changed_profiles('persons.customer_id') }}
),

-- where the customer has bought
channels as (
    select
        states.customer_id,
        states.bought_channel as channel
    from {{ ref('int_marts__rf_states') }} as states
    where states.until_months_before = 0
),

profiles as (
    select
        persons.customer_id,
        coalesce(attributes.gender, 'unknown') as gender,
        coalesce({{ age_band(age_on('attributes.birth_date', as_of())) }}, 'unknown') as age_band,
        coalesce(attributes.prefecture, 'unknown') as prefecture,
        coalesce(attributes.member_rank, 'none') as member_rank,
        coalesce(channels.channel, 'none') as channel,
        coalesce(rf_customers.segment, 'none') as rf_segment,
        case when attributes.customer_id is not null then {{ attributes_of_profile('attributes') }} end as _attributes,
        {{ newest_change() }} as change_no
    from persons
    left join {{ ref('person_attributes') }} as attributes on persons.customer_id = attributes.customer_id
    left join channels on persons.customer_id = channels.customer_id
    left join {{ ref('int_marts__rf_customers') }} as rf_customers on persons.customer_id = rf_customers.customer_id
)

select * from profiles
