{{ config(materialized='incremental', incremental_strategy='append', pre_hook="{{ forget_changed_campaigns() }}") }}
{%- set of_changed = of_changed_customers('persons.customer_id') -%}
{%- set held = campaigns_held() if is_incremental() else [] -%}
{%- set is_held = "spans.campaign_key in ('" ~ held | join("', '") ~ "')" -%}
{%- set passes = [(is_held, of_changed)] if held else [('true', 'true')] %}
{%- if held and run_query("select count(*) > 0 from (" ~ campaign_points() ~ ") as spans where not " ~ is_held).rows[0][0] %}
    {%- do passes.append(('not ' ~ is_held, 'true')) %}
{%- endif %}

with points as (
    select
        points.*,
        cast(null as varchar) as customer_id
    from ({{ campaign_points() }}) as points
),

{{ promotion_ranks_of_points(passes) }},

keyed as (
    select
        ranks.*,
        persons.anchor_key as person_key,
        points.campaign_key
    from ranks
    inner join points on ranks.campaign_no = points.campaign_no
    inner join {{ ref('persons') }} as persons on ranks.customer_id = persons.customer_id
)

select * from keyed
