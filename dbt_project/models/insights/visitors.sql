with

visitors as (
    select
        persons.customer_id,
        persons.first_seen_at,
        coalesce(activity.last_act_at, persons.first_seen_at) as last_seen_at,
        cast(coalesce(activity.events, 0) as bigint) as events
    from {{ ref('persons') }} as persons
    left join {{ ref('int_insights__activity') }} as activity on persons.customer_id = activity.customer_id
    where persons.is_visitor
        and persons.first_seen_at < {{ as_of_end_at() }}
)

select * from visitors
