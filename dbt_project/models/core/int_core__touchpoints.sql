{{ config(
    materialized='incremental', incremental_strategy='append',
    pre_hook="{{ forget_changed_acts() }}",
    post_hook=[
        "{{ settle_customers() }}", "{{ settle_masters() }}", "{{ touch_customers_of_batch() }}",
        "{{ settle_corrected_acts() }}", "{{ note_files_of_facts('touchpoints') }}",
    ]
) }}

with

acts as (
    {%- for condition in acts_to_add() %}
    select
        acts.*,
        acts.brand_id as act_brand_id,
        acts.campaign_id as act_campaign_id
    from {{ ref('int_core__acts') }} as acts
    where {{ condition }}
    {{- '\n    union all' if not loop.last }}
    {%- endfor %}
),

-- asked of the acts, so that the tables of all parties are not joined whole
owners as (
    select
        party_key,
        customer_id,
        shared_party_key
    from {{ ref('party_customers') }}
    {%- if is_incremental() %}
    where party_key in (select acts.party_key from acts)
    {%- endif %}
),

touchpoints as (
    select
        acts.source || ':' || acts.source_key as touchpoint_id,
        {{ customer_of_act() }} as customer_id,
        acts.occurred_at,
        {{ tokyo_day('acts.occurred_at') }} as occurred_on,
        acts.channel,
        acts.action,
        acts.product_id,
        acts.content_id,
        acts.store_id,
        {% for column, value in columns_of_masters() -%}
        {{ value }} as {{ column }},
        {% endfor -%}
        acts.source,
        acts.source_key,
        acts.quantity,
        acts.amount,
        acts.order_id,
        acts.is_first_line,
        acts.visit_source,

        -- what a later run holds the row against
        acts.party_key,
        acts.act_brand_id,
        acts.act_campaign_id,
        acts._file_id,
        acts._state,
        '{{ invocation_id }}' as _batch
    from acts
    left join owners as party_customers on acts.party_key = party_customers.party_key
    {{ join_shared_devices('acts') }}
    {{ join_masters() }}
)

select * from touchpoints
