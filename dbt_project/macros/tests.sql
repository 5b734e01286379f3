{# Generic tests that every stage uses. #}

{# A condition: the row has to be tested, for this build wrote it. All rows have where the stage's last run did not get through its tests
   (dagster_project/proven.py). #}
{% macro is_due() -%}
    {%- if execute and not run_query('select due.of_all_rows from run.tests_due as due').rows[0][0] -%}
    _batch = '{{ invocation_id }}'
    {%- else -%}
    true
    {%- endif -%}
{%- endmacro %}

{# No two rows share a key, and no part of it is null: `unique` and `not_null` in one scan, since every test costs a run its start. With `of_batch`, of
   the rows that this build wrote: for tables that forget all rows of the customers, identifiers or parties whose they write, so that others share none. With
   `keys_of_batch`, of all rows that have a key of such a row: where others might. #}
{% test unique_key(model, key, of_batch=false, keys_of_batch=false) %}
select {{ key | join(', ') }}, count(*) as occurrences
from {{ model }}
{%- if of_batch %}
where {{ is_due() }}
{%- elif keys_of_batch %}
where {{ is_due() }}
    or ({{ key | join(', ') }}) in (select {{ key | join(', ') }} from {{ model }} where {{ is_due() }})
{%- endif %}
group by {{ key | join(', ') }}
having count(*) > 1{% for column in key %} or {{ column }} is null{% endfor %}
{% endtest %}

{# Fails for every row for which one of the conditions is not true, and says for which first. All of a table's in one scan, since every
   test costs a run its start. With `of_batch`, of the rows that this build wrote. #}
{% test holds(model, conditions, of_batch=false) %}
select broken.condition
from (
    select
        case
            {%- for condition in conditions %}
            when not coalesce({{ condition }}, false) then '{{ condition | trim | replace("'", "''") }}'
            {%- endfor %}
        end as condition
    from {{ model }}
    {%- if of_batch %}
    where {{ is_due() }}
    {%- endif %}
) as broken
where broken.condition is not null
{% endtest %}

{# As many rows as another model has: nothing lost and nothing doubled on the way. #}
{% test rows_of(model, other) %}
select counts.model_rows, counts.other_rows
from (
    select
        (select count(*) from {{ model }}) as model_rows,
        (select count(*) from {{ other }}) as other_rows
) as counts
where counts.model_rows <> counts.other_rows
{% endtest %}
