with labels as (
    select * from {{ ref('kpi_labels') }}
),

metrics as (
    select
        labels.metric,
        labels.label_ja,
        labels.label_en,
        labels.unit,
        labels.is_average,
        labels.description,
        false as is_own
    from labels
)

select * from metrics
