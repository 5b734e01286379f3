{{ config(
    materialized='incremental', incremental_strategy='append',
    pre_hook="{{ forget_changed_owners() }}", post_hook="{{ drop_parties_to_make() }}"
) }}

with

parties as (
    select * from {{ parties_to_make() }}
),

party_identifiers as (
    {% for kind, column in party_columns() -%}
    select
        party_key,
        {{ column }} as identifier_key
    from parties
    where {{ column }} is not null
    {% if not loop.last %}union all
    {% endif -%}
    {% endfor %}
),

candidates as (
    select
        party_identifiers.party_key,
        identity_map.customer_id,
        kinds.strength
    from party_identifiers
    inner join {{ ref('identity_map') }} as identity_map
        on party_identifiers.identifier_key = identity_map.identifier_key
    inner join {{ ref('identity_kinds') }} as kinds on identity_map.identifier_kind = kinds.kind
    where identity_map.customer_id is not null
        {%- if is_incremental() %}
        -- said again, so that the table is not joined whole
        and identity_map.identifier_key in (select party_identifiers.identifier_key from party_identifiers)
        {%- endif %}
),

strongest as (
    select
        party_key,
        min_by(customer_id, strength) as customer_id
    from candidates
    group by party_key
),

shared_visitors as (
    select identity_map.identifier_key as visitor_key
    from {{ ref('identity_map') }} as identity_map
    where identity_map.identifier_kind = 'visitor_id'
        and identity_map.customer_id is null
        and not identity_map.is_blocklisted
        {%- if is_incremental() %}
        and identity_map.identifier_key in (select parties.visitor_key from parties)
        {%- endif %}
),

party_customers as (
    select
        parties.party_key,
        strongest.customer_id,
        case
            when strongest.customer_id is null and parties.member_key is null and shared_visitors.visitor_key is not null
                then parties.party_key
        end as shared_party_key,
        '{{ invocation_id }}' as _batch
    from parties
    left join strongest on parties.party_key = strongest.party_key
    left join shared_visitors on parties.visitor_key = shared_visitors.visitor_key
)

select * from party_customers
