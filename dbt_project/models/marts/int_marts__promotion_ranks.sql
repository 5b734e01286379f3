{{ config(materialized='view') }}

with promotions as (
    select * from {{ ref('int_marts__promotions') }}
),

persons as (
    select
        persons.customer_id,
        persons.anchor_key as person_key,
        persons.first_seen_at
    from {{ ref('persons') }} as persons
),

ranks as (
    select
        ranks.campaign_no,
        persons.person_key,
        ranks.rank_position_before,
        ranks.rank_position_after
    from {{ ref('int_marts__campaign_ranks') }} as ranks
    inner join promotions on ranks.campaign_no = promotions.campaign_no
    inner join persons on ranks.customer_id = persons.customer_id
    where persons.first_seen_at < promotions.starts_at
        and ranks.campaign_no in (select participants.campaign_no from {{ ref('int_marts__promotion_participants') }} as participants)
    union all
    select
        ranks.campaign_no,
        persons.person_key,
        ranks.rank_position_before,
        ranks.rank_position_after
    from {{ ref('int_marts__trial_ranks') }} as ranks
    inner join persons on ranks.customer_id = persons.customer_id
)

select * from ranks
