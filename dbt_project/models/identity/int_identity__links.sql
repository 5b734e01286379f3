{{ config(
    materialized='incremental', incremental_strategy='append',
    pre_hook="{{ forget_changed_links() }}", post_hook="{{ settle_touched_identifiers() }}"
) }}

with

likely_pairs as (
    select * from {{ ref('int_identity__likely_pairs') }}
    where status = 'used'
),

edges as (
    select
        edges.left_key,
        edges.right_key,
        edges.rule,
        edges.source,
        edges.landing_no,
        edges.first_seen_at,
        edges.observations,
        edges.first_file_id,
        edges.first_line_no,
        cast(null as double) as match_weight
    from {{ ref('int_identity__edges') }} as edges
    union all
    select
        likely_pairs.left_key,
        likely_pairs.right_key,
        'probabilistic' as rule,
        'splink' as source,
        cast(0 as bigint) as landing_no,
        cast(null as timestamp) as first_seen_at,
        cast(1 as bigint) as observations,
        cast(null as varchar) as first_file_id,
        cast(null as bigint) as first_line_no,
        cast(likely_pairs.match_weight as double) as match_weight
    from likely_pairs
),

changed_edges as (
    select * from edges
    where {{ of_changed_links('edges') }}
),

never_links as (
    select * from {{ ref('int_identity__overrides') }}
    where action = 'never_link'
),

judged as (
    select
        left_nodes.identifier_kind as left_kind,
        left_nodes.identifier_hash as left_hash,
        right_nodes.identifier_kind as right_kind,
        right_nodes.identifier_hash as right_hash,
        changed_edges.rule,
        changed_edges.source,
        changed_edges.first_seen_at,
        changed_edges.observations,
        case
            when left_nodes.blocked_reason = 'blocklisted' or right_nodes.blocked_reason = 'blocklisted' then 'blocklisted'
            when never_links.action is not null then 'never_link'
            when coalesce(left_nodes.blocked_reason, right_nodes.blocked_reason) is not null
                then coalesce(left_nodes.blocked_reason, right_nodes.blocked_reason)
            -- Both ends belong to somebody: nothing on the path could be blocked, so the weaker edge was left out.
            when left_nodes.customer_id <> right_nodes.customer_id then 'two_persons'
        end as reason,
        changed_edges.left_key,
        changed_edges.right_key,
        changed_edges.landing_no,
        changed_edges.first_file_id,
        changed_edges.first_line_no,
        changed_edges.match_weight
    from changed_edges
    inner join {{ ref('identity_map') }} as left_nodes on left_nodes.identifier_key = changed_edges.left_key
    inner join {{ ref('identity_map') }} as right_nodes on right_nodes.identifier_key = changed_edges.right_key
    left join never_links
        on never_links.left_key = least(changed_edges.left_key, changed_edges.right_key)
        and never_links.right_key = greatest(changed_edges.left_key, changed_edges.right_key)
),

links as (
    select
        judged.left_kind,
        judged.left_hash,
        judged.right_kind,
        judged.right_hash,
        judged.rule,
        judged.source,
        judged.first_seen_at,
        judged.observations,
        case when judged.reason is null then 'used' else 'blocked' end as status,
        judged.reason,
        judged.left_key,
        judged.right_key,
        judged.landing_no,
        judged.first_file_id,
        judged.first_line_no,
        judged.match_weight,
        '{{ invocation_id }}' as _batch
    from judged
)

select * from links
