with

pairs as (
    select * from {{ ref('int_identity__pairs') }}
),

identifier_values as (
    select * from {{ ref('identifier_values') }}
),

evidence as (
    select
        pairs.left_kind,
        pairs.left_value,
        pairs.right_kind,
        pairs.right_value,
        pairs.rule,
        pairs.source,
        min(pairs.landing_no) as landing_no,
        min(pairs.first_seen_at) as first_seen_at,
        sum(pairs.observations) as observations
    from pairs
    group by pairs.left_kind, pairs.left_value, pairs.right_kind, pairs.right_value, pairs.rule, pairs.source
),

from_rows as (
    select
        left_values.identifier_key as left_key,
        right_values.identifier_key as right_key,
        evidence.rule,
        evidence.source,
        cast(evidence.landing_no as bigint) as landing_no,
        evidence.first_seen_at,
        cast(evidence.observations as bigint) as observations
    from evidence
    inner join identifier_values as left_values
        on left_values.identifier_kind = evidence.left_kind
        and left_values.value = evidence.left_value
    inner join identifier_values as right_values
        on right_values.identifier_kind = evidence.right_kind
        and right_values.value = evidence.right_value
),

-- What somebody decided is evidence too, where both identifiers occur.
from_overrides as (
    select
        overrides.left_key,
        overrides.right_key,
        'override' as rule,
        'identity_overrides' as source,
        cast(0 as bigint) as landing_no,
        cast(null as timestamp) as first_seen_at,
        cast(1 as bigint) as observations
    from {{ ref('int_identity__overrides') }} as overrides
    inner join identifier_values as left_values on left_values.identifier_key = overrides.left_key
    inner join identifier_values as right_values on right_values.identifier_key = overrides.right_key
    where overrides.action = 'always_link'
),

edges as (
    select * from from_rows
    union all
    select * from from_overrides
)

select * from edges
