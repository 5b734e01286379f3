with

accounts as (
    select * from {{ ref('row_accounts') }}
),

sums as (
    select * from {{ ref('int_marts__source_sums') }}
),

uses as (
    {% for table in all_sources() -%}
    select '{{ table }}' as source, '{{ marts_using(table) }}' as used_by
    {% if not loop.last %}union all
    {% endif -%}
    {% endfor %}
),

source_coverage as (
    select
        accounts.source,
        cast(accounts.rows_landed as bigint) as rows,
        cast(accounts.quarantined as bigint) as quarantined,
        cast(sums.identified_rows as double) / sums.row_count as identified_share,
        cast(sums.unified_rows as double) / sums.row_count as unified_share,
        uses.used_by
    from accounts
    left join sums on accounts.source = sums.source
    left join uses on accounts.source = uses.source
)

select * from source_coverage
