with persons as (
    select persons.customer_id
    from {{ ref('persons') }} as persons
    where
        not persons.is_visitor
        and persons.first_seen_at < {{ as_of_end_at() }}
),

-- where the customer has bought
channels as (
    select
        orders.customer_id,
        case when min(orders.channel) = max(orders.channel) then min(orders.channel) else 'both' end as channel
    from {{ ref('orders') }} as orders
    where
        (orders.is_counted or orders.is_trial)
        and orders.ordered_at < {{ as_of_end_at() }}
    group by orders.customer_id
),

profiles as (
    select
        persons.customer_id,
        coalesce(attributes.gender, 'unknown') as gender,
        coalesce({{ age_band(age_on('attributes.birth_date', as_of())) }}, 'unknown') as age_band,
        coalesce(attributes.prefecture, 'unknown') as prefecture,
        coalesce(attributes.member_rank, 'none') as member_rank,
        coalesce(channels.channel, 'none') as channel,
        coalesce(rf_customers.segment, 'none') as rf_segment
    from persons
    left join {{ ref('person_attributes') }} as attributes on persons.customer_id = attributes.customer_id
    left join channels on persons.customer_id = channels.customer_id
    left join {{ ref('rf_customers') }} as rf_customers on persons.customer_id = rf_customers.customer_id
)

select * from profiles
