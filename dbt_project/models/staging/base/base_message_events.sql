{{ config(materialized='incremental', incremental_strategy='append', on_schema_change='fail') }}

{{ typed_rows('message_events') }}
