{%- set top = setting('backtest_positions') -%}
{%- set measures = [
    ('', 'hits'), ('popularity_', 'popular_hits'), ('popularity_same_length_', 'popular_hits_same_length'),
] -%}
with

slices as (
    select kinds.kind as slice from {{ ref('recommendation_kinds') }} as kinds
    union all
    select 'all' as slice
),

-- A kind is judged on those who have a list of it; how many those are is its coverage.
measured as (
    select
        slices.slice,
        sum(case when hits.list_length > 0 then 1 else 0 end) as cases,
        avg(case when hits.list_length > 0 then 1.0e0 when hits.list_length = 0 then 0.0e0 end) as coverage,
        avg(case when hits.list_length > 0 then hits.list_length * 1.0e0 end) as list_length,
        {% for prefix, hits in measures -%}
        avg(
            case when hits.list_length > 0 and hits.{{ hits }} > 0 then 1.0e0 when hits.list_length > 0 then 0.0e0 end
        ) as {{ prefix }}hit_rate,
        -- in decimals, so that the order of adding changes no digit
        cast(avg(case when hits.list_length > 0 then cast(hits.{{ hits }} * 1.0e0 / hits.products as decimal(18, 12)) end) as double)
            as {{ prefix }}recall{{ ',' if not loop.last }}
        {% endfor %}
    from slices
    left join {{ ref('int_insights__recommendation_hits') }} as hits on slices.slice = hits.slice
    group by slices.slice
),

metrics as (
    select measured.slice, measured.cases, 'coverage' as metric, measured.coverage as value from measured
    union all
    select measured.slice, measured.cases, 'list_length' as metric, measured.list_length as value from measured
    {% for prefix, _ in measures -%}
    {% for metric in ['hit_rate', 'recall'] -%}
    union all
    select
        measured.slice,
        measured.cases,
        '{{ prefix }}{{ metric }}_at_' || {{ top }} as metric,
        measured.{{ prefix }}{{ metric }} as value
    from measured
    {% endfor -%}
    {% endfor %}
),

versions as (
    select
        substr(md5(
            {% for name in version_settings() -%}
            {{ setting(name) }}{{ " || ' ' || " if not loop.last }}
            {% endfor %}
        ), 1, 8) as version
),

model_quality as (
    select
        'recommendations' as model,
        versions.version,
        metrics.slice,
        metrics.metric,
        metrics.value,
        cast(metrics.cases as bigint) as cases,
        cast({{ as_of() }} as date) as as_of,
        cast({{ backtest_day() }} as date) as trained_until,
        cast({{ as_of() }} as date) as tested_until
    from metrics
    cross join versions
)

select * from model_quality
