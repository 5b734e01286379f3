{# Each identifier of each tuple; of those in the subquery `touched` alone, where it is given. The condition stands next to the table, so that a
   few identifiers cost a scan of the keys and not of the values. #}
{% macro identity_sightings(touched=none) -%}
    {%- set meets = 'in ' ~ touched if touched else 'is not null' %}
    {%- set tuples = tuples_to_read(touched) %}
    {%- for kind in identifier_kinds() %}
    select
        tuples.source,
        tuples._file_id,
        '{{ kind }}' as identifier_kind,
        tuples.{{ kind }}_key as identifier_key,
        tuples.{{ kind }} as value,
        tuples.landing_no,
        tuples.first_seen_at,
        tuples.last_seen_at,
        tuples.observations
    from {{ tuples }} as tuples
    where tuples.{{ kind }}_key {{ meets }}
    {{- '\n    union all' if not loop.last }}
    {%- endfor %}
{%- endmacro %}

{# Each pair of identifiers of each tuple, and of each purchase on the web with the order that it names; with
   `touched`, those whose left one is in it. #}
{% macro identity_pairs(touched=none) -%}
    {%- set meets = 'in ' ~ touched if touched else 'is not null' %}
    {%- set tuples = tuples_to_read(touched) %}
    {%- set kinds = identifier_kinds() %}
    {%- set order_kinds = ['member_id', 'email', 'phone'] %}
with

purchases as (
    select * from {{ ref('int_identity__web_purchases') }}
),

orders as (
    select
        base.order_id,
        base.member_id,
        base.email,
        base.phone,
        cast(min(base._landing_no) as bigint) as landing_no
    from {{ ref('base_ec_orders') }} as base
    where base.row_outcome in ('staged', 'superseded')
        {%- if touched %}
        -- Before they are hashed, by the values with which they stand in their tuples.
        and exists (
            select 1
            from {{ tuples }} as tuples
            where tuples.source = 'ec_orders'
                and (
                    {%- for kind in order_kinds %}
                    tuples.{{ kind }}_key {{ meets }}{{ ' or' if not loop.last }}
                    {%- endfor %}
                )
                {%- for kind in order_kinds %}
                and tuples.{{ kind }} is not distinct from base.{{ kind }}
                {%- endfor %}
        )
        {%- endif %}
    group by base.order_id, base.member_id, base.email, base.phone
),

-- The link is known once both the event and the order have landed; the event's row is the one that shows it.
purchased as (
    select
        purchases.source,
        'web_purchase' as rule,
        purchases._file_id,
        purchases.first_line_no,
        purchases.visitor_id_key,
        {%- for kind in order_kinds %}
        {{ key_of(kind, 'orders.' ~ kind) }} as {{ kind }}_key,
        {%- endfor %}
        greatest(purchases.landing_no, orders.landing_no) as landing_no,
        purchases.first_seen_at,
        purchases.observations
    from purchases
    inner join orders on orders.order_id = purchases.order_id
),

pairs as (
    {%- for left_kind in kinds %}{% for right_kind in kinds[loop.index:] %}
    select
        tuples.source,
        tuples.rule,
        tuples.{{ left_kind }}_key as left_key,
        tuples.{{ right_kind }}_key as right_key,
        tuples.landing_no,
        tuples.first_seen_at,
        tuples.observations,
        tuples._file_id,
        tuples.first_line_no
    from {{ tuples }} as tuples
    where tuples.{{ left_kind }}_key {{ meets }}
        and tuples.{{ right_kind }}_key is not null
    union all
    {%- endfor %}{% endfor %}
    {%- for left_kind in order_kinds %}
    select
        purchased.source,
        purchased.rule,
        purchased.{{ left_kind }}_key as left_key,
        purchased.visitor_id_key as right_key,
        purchased.landing_no,
        purchased.first_seen_at,
        purchased.observations,
        purchased._file_id,
        purchased.first_line_no
    from purchased
    where purchased.{{ left_kind }}_key {{ meets }}
    {{- '\n    union all' if not loop.last }}
    {%- endfor %}
)

select * from pairs
{%- endmacro %}
