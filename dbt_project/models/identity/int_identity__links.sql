{{ config(
    materialized='incremental', incremental_strategy='append',
    pre_hook="{{ forget_changed_links() }}", post_hook="{{ settle_touched_identifiers() }}"
) }}

with

likely_pairs as (
    select * from {{ ref('int_identity__likely_pairs') }}
    where status = 'used'
),

changed_pairs as (
    {{ changed_links_of('likely_pairs') }}
),

evidence as (
    {{ changed_rows_of(ref('int_identity__edges')) }}
),

changed_edges as (
    select
        evidence.left_key,
        evidence.right_key,
        evidence.rule,
        evidence.source,
        evidence.landing_no,
        evidence.first_seen_at,
        evidence.observations,
        evidence.first_file_id,
        evidence.first_line_no,
        cast(null as double) as match_weight
    from evidence
    union all
    select
        changed_pairs.left_key,
        changed_pairs.right_key,
        'probabilistic' as rule,
        'splink' as source,
        cast(0 as bigint) as landing_no,
        cast(null as timestamp) as first_seen_at,
        cast(1 as bigint) as observations,
        cast(null as varchar) as first_file_id,
        cast(null as bigint) as first_line_no,
        cast(changed_pairs.match_weight as double) as match_weight
    from changed_pairs
),

nodes as (
    select
        identifier_key,
        identifier_kind,
        identifier_hash,
        blocked_reason,
        customer_id
    from {{ ref('identity_map') }}
    {%- if is_incremental() %}
    where {{ is_end_of('identifier_key', 'changed_edges') }}
    {%- endif %}
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
    inner join nodes as left_nodes on left_nodes.identifier_key = changed_edges.left_key
    inner join nodes as right_nodes on right_nodes.identifier_key = changed_edges.right_key
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
