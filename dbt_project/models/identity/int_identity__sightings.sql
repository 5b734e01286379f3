{{ config(schema='pii', materialized='view') }}

with

sightings as (
    {{ identity_sightings() }}
)

select * from sightings
