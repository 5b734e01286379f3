{{ config(
    materialized='incremental', incremental_strategy='append',
    pre_hook="{{ put_device_events_aside() }}", post_hook="{{ note_changed_devices() }}"
) }}

with

shared_visitors as (
    select distinct parties.visitor_key
    from {{ ref('party_customers') }} as party_customers
    inner join {{ ref('parties') }} as parties on party_customers.shared_party_key = parties.party_key
),

shared_parties as (
    select
        parties.party_key,
        parties.visitor_key,
        parties.member_key
    from {{ ref('parties') }} as parties
    inner join shared_visitors on parties.visitor_key = shared_visitors.visitor_key
),

acts as (
    select party_key, occurred_at, 'web_events:' || source_key as touchpoint_id from {{ ref('int_core__web_events') }}
    where party_key in (select shared_parties.party_key from shared_parties)
    union all
    select party_key, occurred_at, 'social_actions:' || source_key as touchpoint_id from {{ ref('int_core__social_actions') }}
    where party_key in (select shared_parties.party_key from shared_parties)
    union all
    select party_key, occurred_at, 'survey_answers:' || source_key as touchpoint_id from {{ ref('int_core__survey_answers') }}
    where party_key in (select shared_parties.party_key from shared_parties)
),

-- Of acts at the same time those with a member come first: his row is then "at or before" the others.
ordered as (
    select
        shared_parties.visitor_key,
        shared_parties.party_key,
        shared_parties.member_key,
        acts.occurred_at,
        row_number() over (
            partition by shared_parties.visitor_key
            order by
                acts.occurred_at asc nulls last,
                case when shared_parties.member_key is null then 1 else 0 end asc nulls last,
                acts.touchpoint_id asc nulls last
        ) as act_no
    from acts
    inner join shared_parties on acts.party_key = shared_parties.party_key
),

gaps as (
    select
        ordered.*,
        lag(occurred_at) over (partition by visitor_key order by act_no asc nulls last) as previous_at
    from ordered
),

sessions as (
    select
        gaps.*,
        sum(
            case
                when previous_at + {{ setting('session_gap_minutes', 'integer') }} * interval '1 minute' <= occurred_at then 1
                else 0
            end
        ) over (partition by visitor_key order by act_no asc nulls last rows unbounded preceding) as session_no
    from gaps
),

member_runs as (
    select
        sessions.*,
        count(member_key) over (
            partition by visitor_key, session_no order by act_no asc nulls last rows unbounded preceding
        ) as run_no
    from sessions
),

attributed as (
    select
        party_key,
        max(member_key) over (partition by visitor_key, session_no, run_no) as latest_member_key,
        occurred_at
    from member_runs
),

-- Distinct keys are asked for: of those of all parties DuckDB expects so many that it would hash the whole identity map.
members as (
    select
        identity_map.identifier_key as member_key,
        identity_map.customer_id
    from (select distinct shared_parties.member_key from shared_parties) as asked
    inner join {{ ref('identity_map') }} as identity_map on asked.member_key = identity_map.identifier_key
    where identity_map.customer_id is not null
),

shared_device_events as (
    select distinct
        attributed.party_key,
        attributed.occurred_at,
        members.customer_id
    from attributed
    inner join members on attributed.latest_member_key = members.member_key
    inner join {{ ref('party_customers') }} as party_customers on attributed.party_key = party_customers.shared_party_key
)

select * from shared_device_events
