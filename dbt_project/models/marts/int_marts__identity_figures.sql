{%- set bands = [('01', 1, 1), ('02', 2, 2), ('03', 3, 3), ('04', 4, 4), ('05-09', 5, 9), ('10-19', 10, 19), ('20+', 20, 1000000000)] %}
{%- set changes = ['merged', 'identified', 'split', 'moved', 'gone', 'returned'] %}
with

sizes as (
    select * from {{ ref('int_marts__person_sizes') }}
),

attribution as (
    select * from {{ ref('int_marts__attribution') }}
),

visitors as (
    select count(*) as visitors from {{ ref('persons') }}
    where is_visitor and first_seen_at < {{ as_of_end_at() }}
),

totals as (
    select
        count(*) as customers,
        coalesce(max(identifiers), 0) as largest,
        coalesce(max(strong_identifiers), 0) as largest_strong
        {%- for band, least, most in bands %},
        count(case when identifiers between {{ least }} and {{ most }} then 1 end) as size_{{ loop.index }}
        {%- endfor %}
    from sizes
),

held_by_kind as (
    {%- for kind in identifier_kinds() %}
    select
        '{{ kind }}' as kind,
        {{ kind }}s as held,
        count(*) as customers
    from sizes
    group by {{ kind }}s
    {{- '\n    union all' if not loop.last }}
    {%- endfor %}
),

running as (
    select
        kind,
        held,
        customers,
        sum(customers) over (partition by kind order by held asc nulls last rows unbounded preceding) as customers_up_to,
        sum(customers) over (partition by kind) as all_customers
    from held_by_kind
),

per_customer as (
    select
        kind,
        cast(sum(held * customers) as double) / cast(sum(customers) as double) as mean,
        min(case when customers_up_to * 100 >= all_customers * 99 then held end) as p99,
        max(held) as most
    from running
    group by kind
),

blocked_identifiers as (
    select
        identity_map.identifier_kind as kind,
        identity_map.blocked_reason as reason,
        count(*) as identifiers
    from {{ ref('identity_map') }} as identity_map
    inner join {{ ref('identifiers') }} as identifiers on identity_map.identifier_key = identifiers.identifier_key
    where identity_map.blocked_reason is not null
        and identifiers.first_seen_at < {{ as_of_end_at() }}
    group by identity_map.identifier_kind, identity_map.blocked_reason
),

blocked_links as (
    select distinct
        left_kind || '-' || right_kind as kinds,
        reason,
        left_key,
        right_key
    from {{ ref('identity_edges') }}
    where status = 'blocked'
        and coalesce(first_seen_at < {{ as_of_end_at() }}, true)
),

changed_ids as (
    select
        identity_changes.change,
        count(distinct coalesce(identity_changes.from_id, identity_changes.to_id)) as ids
    from {{ ref('identity_changes') }} as identity_changes
    where identity_changes.as_of = {{ as_of() }}
    group by identity_changes.change
),

shares as (
    select
        case when span = 'all' then '' else '_' || span end as ending,
        source,
        row_count,
        cast(attributed_rows as double) / nullif(row_count, 0) as attributed_share,
        cast(attributed_sold as double) / nullif(cast(sold as double), 0) as attributed_sales_share
    from attribution
    union all
    select
        case when span = 'all' then '' else '_' || span end as ending,
        'all' as source,
        null as row_count,
        null as attributed_share,
        cast(sum(attributed_sold) as double) / nullif(cast(sum(sold) as double), 0) as attributed_sales_share
    from attribution
    group by span
),

figures as (
    select
        'persons' as metric,
        'customers' as dimension,
        cast(null as varchar) as reason,
        cast(customers as double) as value
    from totals
    union all
    select 'persons' as metric, 'visitors' as dimension, null as reason, visitors as value from visitors
    {%- for band, least, most in bands %}
    union all
    select 'customers_by_size' as metric, '{{ band }}' as dimension, null as reason, size_{{ loop.index }} as value from totals
    {%- endfor %}
    union all
    select 'largest_person' as metric, 'all' as dimension, null as reason, largest as value from totals
    union all
    select 'largest_person' as metric, 'strong' as dimension, null as reason, largest_strong as value from totals
    {%- for statistic in ['mean', 'p99', 'most'] %}
    union all
    select
        'identifiers_per_customer_{{ statistic }}' as metric,
        kind as dimension,
        null as reason,
        {{ statistic }} as value
    from per_customer
    {%- endfor %}
    {%- for share in ['attributed_share', 'attributed_sales_share'] %}
    union all
    select '{{ share }}' || ending as metric, source as dimension, null as reason, {{ share }} as value from shares
    where {{ share }} is not null
    {%- endfor %}
    union all
    select 'rows' || ending as metric, source as dimension, null as reason, row_count as value from shares
    where ending <> '' and row_count is not null
    union all
    select 'blocked_identifiers' as metric, kind as dimension, reason, identifiers as value from blocked_identifiers
    union all
    select 'blocked_links' as metric, kinds as dimension, reason, count(*) as value from blocked_links
    group by kinds, reason
    union all
    select 'changed_ids' as metric, change as dimension, null as reason, ids as value from changed_ids
    {%- for change in changes %}
    union all
    select 'changed_ids' as metric, '{{ change }}' as dimension, null as reason, 0 as value
    where not exists (select changed_ids.ids from changed_ids where changed_ids.change = '{{ change }}')
    {%- endfor %}
)

select * from figures
