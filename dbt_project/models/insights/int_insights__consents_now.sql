{#- A view: int_insights__person_consents keeps its rows, and holds them against these. -#}
{{ config(materialized='view') }}

with

channels as (
    {% for channel in consent_channels() -%}
    select '{{ channel }}' as channel
    {% if not loop.last %}union all
    {% endif -%}
    {% endfor %}
),

persons as (
    select customer_id, anchor_key from {{ ref('persons') }}
    where not is_visitor
),

requests as (
    select * from {{ ref('int_core__privacy_requests') }}
    where requested_at < {{ as_of_end_at() }}
),

-- Who names neither address nor member is known by his message, if at all.
refusals as (
    select
        events.party_key,
        coalesce(events.email_key, events.phone_key, events.line_key, named.identifier_key) as identifier_key,
        events.channel,
        events.occurred_at
    from {{ ref('int_core__message_events') }} as events
    left join {{ source('run', 'named_refusals') }} as named on events.source_key = named.source_key
    where events.action in ('message_unsubscribed', 'message_complained')
        and events.occurred_at < {{ as_of_end_at() }}
),

-- The identifiers by which anybody has asked or refused, few of all, and whose they are.
asking as (
    select identifier_key from requests
    union
    select identifier_key from refusals
),

owners as (
    select identifier_key, customer_id from {{ ref('identity_map') }}
    where customer_id is not null
        and identifier_key in (select asking.identifier_key from asking)
),

-- What the parts of a person say of each channel: 1 where all that speak say yes, 0 where one says no, null where all are silent. By
-- anchor: numbers are read and joined much faster than ids.
said as (
    select
        identity_map.anchor_key,
        {% for channel in consent_channels() -%}
        min(cast(opt_ins.{{ channel }}_says as integer)) as {{ channel }}_says{{ ',' if not loop.last }}
        {% endfor %}
    from {{ ref('int_core__opt_ins') }} as opt_ins
    inner join {{ ref('identity_map') }} as identity_map on opt_ins.member_key = identity_map.identifier_key
    where identity_map.anchor_key is not null
    group by identity_map.anchor_key
),

-- An address that several persons share, or a role's mailbox, belongs to nobody, but a refusal by it is each one's whose records hold it.
shared_ends as (
    select left_key as shared_key, right_key as holder_key from {{ ref('identity_edges') }}
    where reason in ('shared_value', 'too_many_records', 'conflicting_records', 'blocklisted')
        and left_key in (select asking.identifier_key from asking)
    union
    select right_key as shared_key, left_key as holder_key from {{ ref('identity_edges') }}
    where reason in ('shared_value', 'too_many_records', 'conflicting_records', 'blocklisted')
        and right_key in (select asking.identifier_key from asking)
),

refusing as (
    select identifier_key, customer_id from owners
    union all
    select distinct shared_ends.shared_key as identifier_key, holders.customer_id
    from shared_ends
    inner join {{ ref('identity_map') }} as shared on shared_ends.shared_key = shared.identifier_key
    inner join {{ ref('identity_map') }} as holders on shared_ends.holder_key = holders.identifier_key
    where shared.customer_id is null
        and holders.customer_id is not null
),

-- A request without a channel is about all of them. So is a refusal of a channel that we do not know: no refusal is lost.
requested as (
    select
        refusing.customer_id,
        channels.channel,
        requests.kind <> 'opt_in' as is_refusal,
        requests.requested_at as occurred_at
    from requests
    inner join refusing on requests.identifier_key = refusing.identifier_key
    left join owners on requests.identifier_key = owners.identifier_key
    left join channels as known on requests.channel = known.channel
    inner join channels
        on requests.channel is null
        or requests.channel = channels.channel
        or (requests.kind <> 'opt_in' and known.channel is null)
    -- Nobody opts in for others.
    where requests.kind <> 'opt_in' or owners.customer_id is not null
),

known_refusals as (
    select
        refusals.*,
        party_customers.customer_id
    from refusals
    left join {{ ref('party_customers') }} as party_customers on refusals.party_key = party_customers.party_key
),

refused_messages as (
    select
        customer_id,
        channel,
        true as is_refusal,
        occurred_at
    from known_refusals
    where customer_id is not null
    union all
    select
        refusing.customer_id,
        known_refusals.channel,
        true as is_refusal,
        known_refusals.occurred_at
    from known_refusals
    inner join refusing on known_refusals.identifier_key = refusing.identifier_key
    where known_refusals.customer_id is null
),

wishes as (
    select * from requested
    union all
    select * from refused_messages
),

latest_wishes as (
    select
        customer_id,
        {% for channel in consent_channels() -%}
        max(case when channel = '{{ channel }}' and is_refusal then occurred_at end) as {{ channel }}_refused_at,
        max(case when channel = '{{ channel }}' and not is_refusal then occurred_at end) as {{ channel }}_accepted_at
        {{- ',' if not loop.last }}
        {% endfor %}
    from wishes
    group by customer_id
),

-- Of a refusal and an opt-in at the same moment the refusal holds.
consents as (
    select
        persons.customer_id,
        persons.anchor_key,
        {% for channel in consent_channels() -%}
        coalesce(said.{{ channel }}_says, case when wishes.{{ channel }}_accepted_at is not null then 1 else 0 end) = 1
        and (
            wishes.{{ channel }}_refused_at is null
            or coalesce(wishes.{{ channel }}_accepted_at > wishes.{{ channel }}_refused_at, false)
        ) as consent_{{ channel }}{{ ',' if not loop.last }}
        {% endfor %}
    from persons
    left join said on persons.anchor_key = said.anchor_key
    left join latest_wishes as wishes on persons.customer_id = wishes.customer_id
)

select * from consents
