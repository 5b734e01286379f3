{# Whose web events have left the 30 days in which sessions are counted since the table was built. #}
{% macro whose_events_left() -%}
    select touchpoints.customer_id
    from {{ ref('touchpoints') }} as touchpoints
    where touchpoints.source = 'web_events'
        and touchpoints.customer_id is not null
        and touchpoints.occurred_at >= {{ held_end_at() }} - interval '30 days'
        and touchpoints.occurred_at < {{ as_of_end_at() }} - interval '30 days'
{%- endmacro %}
