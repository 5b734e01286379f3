{{ config(
    materialized='incremental', incremental_strategy='append', on_schema_change='fail', pre_hook="{{ forget_decided_conflicts() }}"
) }}

-- Which names count as the same follows from it, too.
-- depends_on: {{ ref('kanji_variants') }}
with

near_identifiers as (
    select * from {{ ref('int_identity__near_identifiers') }}
    where {{ of_decided_identifiers('identifier_key') }}
),

cores as (
    select
        near_identifiers.component,
        near_identifiers.core_key,
        max(near_identifiers.claims) as claims
    from near_identifiers
    where near_identifiers.is_record
    group by near_identifiers.component, near_identifiers.core_key
),

components as (
    select
        cores.component,
        count(*) as cores
    from cores
    group by cores.component
),

-- Every contact value that a core was ever seen with: an address given up since is still one that two have in common.
contacts as (
    select distinct
        records.component,
        records.core_key,
        identifiers.identifier_kind as contact_kind,
        contact_values.identifier_key as contact_key
    from {{ ref('int_identity__edges') }} as edges
    inner join near_identifiers as records
        on records.identifier_key = edges.left_key
        and records.is_record
    inner join near_identifiers as contact_values
        on contact_values.identifier_key = edges.right_key
        and not contact_values.is_record
    inner join {{ ref('identifiers') }} as identifiers on identifiers.identifier_key = contact_values.identifier_key
),

ranked_contacts as (
    select
        contacts.contact_key,
        contacts.core_key,
        row_number() over (partition by contacts.contact_key order by contacts.core_key nulls last) as holder_no
    from contacts
    inner join components on components.component = contacts.component
    where components.cores > {{ cores_compared() }}
),

-- All with all in a component of ordinary size. In a larger one, which no family is, only those that have a value in common, and of
-- those each with the next ones: the number of pairs stays a multiple of the number of records.
candidates as (
    select
        left_cores.core_key as left_key,
        right_cores.core_key as right_key
    from cores as left_cores
    inner join components on components.component = left_cores.component
    inner join cores as right_cores on right_cores.component = left_cores.component
    where components.cores <= {{ cores_compared() }}
        and left_cores.core_key < right_cores.core_key
        and left_cores.claims & right_cores.claims = 0
    union
    select
        left_holders.core_key as left_key,
        right_holders.core_key as right_key
    from ranked_contacts as left_holders
    inner join ranked_contacts as right_holders
        on right_holders.contact_key = left_holders.contact_key
        and right_holders.holder_no > left_holders.holder_no
        and right_holders.holder_no <= left_holders.holder_no + {{ cores_compared() }}
    inner join cores as left_cores on left_cores.core_key = left_holders.core_key
    inner join cores as right_cores on right_cores.core_key = right_holders.core_key
    where left_cores.claims & right_cores.claims = 0
),

said as (
    select
        near_identifiers.core_key,
        records.birth_date,
        records.first_name_key,
        records.first_name_kana_key,
        case when records.gender in ('female', 'male') then records.gender end as gender
    from near_identifiers
    inner join {{ records_to_read() }} as records on records.identifier_key = near_identifiers.identifier_key
),

-- Null where not both say it, 1 where they agree. Cores with several records agree where any two records do, and given names
-- where any form does: a typing error in one of them is no other person.
agreement as (
    select
        candidates.left_key,
        candidates.right_key,
        max({{ agrees('birth_date') }}) as birth_date,
        max({{ agrees('gender') }}) as gender,
        coalesce(
            greatest(max({{ agrees_in_name('first_name_key') }}), max({{ agrees_in_name('first_name_kana_key') }})),
            max({{ agrees_in_name('first_name_key') }}),
            max({{ agrees_in_name('first_name_kana_key') }})
        ) as given_name
    from candidates
    inner join said as left_said on left_said.core_key = candidates.left_key
    inner join said as right_said on right_said.core_key = candidates.right_key
    group by candidates.left_key, candidates.right_key
),

contact_agreement as (
    select
        candidates.left_key,
        candidates.right_key,
        left_contacts.contact_kind,
        max(case when left_contacts.contact_key = right_contacts.contact_key then 1 else 0 end) as agrees
    from candidates
    inner join contacts as left_contacts on left_contacts.core_key = candidates.left_key
    inner join contacts as right_contacts
        on right_contacts.core_key = candidates.right_key
        and right_contacts.contact_kind = left_contacts.contact_kind
    group by candidates.left_key, candidates.right_key, left_contacts.contact_kind
),

evidence as (
    {%- for attribute in ['birth_date', 'gender', 'given_name'] %}
    select agreement.left_key, agreement.right_key, '{{ attribute }}_differs' as evidence
    from agreement
    where agreement.{{ attribute }} = 0
    union all
    {%- endfor %}
    select
        contact_agreement.left_key,
        contact_agreement.right_key,
        contact_agreement.contact_kind || case when contact_agreement.agrees = 1 then '_shared' else '_differs' end as evidence
    from contact_agreement
),

weighed as (
    select
        evidence.left_key,
        evidence.right_key,
        cast(sum(rules.points) as bigint) as points,
        {{ joined_words("case when rules.points > 0 then evidence.evidence end") }} as reasons
    from evidence
    inner join {{ ref('identity_conflict_rules') }} as rules on rules.evidence = evidence.evidence
    group by evidence.left_key, evidence.right_key
    having sum(rules.points) >= {{ setting('identity_conflict_points', 'integer') }}
),

named as (
    select
        identifier_key,
        identifier_kind,
        identifier_hash
    from {{ ref('identifiers') }}
    where {{ is_end_of('identifier_key', 'weighed') }}
),

conflicts as (
    select
        weighed.left_key,
        weighed.right_key,
        left_identifiers.identifier_kind as left_kind,
        left_identifiers.identifier_hash as left_hash,
        right_identifiers.identifier_kind as right_kind,
        right_identifiers.identifier_hash as right_hash,
        weighed.points,
        weighed.reasons
    from weighed
    inner join named as left_identifiers on left_identifiers.identifier_key = weighed.left_key
    inner join named as right_identifiers on right_identifiers.identifier_key = weighed.right_key
)

select * from conflicts
