with

edges as (
    select * from {{ ref('int_identity__edges') }}
),

identity_map as (
    select * from {{ ref('identity_map') }}
),

never_links as (
    select * from {{ ref('int_identity__overrides') }}
    where action = 'never_link'
),

judged as (
    select
        left_map.identifier_kind as left_kind,
        left_map.identifier_hash as left_hash,
        right_map.identifier_kind as right_kind,
        right_map.identifier_hash as right_hash,
        edges.rule,
        edges.source,
        edges.first_seen_at,
        edges.observations,
        case
            when left_map.blocked_reason = 'blocklisted' or right_map.blocked_reason = 'blocklisted' then 'blocklisted'
            when never_links.action is not null then 'never_link'
            when coalesce(left_map.blocked_reason, right_map.blocked_reason) is not null
                then coalesce(left_map.blocked_reason, right_map.blocked_reason)
            -- Both ends belong to somebody: nothing on the path could be blocked, so the weaker edge was left out.
            when left_map.customer_id <> right_map.customer_id then 'two_persons'
        end as reason,
        edges.left_key,
        edges.right_key,
        edges.landing_no
    from edges
    inner join identity_map as left_map on left_map.identifier_key = edges.left_key
    inner join identity_map as right_map on right_map.identifier_key = edges.right_key
    left join never_links
        on never_links.left_key = least(edges.left_key, edges.right_key)
        and never_links.right_key = greatest(edges.left_key, edges.right_key)
),

identity_edges as (
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
        judged.landing_no
    from judged
)

select * from identity_edges
