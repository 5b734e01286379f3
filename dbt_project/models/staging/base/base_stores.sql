{{ config(materialized='incremental', incremental_strategy='delete+insert', unique_key='_key', on_schema_change='fail') }}

{{ typed_rows('stores') }}
