{{ config(schema='pii', materialized='view') }}

{{ identity_records() }}
