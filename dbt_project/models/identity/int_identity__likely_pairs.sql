with

match_weights as (
    select * from {{ ref('int_identity__match_weights') }}
),

-- Each pair has one row for the prior.
likely_pairs as (
    select
        match_weights.left_key,
        match_weights.right_key,
        match_weights.match_weight,
        match_weights.match_probability,
        match_weights.status
    from match_weights
    where match_weights.comparison = 'prior'
)

select * from likely_pairs
