with

likely_pairs as (
    select * from {{ ref('int_identity__likely_pairs') }}
    where status = 'review'
),

overrides as (
    select * from {{ ref('int_identity__overrides') }}
),

-- What somebody has decided, or other evidence has shown, needs nobody to look.
identity_reviews as (
    select
        left_nodes.identifier_kind as left_kind,
        left_nodes.identifier_hash as left_hash,
        right_nodes.identifier_kind as right_kind,
        right_nodes.identifier_hash as right_hash,
        cast(likely_pairs.match_weight as double) as match_weight,
        cast(likely_pairs.match_probability as double) as match_probability
    from likely_pairs
    inner join {{ ref('identity_nodes') }} as left_nodes on left_nodes.identifier_key = likely_pairs.left_key
    inner join {{ ref('identity_nodes') }} as right_nodes on right_nodes.identifier_key = likely_pairs.right_key
    left join overrides
        on overrides.left_key = least(likely_pairs.left_key, likely_pairs.right_key)
        and overrides.right_key = greatest(likely_pairs.left_key, likely_pairs.right_key)
    where overrides.action is null
        and coalesce(left_nodes.customer_id, '') <> coalesce(right_nodes.customer_id, '')
)

select * from identity_reviews
