with

match_weights as (
    select * from {{ ref('int_identity__match_weights') }}
),

identity_match_weights as (
    select
        left_nodes.identifier_kind as left_kind,
        left_nodes.identifier_hash as left_hash,
        right_nodes.identifier_kind as right_kind,
        right_nodes.identifier_hash as right_hash,
        match_weights.status,
        match_weights.position,
        match_weights.comparison,
        match_weights.level,
        match_weights.weight
    from match_weights
    inner join {{ ref('identity_nodes') }} as left_nodes on left_nodes.identifier_key = match_weights.left_key
    inner join {{ ref('identity_nodes') }} as right_nodes on right_nodes.identifier_key = match_weights.right_key
)

select * from identity_match_weights
