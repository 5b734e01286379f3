{#- Which source gives which acts and orders to which customer; orders whether counted or not. -#}
{{ config(materialized='incremental', incremental_strategy='append', pre_hook="{{ forget_changed_customers() }}") }}

with

{{ source_rows(touchpoints_to_read(), 'customer_id is not null and ' ~ of_changed_customers('customer_id')) }}

select * from source_rows
