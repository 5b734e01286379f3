with

accounts as (
    select * from {{ ref('row_accounts') }}
),

source_customers as (
    select * from {{ ref('int_marts__source_customers') }}
),

customer_origins as (
    select
        customer_id,
        min(origin) < max(origin) as is_unified
    from source_customers
    where customer_id is not null
    group by customer_id
),

shares as (
    select
        source_customers.source,
        sum(source_customers.row_count) as all_rows,
        sum(case when source_customers.customer_id is not null then source_customers.row_count else 0 end) as identified_rows,
        sum(case when customer_origins.is_unified then source_customers.row_count else 0 end) as unified_rows
    from source_customers
    left join customer_origins on source_customers.customer_id = customer_origins.customer_id
    group by source_customers.source
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
        cast(shares.identified_rows as double) / shares.all_rows as identified_share,
        cast(shares.unified_rows as double) / shares.all_rows as unified_share,
        uses.used_by
    from accounts
    left join shares on accounts.source = shares.source
    left join uses on accounts.source = uses.source
)

select * from source_coverage
