{# Orders, their lines and what is made of them are kept from run to run. What has changed of an order in any of its parts is noted in
   `run.touched_orders`; each table then forgets the touched orders and makes them again, so a run that died is simply run again.
   `int_core__changed_customers`, which comes after all of these tables, empties the list. #}

{# A condition: the order is to be made in this run. #}
{% macro of_touched_orders(column) -%}
    {{ return(column ~ ' in (select touched.order_id from ' ~ source('run', 'touched_orders') ~ ' as touched)' if is_incremental() else 'true') }}
{%- endmacro %}

{# In a pre-hook: forgets the touched orders. #}
{% macro forget_touched_orders() -%}
    delete from {{ this }} where {{ of_touched_orders('order_id') }}
{%- endmacro %}

{# Pre-hook of a table that reads staged versions of rows: notes the orders of which another version, more or fewer rows are staged than it
   holds, and forgets them. `staged`: source -> (staging model, order_id out of its row). #}
{% macro forget_changed_versions(staged, otherwise_changed=none) -%}
    {%- if is_incremental() %}
    insert into {{ source('run', 'touched_orders') }}
    select distinct changed.order_id
    from (
        {%- for source_name, (model, order_id) in staged.items() %}
        {%- set files = changed_files(model, source_name) %}
        select held.order_id
        from {{ this }} as held
        where held.source = '{{ source_name }}'
            and held._file_no in ({{ files }})
            and not exists (
                select 1 from {{ ref(model) }} as staged
                where staged._file_no = held._file_no and staged._line_no = held._line_no
            )
        union all
        select {{ order_id }} as order_id
        from {{ ref(model) }} as staged
        where staged._file_no in ({{ files }})
            and not exists (
                select 1 from {{ this }} as held
                where held.source = '{{ source_name }}'
                    and held._file_no = staged._file_no and held._line_no = staged._line_no
            )
        {{ 'union all' if not loop.last }}
        {%- endfor %}
        {%- if otherwise_changed %}
        union all
        {{ otherwise_changed }}
        {%- endif %}
    ) as changed;
    {{ forget_touched_orders() }}
    {%- endif %}
{%- endmacro %}

{# The pre-hook of `int_core__order_lines`, which shows of a line's product what masters tell of it, too. #}
{% macro forget_changed_lines() -%}
    {%- set otherwise_changed -%}
        select held.order_id
        from {{ this }} as held
        inner join (
            select stored.product_id
            from (select distinct product_id, brand_id, category, is_trial from {{ this }}) as stored
            left join {{ ref('stg_products') }} as products on stored.product_id = products.product_id
            where stored.brand_id is distinct from products.brand_id
                or stored.category is distinct from products.category
                or stored.is_trial is distinct from coalesce(products.is_trial, false)
        ) as moved on held.product_id = moved.product_id
        union all
        select held.order_id from {{ this }} as held
        where held._codes <> {{ product_codes_digest() }}
    {%- endset -%}
    {{ forget_changed_versions(
        {'ec_order_items': ('stg_ec_order_items', "'ec:' || staged.order_id"), 'pos_receipt_items': ('stg_pos_receipt_items', "'store:' || staged.receipt_id")},
        otherwise_changed
    ) }}
{%- endmacro %}

{# The pre-hook of `int_core__orders`. #}
{% macro forget_changed_orders() -%}
    {{ forget_changed_versions({
        'ec_orders': ('stg_ec_orders', "'ec:' || staged.order_id"), 'pos_receipts': ('stg_pos_receipts', "'store:' || staged.receipt_id"),
    }) }}
{%- endmacro %}

{# The pre-hook of `int_core__customer_orders`: whose the touched orders were. #}
{% macro forget_orders_of_customers() -%}
    {%- if is_incremental() %}
    insert into {{ source('run', 'touched_customers') }}
    select distinct customer_id from {{ this }}
    where customer_id is not null and {{ of_touched_orders('order_id') }};
    {{ forget_touched_orders() }}
    {%- endif %}
{%- endmacro %}

{# Post-hook: the orders of parties whose customer is another by now. #}
{% macro settle_order_customers() -%}
    {%- if is_incremental() %}
    create or replace temp table moved_orders as
    select
        stored.order_id,
        stored.customer_id as stored_customer_id,
        party_customers.customer_id
    from (select order_id, party_key, customer_id from {{ this }} where {{ of_changed_parties('party_key') }}) as stored
    inner join {{ ref('party_customers') }} as party_customers on stored.party_key = party_customers.party_key
    where stored.customer_id is distinct from party_customers.customer_id;
    {{ touch_stored_customers('moved_orders') }};
    insert into {{ source('run', 'touched_orders') }} select order_id from moved_orders;
    update {{ this }} as held
    set customer_id = moved.customer_id, _batch = '{{ invocation_id }}'
    from moved_orders as moved
    where held.order_id = moved.order_id;
    drop table moved_orders
    {%- endif %}
{%- endmacro %}
