{#- What each source gives, and to whom: acts and orders, those of nobody known, records by their key. -#}
with

{{ source_rows(ref('touchpoints'), 'customer_id is null') }},

source_acts as (
    select * from {{ ref('int_marts__source_acts') }}
),

record_rows as (
    select
        records.source,
        identity_map.anchor_key as person_key,
        identity_map.is_visitor,
        count(*) as row_count
    from {{ ref('int_core__records') }} as records
    left join {{ ref('identity_map') }} as identity_map on records.identifier_key = identity_map.identifier_key
    where records.recorded_at < {{ as_of_end_at() }}
    group by records.source, identity_map.anchor_key, identity_map.is_visitor
),

-- no source gives both acts and records, so origins of the two are never the same
origins as (
    select
        source_acts.person_key,
        source_acts.origins
    from source_acts
    where source_acts.origins is not null
    union all
    select
        record_rows.person_key,
        1 as origins
    from record_rows
    where record_rows.person_key is not null
),

unified as (
    select origins.person_key
    from origins
    group by origins.person_key
    having sum(origins.origins) > 1
),

all_rows as (
    select source, person_key, is_visitor, row_count, sold from source_acts
    union all
    select source, person_key, is_visitor, row_count, cast(0 as decimal(18, 2)) as sold from record_rows
    union all
    select source, null as person_key, null as is_visitor, row_count, sold from source_rows
),

source_sums as (
    select
        all_rows.source,
        cast(sum(all_rows.row_count) as bigint) as row_count,
        cast(sum(case when all_rows.person_key is not null then all_rows.row_count else 0 end) as bigint) as identified_rows,
        cast(sum(case when unified.person_key is not null then all_rows.row_count else 0 end) as bigint) as unified_rows,
        cast(sum(case when not all_rows.is_visitor then all_rows.row_count else 0 end) as bigint) as attributed_rows,
        cast(sum(all_rows.sold) as decimal(18, 2)) as sold,
        cast(sum(case when not all_rows.is_visitor then all_rows.sold else 0 end) as decimal(18, 2)) as attributed_sold
    from all_rows
    left join unified on all_rows.person_key = unified.person_key
    group by all_rows.source
)

select * from source_sums
