{# Generic tests of the marts and their rule tables. #}

{# Bands must run from 0 upwards without gap or overlap; only the last is open. Fails for every band that breaks this. #}
{% test bands_without_gap(model, column_name, until) %}
with bands as (
    select
        {{ column_name }} as band_from,
        {{ until }} as band_until,
        row_number() over (order by {{ column_name }} asc nulls last, {{ until }} asc nulls last) as position,
        lead({{ column_name }}) over (order by {{ column_name }} asc nulls last, {{ until }} asc nulls last) as next_from
    from {{ model }}
)

select *
from bands
where
    band_from is null
    or (position = 1 and band_from <> 0)
    or coalesce(band_until, -1) <> coalesce(next_from, -1)
{% endtest %}
