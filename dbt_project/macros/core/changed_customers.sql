{# Models of which each row is one customer's, made from `touchpoints`, `orders` and `order_items`, are kept from run to run: only the rows of customers
   whose acts or orders have changed are made again. To make such a model incremental:

       {{ config(materialized='incremental', incremental_strategy='append', pre_hook="{{ forget_changed_customers() }}") }}

   and, wherever the model reads touchpoints, orders, order items or another table of customers, the condition

       where customer_id is not null and {{ of_changed_customers('customer_id') }}

   Touchpoints are better read `from {{ touchpoints_to_read() }} as touchpoints`: in a usual run that is a small table with the acts of those
   customers alone, so that many models cost one scan; it holds the condition, and leaves out acts of nobody and acts after as_of.

   A customer has changed where an act or order of his has come, gone, changed or been given to another (both have changed then), where
   one that waited for its day has come before the end of as_of, or where he was a visitor and is a customer now, or the other way; a customer
   besides where he is first seen at another time than before, or by now. So such a model
   - must not depend on as_of but by `occurred_at < as_of_end_at()` and the like: what lies in a window that ends at as_of changes without any act of
     the customer. Keep days in the incremental model, and sum them over the window in a cheap one that reads it;
   - reads no other table of the identity stage but `persons.is_visitor` and, of customers, `persons.first_seen_at`, and of core none but those three;
   - may read masters (products, contents ...) for what touchpoints and order items show of them only. Rule tables and settings may be read as one
     likes: where one has changed, or the text of the model or of a macro, the table is dropped before the run and built whole
     (dagster_project/incremental.py).
   A run of an earlier day, a crash, or anything else by which a table has missed a change makes it whole again: each remembers the number
   of the newest changes that it holds (`run.changes_held`), written in the transaction that puts them in.
   A dbt unit test of such a model overrides is_incremental: `overrides: {macros: {is_incremental: false}}`. #}

{% macro changes_held(relation) -%}
    {# The number of the newest changes in the table; none where it has to be built whole. -#}
    {%- set log = ref('int_core__changed_customers') -%}
    {%- set query -%}
        with
        held as (
            select max(held.change_no) as change_no
            from {{ source('run', 'changes_held') }} as held
            where held.relation = '{{ relation }}'
        )
        select held.change_no
        from held
        where held.change_no >= (select min(log.change_no) from {{ log }} as log)
            and not exists (select 1 from {{ log }} as log where log.customer_id is null and log.change_no > held.change_no)
    {%- endset -%}
    {%- set found = run_query(query).rows -%}
    {{ return(found[0][0] if found else none) }}
{%- endmacro %}

{# Pre-hook: forgets the rows of customers who have changed, and notes which changes the table will hold. #}
{% macro forget_changed_customers(column='customer_id') -%}
    {%- if is_incremental() %}
    delete from {{ this }}
    where {{ of_changed_customers(column) }};
    {%- endif %}
    {{ note_changes_held() }}
{%- endmacro %}

{# In a pre-hook: notes which changes the table will hold. #}
{% macro note_changes_held() -%}
    {%- set log = ref('int_core__changed_customers') -%}
    {%- set held = source('run', 'changes_held') -%}
    delete from {{ held }} where relation = '{{ this }}';
    insert into {{ held }}
    select '{{ this }}', max(log.change_no) from {{ log }} as log
{%- endmacro %}

{# The number of the newest changes, as a scalar: rows that are made now are made after them. #}
{% macro newest_change() -%}
    (select max(log.change_no) from {{ ref('int_core__changed_customers') }} as log)
{%- endmacro %}

{# A condition: the customer's rows have to be made in this run. #}
{% macro of_changed_customers(column) -%}
    {%- if not execute -%}{%- do ref('int_core__changed_customers') -%}{%- do source('run', 'changes_held') -%}{%- endif -%}
    {%- set held = changes_held(this) if is_incremental() else none -%}
    {%- if held is none -%}
        {{ return('true') }}
    {%- endif -%}
    {{ return(column ~ ' in (select changed.customer_id from ' ~ ref('int_core__changed_customers') ~ ' as changed where changed.change_no > ' ~ held ~ ')') }}
{%- endmacro %}

{# Acts up to the end of as_of of the customers whose rows have to be made, as a subquery with the columns of `touchpoints` that
   int_core__changed_touchpoints names. #}
{% macro touchpoints_to_read() -%}
    {%- if not execute -%}
        {%- do ref('int_core__changed_touchpoints') -%}{%- do ref('int_core__changed_customers') -%}{%- do source('run', 'changes_held') -%}
    {%- endif -%}
    {%- set held = changes_held(this) if is_incremental() else none -%}
    {%- set is_newest = held is not none and run_query(
        'select max(change_no) = ' ~ held ~ ' + 1 from ' ~ ref('int_core__changed_customers')).rows[0][0] -%}
    (
        select *
        from {{ ref('int_core__changed_touchpoints') if is_newest else ref('touchpoints') }}
        {%- if not is_newest %}
        where customer_id is not null
            and occurred_at < {{ as_of_end_at() }}
            and {{ of_changed_customers('customer_id') }}
        {%- endif %}
    )
{%- endmacro %}

{# Hooks of the tables in which changes are seen: they write whom they find changed into `run.touched_customers`, in their own transaction.
   null there means everybody. #}

{# Post-hook: the customers of the rows that this build wrote; everybody, where it wrote the whole table. #}
{% macro touch_customers_of_batch() -%}
    insert into {{ source('run', 'touched_customers') }}
    {%- if is_incremental() %}
    select distinct customer_id from {{ this }}
    where _batch = '{{ invocation_id }}' and customer_id is not null
    {%- else %}
    select cast(null as varchar)
    {%- endif %}
{%- endmacro %}

{# Pre-hook: persons who are customers no more, or first seen at another time. #}
{% macro forget_known_customers() -%}
    {%- if is_incremental() %}
    {%- set gone = 'not exists (select 1 from ' ~ ref('persons') ~ ' as persons where persons.customer_id = held.customer_id'
        ~ ' and persons.first_seen_at = held.first_seen_at and not persons.is_visitor)' %}
    insert into {{ source('run', 'touched_customers') }} select held.customer_id from {{ this }} as held where {{ gone }};
    delete from {{ this }} as held where {{ gone }}
    {%- endif %}
{%- endmacro %}

{# Pre-hook: changes of more than `kept` runs ago. A table that has missed them is built whole. #}
{% macro forget_old_changes(kept) -%}
    {%- if is_incremental() %}
    delete from {{ this }} where change_no <= (select max(log.change_no) - {{ kept }} from {{ this }} as log)
    {%- endif %}
{%- endmacro %}

{# Post-hook of `int_core__changed_customers`: what the tables before it had to tell is taken up. #}
{% macro settle_changes() -%}
    delete from {{ source('run', 'touched_customers') }};
    delete from {{ source('run', 'touched_orders') }};
    delete from {{ source('run', 'changed_owners') }};
    delete from {{ source('run', 'changed_parties') }}
{%- endmacro %}

{# In a hook that gives rows to another customer: those whose they were, out of a table of it. #}
{% macro touch_stored_customers(moved) -%}
    insert into {{ source('run', 'touched_customers') }}
    select distinct stored_customer_id from {{ moved }} where stored_customer_id is not null
{%- endmacro %}
