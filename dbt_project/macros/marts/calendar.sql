{# Completed calendar months between two dates: the largest k for which `from` plus k months, clamped to the month's end, is on
   or before `to`. The clamp only matters on a month's last day, where every month begun has been completed. #}
{% macro completed_months(from, to) -%}
    (
        (year({{ to }}) - year({{ from }})) * 12 + month({{ to }}) - month({{ from }})
        - case when day({{ from }}) > day({{ to }}) and {{ to }} < last_day({{ to }}) then 1 else 0 end
    )
{%- endmacro %}

{# The last day of the month that lies `months` before the month of `day`. #}
{% macro month_end_before(day, months) -%}
    {{ return(adapter.dispatch('month_end_before', 'kizuna')(day, months)) }}
{%- endmacro %}

{% macro default__month_end_before(day, months) -%}
    last_day(cast({{ day }} - interval '{{ months }} months' as date))
{%- endmacro %}

{% macro spark__month_end_before(day, months) -%}
    last_day(add_months({{ day }}, -{{ months }}))
{%- endmacro %}

{# A date some days later (or earlier, where `days` is negative). #}
{% macro add_days(day, days) -%}
    {{ return(adapter.dispatch('add_days', 'kizuna')(day, days)) }}
{%- endmacro %}

{% macro default__add_days(day, days) -%}
    ({{ day }} + cast({{ days }} as integer))
{%- endmacro %}

{% macro spark__add_days(day, days) -%}
    date_add({{ day }}, cast({{ days }} as int))
{%- endmacro %}

{# Days from one date to another. #}
{% macro days_between(from, to) -%}
    {{ return(adapter.dispatch('days_between', 'kizuna')(from, to)) }}
{%- endmacro %}

{% macro default__days_between(from, to) -%}
    date_diff('day', {{ from }}, {{ to }})
{%- endmacro %}

{% macro spark__days_between(from, to) -%}
    datediff({{ to }}, {{ from }})
{%- endmacro %}

{# The first day of the month of `day`. #}
{% macro month_of(day) -%}
    cast(date_trunc('month', {{ day }}) as date)
{%- endmacro %}

{# Calendar months from the month of one date to that of another. #}
{% macro months_between(from, to) -%}
    ((year({{ to }}) - year({{ from }})) * 12 + month({{ to }}) - month({{ from }}))
{%- endmacro %}

{# The first days of the months from that of `from` to that of `to`, as rows of one column `month`; none where either is null. #}
{% macro months_from_to(from, to) -%}
    {{ return(adapter.dispatch('months_from_to', 'kizuna')(from, to)) }}
{%- endmacro %}

{% macro default__months_from_to(from, to) -%}
    (
        select cast(months.month as date) as month
        from (
            select unnest(generate_series({{ month_of(from) }}, {{ month_of(to) }}, interval '1 month')) as month
        ) as months
    )
{%- endmacro %}

{% macro spark__months_from_to(from, to) -%}
    (select explode(sequence({{ month_of(from) }}, {{ month_of(to) }}, interval 1 month)) as month)
{%- endmacro %}

{# Month and day of a date as text, 04-15. #}
{% macro month_and_day(day) -%}
    substr(cast({{ day }} as varchar), 6, 5)
{%- endmacro %}

{# The day of the run before, where the rows of an incremental table of customers hold but for those who have changed; none where all rows are to
   be made. With `months` the table holds month ends up to as_of, which are others in another month. #}
{% macro held_on(months) -%}
    {%- set change_no = changes_held(this) if is_incremental() else none -%}
    {%- if change_no is none -%} {{ return(none) }} {%- endif -%}
    {%- set query -%}
        select {{ tokyo_day("max(log.as_of_end_at) - interval '1 day'") }}
        from {{ ref('int_core__changed_customers') }} as log
        where log.change_no = {{ change_no }}
        {%- if months %}
        having {{ month_of(tokyo_day("max(log.as_of_end_at) - interval '1 day'")) }} = {{ month_of(as_of()) }}
        {%- endif %}
    {%- endset -%}
    {%- set found = run_query(query).rows -%}
    {{ return(found[0][0] if found else none) }}
{%- endmacro %}

{# Pre-hook of a table that is kept within a month and made whole in another. #}
{% macro forget_changed_in_month() -%}
    {%- if is_incremental() and held_on(months=true) is none %}
    delete from {{ this }};
    {%- endif %}
    {{ forget_changed_customers() }}
{%- endmacro %}

{# A condition: the customer's rows have to be made in this run. #}
{% macro of_changed_in_month(column) -%}
    {%- set changed = of_changed_customers(column) -%}
    {{ return('true' if is_incremental() and held_on(months=true) is none else changed) }}
{%- endmacro %}

{# Whose months since the last purchase are more than when the row of `int_marts__rf_customers` was made. #}
{% macro who_completed_a_month() -%}
    select stored.customer_id
    from {{ this }} as stored
    where stored.recency_months <> {{ completed_months('stored.recent_on', as_of()) }}
{%- endmacro %}
