-- What lists held on the days of the runs, up to $as_of, and room for the metrics that are declared.
create or replace table activation.kpi_days as
select distinct kpis.day from marts.kpi_daily as kpis
union
select runs.as_of from activation.all_scenario_targets as runs where runs.as_of <= $as_of
union
select runs.as_of from activation.all_suppressions as runs where runs.as_of <= $as_of;

create or replace table activation.kpi_rows as
with counted as (
    select targets.as_of as day, case when targets.holdout then 'held_out' else 'listed' end as metric, count(*) as value
    from activation.all_scenario_targets as targets
    group by all
    union all
    -- a hold-out stands in both tables, and is counted once
    select suppressions.as_of as day, 'suppressed' as metric, count(*) as value
    from activation.all_suppressions as suppressions
    where suppressions.reason <> 'holdout'
    group by all
)
select days.day, metrics.metric, cast(coalesce(counted.value, 0) as decimal(18, 2)) as value
from activation.kpi_days as days
cross join (select unnest(['listed', 'held_out', 'suppressed']) as metric) as metrics
left join counted on counted.day = days.day and counted.metric = metrics.metric;

create or replace table activation.kpi_own (
    metric varchar, label_ja varchar, label_en varchar, unit varchar, is_average boolean, description varchar,
    is_own boolean
);
