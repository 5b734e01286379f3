{# Tables by customer of which rows change not by his acts alone, but also because days leave a window that ends at as_of, or because what other
   tables say of him is another: besides those of changed customers (macros/core/changed_customers.sql), the rows of those are made again whom
   a query over the table and its inputs finds. They stand in a temporary table for as long as the model is built. #}

{# Pre-hook: finds whose rows have to be made, and forgets them. `also` is a select of customer_id. #}
{% macro forget_customers_to_make(to_make, also) -%}
    {%- if is_incremental() and keeps_rows() %}
    create or replace temp table {{ to_make }} as
    {{ also }}
    union
    select changed.customer_id
    from {{ ref('int_core__changed_customers') }} as changed
    where changed.change_no > {{ changes_held(this) }};
    delete from {{ this }} where customer_id in (select to_make.customer_id from {{ to_make }} as to_make);
    {%- elif is_incremental() %}
    delete from {{ this }};
    {%- endif %}
    {{ note_changes_held() }}
{%- endmacro %}

{# A condition: the customer's rows have to be made in this run. #}
{% macro of_customers_to_make(to_make, column) -%}
    {{ return(column ~ ' in (select to_make.customer_id from ' ~ to_make ~ ' as to_make)' if is_incremental() and keeps_rows() else 'true') }}
{%- endmacro %}

{# The persons whose rows have to be made, as a relation. They are joined, not asked for: few of them are to be met by each of many tables. #}
{% macro persons_to_make(to_make) -%}
    {%- if is_incremental() and keeps_rows() -%}
    (
        select persons.*
        from {{ to_make }} as to_make
        inner join {{ ref('persons') }} as persons on to_make.customer_id = persons.customer_id
    )
    {%- else -%}
    {{ ref('persons') }}
    {%- endif -%}
{%- endmacro %}

{# Whether the table has missed no change, so that the rows of all others stay. #}
{% macro keeps_rows() -%}
    {{ return(of_changed_customers('customer_id') != 'true') }}
{%- endmacro %}

{# The end of as_of of the run up to which the table holds all changes, as SQL. #}
{% macro held_end_at() -%}
    (
        select max(held.as_of_end_at)
        from {{ ref('int_core__changed_customers') }} as held
        where held.change_no = {{ changes_held(this) if execute and is_incremental() else 'null' }}
    )
{%- endmacro %}
