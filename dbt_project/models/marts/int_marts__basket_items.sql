{{ config(materialized='incremental', incremental_strategy='append', pre_hook="{{ forget_changed_baskets() }}") }}

with lines as (
    {{ basket_lines('lines.customer_id is not null and ' ~ of_changed_customers('lines.customer_id')) }}
),

held as (
    {{ basket_items('lines', ['basket', 'customer']) }}
),

items as (
    select
        held.*,
        (select max(log.change_no) from {{ ref('int_core__changed_customers') }} as log) as change_no
    from held
)

select * from items
