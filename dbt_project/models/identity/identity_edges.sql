{{ config(materialized='view') }}

with

identity_edges as (
    select
        left_kind,
        left_hash,
        right_kind,
        right_hash,
        rule,
        source,
        first_seen_at,
        observations,
        status,
        reason,
        left_key,
        right_key,
        landing_no,
        first_file_id,
        first_line_no,
        match_weight
    from {{ ref('int_identity__links') }}
)

select * from identity_edges
