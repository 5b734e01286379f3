with months as (
    {% for months in range(1, 25) -%}
    select {{ months }} as months_before, {{ month_end_before(as_of(), months) }} as as_of
    union all
    {% endfor -%}
    select 0 as months_before, {{ as_of() }} as as_of
)

select
    cast(months.months_before as integer) as months_before,
    cast(months.as_of as date) as as_of
from months
