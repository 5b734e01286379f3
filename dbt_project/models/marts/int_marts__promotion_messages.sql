-- The table is read once for each way of naming a campaign: few messages name one, and what is used twice would be kept whole.
with messages as (
    {% for named_by in ('scenario_id', 'message_id') -%}
    select
        promotions.campaign_id,
        events.party_key,
        events.action,
        events.occurred_at
    from {{ ref('int_core__message_events') }} as events
    inner join {{ ref('int_marts__promotions') }} as promotions on events.{{ named_by }} = promotions.campaign_id
    where events.occurred_at < {{ as_of_end_at() }}
        and events.action in ('message_sent', 'message_opened', 'message_clicked')
    {% if not loop.last -%}
    union all
    {% endif -%}
    {% endfor %}
),

customers as (
    select
        messages.campaign_id,
        party_customers.customer_id,
        min(case when messages.action = 'message_sent' then messages.occurred_at end) as sent_at,
        max(case when messages.action = 'message_opened' then 1 else 0 end) = 1 as has_opened,
        max(case when messages.action = 'message_clicked' then 1 else 0 end) = 1 as has_clicked
    from messages
    inner join {{ ref('party_customers') }} as party_customers on messages.party_key = party_customers.party_key
    where party_customers.customer_id is not null
    group by messages.campaign_id, party_customers.customer_id
)

select * from customers
